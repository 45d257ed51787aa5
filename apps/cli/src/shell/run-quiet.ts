import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';

export type Ended = {
  /** Undefined where the program is not there, or was ended by a signal. */
  readonly code: number | undefined;
  readonly out: string;
  readonly said: string;
  readonly isMissing: boolean;
};

const MOST_MS = 20_000;

/** Runs a program with a text on its standard input: what is secret stands in no argument. */
export async function runQuiet(
  program: string,
  args: readonly string[],
  input: string,
): Promise<Ended> {
  const child = spawn(program, args, { stdio: 'pipe', timeout: MOST_MS });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<number | undefined | 'missing'>((resolve) => {
    child.once('error', () => resolve('missing'));
    child.once('close', (code) => resolve(code ?? undefined));
  });
  const [out, said, end] = await Promise.all([buffer(child.stdout), buffer(child.stderr), ended]);
  return {
    code: end === 'missing' ? undefined : end,
    out: out.toString('utf8'),
    said: said.toString('utf8').trim().slice(0, 400),
    isMissing: end === 'missing',
  };
}
