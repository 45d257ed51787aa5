const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;
/** Letters that shells read alike, and too few of them for the name of a long option. */
const LETTERS = /^-[ceilux]{1,4}$/;
const LONG: readonly string[] = ['--login', '--noprofile', '--norc', '--posix'];
const NAME = /^[a-z]+$/;

/**
 * Where among its words a shell is given the text of `-c`. Undefined where there is none, and for
 * whatever a shell could read in another way: then all its words are told.
 */
export function scriptAt(args: readonly string[]): number | undefined {
  let isText = false;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (LETTERS.test(word)) isText ||= word.includes('c');
    else if (word === '-o' && NAME.test(args[at + 1] ?? '')) at += 1;
    else if (LONG.includes(word)) continue;
    else return isText && isLast(args, at) && !/^[-+]/.test(word) ? at : undefined;
  }
  return undefined;
}

/** What follows a text stands for its `$0`, `$1` and so on: it is part of what is done. */
function isLast(args: readonly string[], at: number): boolean {
  return at === args.length - 1;
}

/** What a shell was given to do, as one text. */
export function commandOfShell(name: string, args: readonly string[]): string {
  const at = scriptAt(args);
  if (at !== undefined) return args[at] ?? '';
  return [name.slice(name.lastIndexOf('/') + 1), ...args].map(quoted).join(' ');
}

function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
