// What every rule looks at: the texts of one checkout, parsed, and the packages they belong to.

/** A node of the ESTree that `oxc-parser` yields; offsets are UTF-16 code units. */
export type SyntaxNode = {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
};

export type SourceFile = {
  /** Relative to the project's root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Present for TypeScript and JavaScript files. */
  readonly syntax: SyntaxNode | undefined;
};

type Versions = Readonly<Record<string, string>>;

export type Manifest = {
  readonly name?: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly exports?: unknown;
  readonly imports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Versions;
  readonly devDependencies?: Versions;
  readonly optionalDependencies?: Versions;
  readonly peerDependencies?: Versions;
  readonly scripts?: Readonly<Record<string, string>>;
  /** Ours: `story` names the file that tells what the package does. */
  readonly ioi?: { readonly story?: string };
};

export type Package = {
  readonly name: string;
  /** Relative to the project's root, such as `ground/basis`. */
  readonly folder: string;
  readonly manifest: Manifest;
};

export type Project = {
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly packages: readonly Package[];
  readonly root: Manifest;
};

/** One departure from a rule. `line` counts from 1; 0 stands for the file as a whole. */
export type Finding = { readonly file: string; readonly line: number; readonly says: string };

/** The package a file lies in, or undefined for files of the root (`bin/`, `docs/`). */
export function packageOf(project: Project, path: string): Package | undefined {
  return project.packages.find((candidate) => path.startsWith(`${candidate.folder}/`));
}

/** The top folder of a path: `ground`, `systems`, `tools`. */
export function roomOf(path: string): string {
  return path.split('/')[0] as string;
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.endsWith('.test.tsx');
}

export function isGenerated(path: string): boolean {
  return path.includes('/generated/') || path.startsWith('protocol/schemas/');
}

/**
 * Files that may use development dependencies, because no installed package runs them: tests, what
 * runs while the project is built, and code that a bundler takes into a page.
 */
export function isDevelopment(path: string): boolean {
  return (
    isTest(path) ||
    path.endsWith('/platform/browser.ts') ||
    path.startsWith('apps/workbench/') ||
    ['proof', 'tools'].includes(roomOf(path)) ||
    /\/(testing|fixtures)\//.test(path) ||
    /^protocol\/(generate|src\/(artifacts|http))\//.test(path)
  );
}

/** 1-based line of a UTF-16 offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
  }
  return line;
}

/** Resolves `.` and `..` in a `/`-separated path; a path above the root starts with `..`. */
export function joinPath(folder: string, relative: string): string {
  const parts: string[] = [];
  for (const part of `${folder}/${relative}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}
