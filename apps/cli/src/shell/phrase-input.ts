import { readFileSync, statSync } from 'node:fs';
import type { PhraseError, ShareError } from '@ioi/crypto';
import { ENTROPY_SIZE, entropyOf, joinShares, phraseOf } from '@ioi/crypto/phrase';
import { listOption, type Options, textOption } from './context.ts';
import { CommandFault, usageFault } from './fault.ts';
import type { Output } from './output.ts';
import { readHidden } from './prompt.ts';
import { saveNew } from './save-new.ts';

const OPEN_TO_OTHERS = 0o077;
/** Of a phrase of 24 words. */
const SHARE_WORDS = 33;

/**
 * The recovery phrase in its one spelling, from files only their owner can read, from standard
 * input or from the person at the terminal: whole, or as shares of it. Never from a flag: other
 * programs see flags.
 */
export async function readPhrase(options: Options, output: Output): Promise<string> {
  const shares = listOption(options, 'shareFile');
  if (shares.length > 0) return phraseOfShares(shares.map((path) => wordsIn(path, options)));
  const path = textOption(options, 'phraseFile');
  const typed = path === undefined ? await askPhrase(output) : wordsIn(path, options);
  if (isShare(typed)) return phraseOfShares(await askShares(typed, output));
  const read = entropyOf(typed);
  if (read.ok) return phraseOf(read.value);
  throw refused(read.error);
}

function wordsIn(path: string, options: Options): string {
  if (path === '-') {
    if (textOption(options, 'passphraseFile') === '-') {
      throw usageFault('phrase and passphrase cannot both come from standard input');
    }
    return readFileSync(0, 'utf8');
  }
  try {
    const isOpen = (statSync(path).mode & OPEN_TO_OTHERS) !== 0;
    if (!isOpen) return readFileSync(path, 'utf8');
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    throw usageFault(`the phrase file cannot be read (${code ?? 'unknown'}): ${path}`);
  }
  throw usageFault(`others can read the phrase file ${path}`, `chmod 600 ${path}`);
}

async function askPhrase(output: Output): Promise<string> {
  if (!output.canAsk) {
    const message = 'the recovery phrase is needed and there is no terminal to ask at';
    const next = 'the same command with --phrase-file FILE (or - for stdin), or --share-file FILE';
    throw usageFault(message, next);
  }
  return readHidden(`Recovery phrase, 24 words, or a share of it, ${SHARE_WORDS}: `);
}

function isShare(words: string): boolean {
  return words.trim().split(/\s+/).length === SHARE_WORDS;
}

/** Asks for one after another, until there are as many as it takes. */
async function askShares(first: string, output: Output): Promise<readonly string[]> {
  const shares = [first];
  for (;;) {
    const joined = joinShares(shares);
    if (joined.ok || joined.error.code !== 'share.too_few' || !output.canAsk) return shares;
    shares.push(await readHidden(`Share ${shares.length + 1}, ${SHARE_WORDS} words: `));
  }
}

function phraseOfShares(shares: readonly string[]): string {
  const joined = joinShares(shares);
  if (!joined.ok) throw refused(joined.error);
  if (joined.value.length === ENTROPY_SIZE) return phraseOf(joined.value);
  throw usageFault('the shares belong together, and are of no phrase of 24 words');
}

function refused({ code, message }: PhraseError | ShareError): CommandFault {
  const next =
    code === 'share.too_few' ? 'the same command with more shares' : 'look at the words as written';
  return new CommandFault({ exit: 'usage', code, message, next });
}

/** Where a phrase may be told: nowhere when a program reads what is printed. */
export type PhrasePlace = { readonly kind: 'terminal' | 'nowhere' } | FilePlace;
type FilePlace = { readonly kind: 'file'; readonly path: string };

export function phrasePlace(options: Options, output: Output): PhrasePlace {
  const path = textOption(options, 'phraseOut');
  if (path !== undefined) return { kind: 'file', path };
  return { kind: output.canAsk && process.stderr.isTTY === true ? 'terminal' : 'nowhere' };
}

const COLUMNS = 4;
const CLEAR = '\u001b[2J\u001b[3J\u001b[H';

/** Shows it until the person goes on, then clears it away; or writes a new private file. */
export function tellPhrase(phrase: string, place: PhrasePlace): Promise<void> {
  return tellWords(phrase, place, [
    'The recovery phrase. Whoever has it has everything this owner has; without it nothing is',
    'restored. Write it on paper, in order, and keep it away from this machine.',
  ]);
}

/** The same for any words that are written on paper. */
export async function tellWords(
  words: string,
  place: PhrasePlace,
  about: readonly string[],
): Promise<void> {
  if (place.kind === 'file') saveNew(place.path, `${words}\n`);
  if (place.kind !== 'terminal') return;
  process.stderr.write(`${[...about, '', ...numberedLines(words), '', ''].join('\n')}`);
  try {
    await readHidden('Enter once it is on paper; it is cleared from this screen: ');
  } finally {
    // Also for who thinks better of it.
    process.stderr.write(CLEAR);
  }
}

function numberedLines(words: string): string[] {
  const numbered = words.split(' ').map((word, at) => `${String(at + 1).padStart(2)} ${word}`);
  const rows = Math.ceil(numbered.length / COLUMNS);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: COLUMNS }, (_each, column) =>
      (numbered[row + column * rows] ?? '').padEnd(14),
    ).join(''),
  );
}
