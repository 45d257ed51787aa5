import { readsNames } from './name-lists.ts';
import { isInstalled } from './programs.ts';
import type { Redirection, Word } from './scan.ts';

/** Paths that commands name; undefined is one that cannot be told. All others are absolute. */
export type NamedPaths = {
  readonly paths: readonly Word[];
  /** Folders in which they run: the one they start in and those they change to. */
  readonly folders: readonly string[];
};

type Named = { readonly paths: Set<Word>; readonly folders: Set<string>; isPlaceKnown: boolean };

const MOST_FOLDERS = 8;
const MOST_PATHS = 4096;
const CHANGING: readonly Word[] = ['cd', 'chdir', 'pushd', 'popd'];

/**
 * Every path that commands may mean. What a word means only its program knows, so every word
 * counts, and what stands in it behind `=`, `@`, `:` or a comma: a guard is not evaded by a program
 * nobody thought of. `folder` is where they start; relative paths are read from there, and from
 * every folder they change to.
 */
export function namedPaths(
  started: readonly (readonly Word[])[],
  redirections: readonly Redirection[],
  folder: string | undefined,
): NamedPaths {
  const named: Named = {
    paths: new Set(),
    folders: new Set(folder === undefined ? [] : [folder]),
    isPlaceKnown: folder !== undefined,
  };
  for (const words of started) {
    if (CHANGING.includes(words[0])) changeFolder(named, words);
  }
  for (const words of started) {
    if (CHANGING.includes(words[0])) continue;
    const [program, ...rest] = words;
    if (program?.includes('/') && !isInstalled(program)) add(named, program);
    for (const word of rest) addWord(named, word);
    if (readsNames(words)) add(named, undefined);
  }
  for (const { path } of redirections) add(named, path);
  return { paths: [...named.paths], folders: [...named.folders] };
}

const MOST_IN_TEXT = 256;

/** What a program may take for names in its input, in lines or in a language of its own. */
export function namesInText(text: Word): readonly Word[] {
  if (text === undefined) return [undefined];
  const words = text.split(/[\s"'<>()[\]{};|&=@:,]+/);
  const behindOptions = words.filter((word) => word.startsWith('-')).map((word) => word.slice(2));
  const all = new Set([...text.split('\n'), ...words, ...behindOptions]);
  all.delete('');
  return all.size > MOST_IN_TEXT ? [undefined] : [...all];
}

function changeFolder(named: Named, words: readonly Word[]): void {
  const [target, ...more] = words.slice(1).filter((word) => word !== '--');
  const isKnown = target !== undefined && !/^[-~+]/.test(target) && more.length === 0;
  if (!isKnown || target.split('/').includes('..') || words[0] === 'popd') {
    named.isPlaceKnown = false;
    return;
  }
  if (named.folders.size >= MOST_FOLDERS) named.isPlaceKnown = false;
  else if (target.startsWith('/')) named.folders.add(target);
  else for (const folder of [...named.folders]) named.folders.add(`${folder}/${target}`);
}

function addWord(named: Named, word: Word): void {
  if (word === undefined) {
    add(named, undefined);
    return;
  }
  if (/^file:/i.test(word)) add(named, undefined);
  // Most programs read an address as a path too, from a folder that ends with a colon.
  if (/^(?:https?|ssh|git|wss?):\/\//i.test(word)) {
    add(named, word);
    return;
  }
  addBehindBundle(named, word);
  const value = word.startsWith('-') ? behindLetters(word) : word;
  if (value === '') return;
  add(named, value);
  if (!/[=@:,]/.test(value)) return;
  for (const part of value.split(/[=@:,]/)) if (part !== '') add(named, part);
}

const LONGEST_BUNDLE = 64;

/** `-rfid_rsa`: which of the letters are options and where a name begins, the text does not say. */
function addBehindBundle(named: Named, word: string): void {
  const letters = /^-[A-Za-z0-9]+/.exec(word)?.[0].length ?? 0;
  if (letters > LONGEST_BUNDLE) add(named, undefined);
  const last = Math.min(letters, LONGEST_BUNDLE, word.length - 1);
  for (let at = 2; at <= last; at += 1) add(named, word.slice(at));
}

/** `-o/etc/x` and `--output=/etc/x` name a path behind the option. */
function behindLetters(word: string): string {
  const equals = word.indexOf('=');
  if (equals >= 0) return word.slice(equals + 1);
  const at = word.search(/[/.~]/);
  return at < 0 ? '' : word.slice(at);
}

function add(named: Named, path: Word): void {
  if (named.paths.size >= MOST_PATHS || path === undefined || path.startsWith('~')) {
    named.paths.add(undefined);
  } else if (path.startsWith('/')) {
    named.paths.add(path);
  } else {
    if (!named.isPlaceKnown) named.paths.add(undefined);
    for (const folder of named.folders) named.paths.add(`${folder}/${path}`);
  }
}
