import { readFileSync, statSync } from 'node:fs';
import { entropyOf, phraseOf } from '@ioi/crypto/phrase';
import { type Options, textOption } from './context.ts';
import { CommandFault, usageFault } from './fault.ts';
import type { Output } from './output.ts';
import { readHidden } from './prompt.ts';
import { saveNew } from './save-new.ts';

const OPEN_TO_OTHERS = 0o077;

/**
 * The recovery phrase from a file only its owner can read, from standard input or from the person
 * at the terminal, in its one spelling. Never from a flag: other programs see flags.
 */
export async function readPhrase(options: Options, output: Output): Promise<string> {
  const path = textOption(options, 'phraseFile');
  const typed = path === undefined ? await askPhrase(output) : phraseIn(path, options);
  const read = entropyOf(typed);
  if (read.ok) return phraseOf(read.value);
  const { code, message } = read.error;
  throw new CommandFault({ exit: 'usage', code, message, next: 'look at the words as written' });
}

function phraseIn(path: string, options: Options): string {
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
    throw usageFault(message, 'the same command with --phrase-file FILE (or - for stdin)');
  }
  return readHidden('Recovery phrase, 24 words: ');
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
export async function tellPhrase(phrase: string, place: PhrasePlace): Promise<void> {
  if (place.kind === 'file') saveNew(place.path, `${phrase}\n`);
  if (place.kind !== 'terminal') return;
  process.stderr.write(`${phraseLines(phrase).join('\n')}\n`);
  await readHidden('Enter once it is on paper; it is cleared from this screen: ');
  process.stderr.write(CLEAR);
}

function phraseLines(phrase: string): string[] {
  const numbered = phrase.split(' ').map((word, at) => `${String(at + 1).padStart(2)} ${word}`);
  const rows = numbered.length / COLUMNS;
  const lines = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: COLUMNS }, (_each, column) =>
      (numbered[row + column * rows] ?? '').padEnd(14),
    ).join(''),
  );
  return [
    'The recovery phrase. Whoever has it has everything this owner has; without it nothing is',
    'restored. Write it on paper, in order, and keep it away from this machine.',
    '',
    ...lines,
    '',
  ];
}
