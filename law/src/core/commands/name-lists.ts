import { isLongOption } from './options.ts';
import { bareName, programName } from './programs.ts';
import type { Word } from './scan.ts';

/** Options, by program, with which it reads names of files out of a file or its input. */
const LISTS: Readonly<
  Record<string, { readonly short?: RegExp; readonly long?: readonly string[] }>
> = {
  aria2c: { short: /^-[A-Za-z]*i/, long: ['input-file'] },
  bsdtar: { short: /^-?[A-Za-z]*[TX]/, long: ['files-from'] },
  cpio: { short: /^-[A-Za-z]*[opE]/, long: ['create', 'pass-through', 'pattern-file'] },
  curl: { short: /^-[A-Za-z0-9#]*K/, long: ['config'] },
  du: { long: ['files0-from'] },
  file: { short: /^-[A-Za-z0]*f/, long: ['files-from'] },
  find: { short: /^-files0-from$/ },
  git: { long: ['pathspec-from-file', 'stdin'] },
  gtar: { short: /^-?[A-Za-z]*T/, long: ['files-from'] },
  pax: { short: /^-[A-Za-z]*w/ },
  rsync: { long: ['files-from', 'include-from', 'exclude-from'] },
  sort: { long: ['files0-from'] },
  tar: { short: /^-?[A-Za-z]*T/, long: ['files-from'] },
  wc: { long: ['files0-from'] },
  wget: { short: /^-[A-Za-z]*i/, long: ['input-file', 'config'] },
  xargs: { short: /^-[A-Za-z0-9]*a/, long: ['arg-file'] },
  zip: { short: /^-[A-Za-z0-9]*@/, long: ['names-stdin'] },
};

/** Programs that check the files which a list of digests names. */
const CHECKING = /^(?:b2|b3|cksum|md5|sha[0-9]*)(?:sum)?$/;
/** An argument of theirs is a file with more arguments. */
const WITH_AT: ReadonlySet<string> = new Set([
  '7z',
  '7za',
  '7zz',
  'cc',
  'clang',
  'gcc',
  'javac',
  'rar',
]);

/** Whether it reads names that do not stand in its words, so that no one can say which. */
export function readsNames([program = '', ...words]: readonly Word[]): boolean {
  const full = programName(program);
  const name = Object.hasOwn(LISTS, full) ? full : bareName(full);
  const lists = Object.hasOwn(LISTS, name) ? LISTS[name] : undefined;
  return words.some((word, at) => {
    if (word === undefined) return false;
    if (WITH_AT.has(name) && word.startsWith('@')) return true;
    if (CHECKING.test(full)) return /^-[a-z]*c/.test(word) || isLongOption(word, ['check']);
    // What `tar` is told first may stand there without a dash.
    const isOption = word.startsWith('-') || (at === 0 && name.endsWith('tar'));
    return isOption && (lists?.short?.test(word) || isLongOption(word, lists?.long ?? []));
  });
}
