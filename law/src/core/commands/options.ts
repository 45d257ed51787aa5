import type { Word } from './scan.ts';

/** The options of a program, as far as one must know them to find what stands behind them. */
export type Options = {
  /** Letters of those without a value. */
  readonly flags?: string;
  /** Letters of those with one. */
  readonly values?: string;
  readonly longFlags?: readonly string[];
  readonly longValues?: readonly string[];
};

/** Where the first operand stands; undefined where an option is not known. */
export function skipOptions(
  words: readonly Word[],
  from: number,
  options: Options,
): number | undefined {
  let at = from;
  while (at < words.length) {
    const word = words[at];
    if (word === undefined) return undefined;
    if (word === '--') return at + 1;
    if (word === '-' || !word.startsWith('-')) return at;
    const taken = word.startsWith('--') ? longOption(word, options) : letters(word, options);
    if (taken === undefined) return undefined;
    at += taken;
  }
  return at;
}

/** Whether it is one of the long options, or the beginning of one, as programs take them. */
export function isLongOption(word: string, names: readonly string[]): boolean {
  const [name = ''] = word.slice(2).split('=');
  return word.startsWith('--') && name !== '' && names.some((each) => each.startsWith(name));
}

/** How many words the option takes. */
function longOption(word: string, options: Options): number | undefined {
  const [name = ''] = word.slice(2).split('=');
  if (options.longValues?.includes(name)) return word.includes('=') ? 1 : 2;
  return options.longFlags?.includes(name) ? 1 : undefined;
}

function letters(word: string, { flags = '', values = '' }: Options): number | undefined {
  if (/^-[0-9]+$/.test(word) && flags.includes('#')) return 1;
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] as string;
    if (values.includes(letter)) return at === word.length - 1 ? 2 : 1;
    if (letter === '#' || !flags.includes(letter)) return undefined;
  }
  return 1;
}
