import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { HOME_VARIABLE } from '../shell/home.ts';

export type Ended = {
  readonly code: number | undefined;
  readonly out: string;
  readonly said: string;
};

const MOST_MS = 600_000;

/** One command of a version of the program, about the node in a folder, to its end. */
export async function runProgram(
  [program = '', ...before]: readonly string[],
  args: readonly string[],
  homeFolder: string,
): Promise<Ended> {
  const child = spawn(program, [...before, ...args], {
    env: { ...process.env, [HOME_VARIABLE]: homeFolder, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: MOST_MS,
  });
  const ended = new Promise<number | string | undefined>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('exit', (code) => resolve(code ?? undefined));
  });
  const [end, out, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (typeof end === 'string') return { code: undefined, out, said: end };
  return { code: end, out, said: said.trim() };
}
