import {
  folderOf,
  isRelative,
  joinPath,
  type Package,
  type Project,
  packageNameOf,
} from '@ioi/tidy';

/**
 * What a specifier leads to: a module of ours that ships as JavaScript, a file or folder that is
 * copied, one that the published package has at its root, one that a bundler writes (the pages), or
 * something npm or Node provides.
 */
export type Target =
  | { readonly kind: 'module' | 'asset' | 'root' | 'built'; readonly path: string }
  | { readonly kind: 'external' }
  | { readonly kind: 'unknown'; readonly why: string };

export type Origin = { readonly path: string; readonly owner: Package };

/** The rooms of the house whose packages ship. */
const SHIPPED = /^(ground|protocol|law|verifier|systems|hosts|apps)(\/|$)/;

/** Files that npm puts at the root of the published package, beside `lib/`. */
const AT_ROOT: readonly string[] = ['package.json', 'README.md', 'LICENSE', 'NOTICE'];

/** What the build of the pages leaves; in no checkout. */
const BUILT = /^apps\/[^/]+\/dist$/;

const PUBLISHED_CONDITIONS: readonly string[] = ['node', 'import', 'default'];

export function shippedPackages(project: Project): Package[] {
  return project.packages.filter(({ folder }) => SHIPPED.test(folder));
}

/** Resolves as Node would, by each package's `exports` and `imports` under `default`. */
export function resolveSpecifier(project: Project, origin: Origin, specifier: string): Target {
  if (specifier.startsWith('node:')) return { kind: 'external' };
  if (isRelative(specifier)) {
    return targetAt(project, joinPath(folderOf(origin.path), specifier));
  }
  if (specifier.startsWith('#')) {
    return targetIn(project, origin.owner, origin.owner.manifest.imports?.[specifier]);
  }
  const name = packageNameOf(specifier);
  const owner = project.packages.find((candidate) => candidate.name === name);
  if (owner === undefined) return external(project, name);
  const subpath = `.${specifier.slice(name.length)}`;
  return targetIn(project, owner, exportOf(owner, subpath));
}

function external(project: Project, name: string): Target {
  return Object.hasOwn(project.root.dependencies ?? {}, name)
    ? { kind: 'external' }
    : { kind: 'unknown', why: 'is not a dependency of the root package.json' };
}

function exportOf(owner: Package, subpath: string): unknown {
  const { exports } = owner.manifest;
  if (typeof exports === 'string') return subpath === '.' ? exports : undefined;
  if (typeof exports !== 'object' || exports === null) return undefined;
  return (exports as Record<string, unknown>)[subpath];
}

function targetIn(project: Project, owner: Package, named: unknown): Target {
  const path = publishedPath(named);
  if (path === undefined) {
    return { kind: 'unknown', why: `is not named in ${owner.folder}/package.json` };
  }
  return targetAt(project, joinPath(owner.folder, path));
}

/** The path that Node takes from an `exports` or `imports` value, or undefined. */
export function publishedPath(named: unknown): string | undefined {
  if (typeof named === 'string') return named;
  if (typeof named !== 'object' || named === null) return undefined;
  const chosen = Object.entries(named).find(([name]) => PUBLISHED_CONDITIONS.includes(name));
  return chosen === undefined ? undefined : publishedPath(chosen[1]);
}

function targetAt(project: Project, path: string): Target {
  if (AT_ROOT.includes(path)) return { kind: 'root', path };
  if (BUILT.test(path)) return { kind: 'built', path };
  if (!SHIPPED.test(path)) return { kind: 'unknown', why: 'does not ship' };
  const isFolder = [...project.files.keys()].some((known) => known.startsWith(`${path}/`));
  if (!isFolder && !project.files.has(path)) return { kind: 'unknown', why: 'does not exist' };
  if (isFolder || !path.endsWith('.ts')) return { kind: 'asset', path };
  if (/\.test\.ts$|\/(testing|fixtures)\//.test(path)) {
    return { kind: 'unknown', why: 'is a test or serves tests, which do not ship' };
  }
  return { kind: 'module', path };
}
