import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { CommandFault, usageFault } from './fault.ts';
import type { Output } from './output.ts';

export type PassphraseSource = {
  /** A file, or `-` for standard input. Never the passphrase itself: other programs see flags. */
  readonly passphraseFile?: string | undefined;
};

const SHORTEST = 8;
const LONGEST = 1024;

/** The owner's passphrase from a file, from standard input or from the person at the terminal. */
export async function readPassphrase(source: PassphraseSource, output: Output): Promise<string> {
  const [passphrase = ''] = await passphrases(source, output, ['Passphrase: ']);
  return passphrase;
}

/** What a person types without its being shown. */
export async function readHidden(question: string): Promise<string> {
  const [answer = ''] = await askHidden([question]);
  return answer;
}

/** A new one, asked for twice, so that a slip does not lock its owner out. */
export async function choosePassphrase(source: PassphraseSource, output: Output): Promise<string> {
  const question = `Choose a passphrase (${SHORTEST} characters or more): `;
  const given = await passphrases(source, output, [question, 'The same again: ']);
  const [chosen = '', again = chosen] = given;
  if (chosen.length < SHORTEST) {
    throw usageFault(`a passphrase has at least ${SHORTEST} characters`);
  }
  if (chosen !== again) throw usageFault('the two passphrases differ');
  return chosen;
}

/** One from a file, or an answer to each question from a person. */
async function passphrases(
  { passphraseFile }: PassphraseSource,
  output: Output,
  questions: readonly string[],
): Promise<readonly string[]> {
  if (passphraseFile !== undefined) return [passphraseIn(passphraseFile)];
  if (!output.canAsk) throw noTerminal();
  return (await askHidden(questions)).map(checked);
}

function passphraseIn(path: string): string {
  try {
    return checked(readFileSync(path === '-' ? 0 : path, 'utf8').replace(/\r?\n$/, ''));
  } catch (fault) {
    if (fault instanceof CommandFault) throw fault;
    const { code } = fault as NodeJS.ErrnoException;
    throw usageFault(`the passphrase file cannot be read (${code ?? 'unknown'}): ${path}`);
  }
}

function checked(passphrase: string): string {
  if (passphrase === '') throw usageFault('the passphrase is empty');
  if (passphrase.length > LONGEST || /[\r\n]/.test(passphrase)) {
    throw usageFault(`a passphrase is one line of at most ${LONGEST} characters`);
  }
  return passphrase;
}

function noTerminal(): CommandFault {
  const message = 'a passphrase is needed and there is no terminal to ask at';
  return usageFault(message, 'the same command with --passphrase-file FILE (or - for stdin)');
}

/**
 * Reads a line for each question without showing it. The terminal stops echoing before the first
 * question is shown and starts again after the last answer: nobody types too early. Ctrl-C ends
 * the command.
 */
async function askHidden(questions: readonly string[]): Promise<string[]> {
  const { stdin, stderr } = process;
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  try {
    const answers: string[] = [];
    for (const question of questions) {
      stderr.write(question);
      answers.push(await hiddenLine());
      stderr.write('\n');
    }
    return answers;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
  }
}

async function hiddenLine(): Promise<string> {
  for (let typed = ''; ; ) {
    const { rest, end, left = '' } = takeKeys(typed, await nextChunk());
    typed = rest;
    // What came after the line, pasted perhaps, answers the next question.
    if (left !== '') process.stdin.unshift(left);
    if (end === 'cancel') {
      process.stderr.write('\n');
      throw cancelled();
    }
    if (end === 'line') return typed;
  }
}

function nextChunk(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { stdin } = process;
  const settle = (chunk: string): void => {
    stdin.off('data', settle);
    stdin.off('end', closed);
    resolve(chunk);
  };
  const closed = (): void => settle('\u0004');
  stdin.on('data', settle);
  stdin.on('end', closed);
  return promise;
}

type Typed = {
  readonly rest: string;
  readonly end?: 'line' | 'cancel';
  readonly left?: string;
};

/** What the keys of one chunk make of the line so far. */
export function takeKeys(before: string, chunk: string): Typed {
  let rest = before;
  let at = 0;
  for (const key of chunk) {
    at += key.length;
    if (key === '\r' || key === '\n') return { rest, end: 'line', left: chunk.slice(at) };
    if (key === '\u0003') return { rest: '', end: 'cancel' };
    if (key === '\u0004') return rest === '' ? { rest, end: 'cancel' } : { rest, end: 'line' };
    if (key === '\u007f' || key === '\b') rest = [...rest].slice(0, -1).join('');
    else if (key === '\u0015') rest = '';
    else if (key >= ' ') rest += key;
  }
  return { rest };
}

/** `y` or `yes`; anything else, also the end of input, is no. */
export async function askYes(question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await askWord(`${question} [y/N]`));
}

/** What a person types, as it is shown; nothing at the end of input. */
export async function askWord(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  lines.on('SIGINT', () => {
    lines.close();
    process.kill(process.pid, 'SIGINT');
  });
  const answer = await Promise.race([lines.question(`${question} `), closed]);
  lines.close();
  return answer.trim();
}

function cancelled(): CommandFault {
  const message = 'cancelled; nothing was changed';
  return new CommandFault({ exit: 'authority', code: 'prompt.cancelled', message });
}
