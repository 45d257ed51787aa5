import { isPattern, printPattern, readPattern } from '../policy/path.ts';
import { onEach, RUNNING, type Scope, type SourceFile } from './statement.ts';

/** How a program writes what a path starts from. */
export type PathBase = Pick<SourceFile, 'home' | 'project' | 'isOfProject'>;

type Anchored = {
  /** In front of `rest`; undefined where a source of all projects leaves that open. */
  readonly base: string | undefined;
  readonly rest: string;
  /** A name alone stands for itself at any depth. */
  readonly isName: boolean;
};

const NOT_SAID = /[?[\]{}!\\]|[^/]\*\*|\*\*[^/]/;

/** A place a rule may allow: no more than the text says; undefined when that cannot be said. */
export function allowedPath(text: string, from: PathBase): string | undefined {
  const { base, rest } = anchor(text, from);
  if (base === undefined || NOT_SAID.test(rest)) return undefined;
  // Of a folder without a name, programs differ on whether it is all that lies in it.
  if (/^[./]*$/.test(rest)) return undefined;
  return settle(`${base}/${rest}`);
}

/** Places a rule must guard: at least what the text says; undefined when that cannot be said. */
export function guardedPaths(text: string, from: PathBase): readonly string[] | undefined {
  const { base, rest, isName } = anchor(text, from);
  const plain = coarse(rest);
  if (plain === undefined) return undefined;
  const path = settle(isName || base === undefined ? `/**/${plain}` : `${base}/${plain}`);
  return path === undefined ? undefined : [path];
}

/**
 * The same by name, for commands: what a command touches is known by the words in it, and a
 * guard of one place would hold up every command that could reach it.
 */
export function guardedNames(text: string, from: PathBase): readonly string[] | undefined {
  const plain = coarse(anchor(text, from).rest);
  const path = plain === undefined ? undefined : settle(`/**/${plain}`);
  return path === undefined || path === '/' ? undefined : [path];
}

/** Rules of file targets for these places, with a file in each as example. */
export function pathScopes(targets: readonly string[], paths: readonly string[]): Scope[] {
  const match = paths.map((path) => ({ path: sampleOf(path) }));
  const notMatch = paths.filter((path) => path !== '/').map((path) => ({ path: `${path}-not` }));
  return onEach(targets, { conditions: { allow_paths: [...paths] }, match, notMatch });
}

/** The rule of commands that name one of these places. */
export function commandScopes(paths: readonly string[]): Scope[] {
  const match = paths.map((path) => ({ argv: ['cat', sampleOf(path)], cwd: '/' }));
  const notMatch = [{ argv: ['cat', '/readme'], cwd: '/' }];
  return onEach(RUNNING, { conditions: { allow_paths: [...paths] }, match, notMatch });
}

function anchor(text: string, { home, project, isOfProject }: PathBase): Anchored {
  const ofProject = isOfProject ? project : undefined;
  if (text.startsWith('//')) return { base: '', rest: text.slice(2), isName: false };
  if (text === '~') return { base: home, rest: '', isName: false };
  if (text.startsWith('~/')) return { base: home, rest: text.slice(2), isName: false };
  if (text.startsWith('/')) return { base: ofProject, rest: text.slice(1), isName: false };
  const rest = text.startsWith('./') ? text.slice(2) : text;
  const isName = !text.startsWith('./') && !rest.replace(/\/(?:\*\*)?$/, '').includes('/');
  return { base: project, rest, isName: isName || !isOfProject };
}

/** With what cannot be said replaced by something that holds it. */
function coarse(rest: string): string | undefined {
  const plain = rest
    .split('/')
    .map((part) => {
      if (part === '**') return part;
      return part.replaceAll(/\[[^\]]*\]|\{[^{}]*\}|\?/g, '*').replaceAll(/\*{2,}/g, '*');
    })
    .join('/');
  return NOT_SAID.test(plain) || plain.split('/').includes('..') ? undefined : plain;
}

function settle(path: string): string | undefined {
  const read = readPattern(path);
  return isPattern(read) && read.isAbsolute ? printPattern(read) : undefined;
}

function sampleOf(path: string): string {
  return path.replaceAll('**', 'a').replaceAll('*', 'a');
}
