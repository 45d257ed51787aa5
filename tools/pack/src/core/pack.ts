// The published package holds no TypeScript, because Node refuses to strip types under
// node_modules: every module that an entry point reaches becomes JavaScript, and every import of
// ours a relative path. They are joined into few files afterwards (shell/bundle.ts).
import {
  folderOf,
  lineAt,
  type Package,
  type Project,
  type Specifier,
  type SyntaxNode,
  specifiersOf,
} from '@ioi/tidy';
import { literalsIn } from './literals.ts';
import { lostWords } from './lost-words.ts';
import { published, rewritten } from './paths.ts';
import { publishedPath, resolveSpecifier, shippedPackages, type Target } from './resolve.ts';

/** What `ioi` is started by. */
const COMMAND = 'apps/cli/src/main.ts';

/** The two things that only the platform can do: remove types (keeping every offset) and parse. */
export type Compiler = {
  readonly strip: (path: string, text: string) => string;
  readonly parse: (path: string, text: string) => SyntaxNode;
};

export type Packed = {
  /** Path under `lib/` to JavaScript. */
  readonly modules: ReadonlyMap<string, string>;
  /** Of these, those that are started: the command, and what a URL names as process or thread. */
  readonly entries: readonly string[];
  /** Paths copied byte for byte to the same place under `lib/`. */
  readonly assets: readonly string[];
  /** `file:line specifier why`; when there is one, nothing may be published. */
  readonly problems: readonly string[];
};

const NOT_PUBLISHED = /\.(ts|tsx|md)$|\/package\.json$|\/(testing|fixtures|generate|vectors)\//;

// Platform code for browsers is taken by a bundler while a page is built, never by Node.
const FOR_PAGES = /\/browser\.ts$/;

/** Everything that must be under `lib/`, or the reasons why the package cannot be made. */
export function pack(project: Project, compiler: Compiler): Packed {
  const modules = new Map<string, string>();
  const entries = new Set([published(COMMAND)]);
  const assets = new Set<string>();
  const problems: string[] = [];
  const waiting = shippedPackages(project).flatMap((owner) => entriesOf(project, owner));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (modules.has(published(next.path))) continue;
    const emitted = emitModule(project, next, compiler);
    modules.set(published(next.path), emitted.text);
    problems.push(...emitted.problems);
    for (const target of emitted.targets) {
      if (target.kind === 'module') waiting.push(moduleAt(project, target.path));
      if (target.kind === 'asset') assets.add(target.path);
    }
    for (const path of emitted.started) entries.add(published(path));
  }
  return { modules, entries: [...entries], assets: assetFiles(project, assets), problems };
}

type Module = { readonly path: string; readonly owner: Package };

// A package is entered by what it exports, a process by its main.ts.
function entriesOf(project: Project, owner: Package): Module[] {
  const { exports = {} } = owner.manifest;
  const named = typeof exports === 'string' ? { '.': exports } : (exports as object);
  const paths = Object.entries(named)
    .filter(([subpath]) => !subpath.startsWith('./testing'))
    .flatMap(([, value]) => publishedPath(value) ?? [])
    .map((path) => `${owner.folder}/${path.replace(/^\.\//, '')}`);
  return [...paths, `${owner.folder}/src/main.ts`]
    .filter((path) => path.endsWith('.ts') && !FOR_PAGES.test(path) && project.files.has(path))
    .map((path) => ({ path, owner }));
}

function moduleAt(project: Project, path: string): Module {
  const owner = project.packages.find(({ folder }) => path.startsWith(`${folder}/`));
  if (owner === undefined) throw new Error(`${path} lies in no package`);
  return { path, owner };
}

type Emitted = {
  readonly text: string;
  readonly targets: readonly Target[];
  /** Modules it starts as processes or threads. */
  readonly started: readonly string[];
  readonly problems: readonly string[];
};

function emitModule(project: Project, module: Module, compiler: Compiler): Emitted {
  const source = project.files.get(module.path)?.text ?? '';
  const stripped = compiler.strip(module.path, source);
  const root = compiler.parse(published(module.path), stripped);
  const specifiers = specifiersOf(root);
  const targets: Target[] = [];
  const started: string[] = [];
  const problems: string[] = [];
  const complain = (at: number, why: string): void => {
    problems.push(`${module.path}:${lineAt(stripped, at)} ${why}`);
  };
  let text = stripped;
  // From the end, so that earlier offsets stay true.
  for (const specifier of [...specifiers].sort((a, b) => b.start - a.start)) {
    const target = targetOf(project, module, specifier);
    if (target.kind === 'unknown')
      complain(specifier.start, `${specifier.value ?? 'an import'} ${target.why}`);
    else targets.push(target);
    if (specifier.kind === 'url' && target.kind === 'module') started.push(target.path);
    const path = rewritten(module.path, specifier.kind, target);
    if (path !== undefined) {
      text = `${text.slice(0, specifier.start)}'${path}'${text.slice(specifier.end)}`;
    }
  }
  for (const { index, why } of lostWords(stripped)) complain(index, why);
  for (const { value, start } of literalsIn(root)) {
    const names = value.endsWith('.ts') && namesModule(project, module, value);
    if (!names || specifiers.some((specifier) => specifier.start === start)) continue;
    complain(start, `${value} names a module as text; use new URL('…', import.meta.url)`);
  }
  return { text, targets, started, problems };
}

function targetOf(project: Project, module: Module, { kind, value }: Specifier): Target {
  if (value === undefined) return { kind: 'unknown', why: 'is computed: it cannot be packed' };
  const target = resolveSpecifier(project, module, value);
  if (kind !== 'resolve' || target.kind !== 'module') return target;
  return { kind: 'unknown', why: "has no place of its own; use new URL('…', import.meta.url)" };
}

function namesModule(project: Project, module: Module, value: string): boolean {
  const plain = value.replace(/^(\.{0,2}\/)+/, '');
  return [...project.files.keys()].some(
    (path) => path === plain || path === `${folderOf(module.path)}/${plain}`,
  );
}

function assetFiles(project: Project, reached: ReadonlySet<string>): string[] {
  const folders = shippedPackages(project).map(({ folder }) => folder);
  return [...project.files.keys()].filter((path) => {
    const isReached = [...reached].some((asset) => path === asset || path.startsWith(`${asset}/`));
    const ships = folders.some((folder) => path.startsWith(`${folder}/`));
    return isReached || (ships && !NOT_PUBLISHED.test(path));
  });
}
