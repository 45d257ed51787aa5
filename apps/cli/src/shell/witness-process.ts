import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { parseStrict } from '@ioi/canon';
import { CommandFault } from './fault.ts';
import { entries } from './installation.ts';

/** What the witness's process says of itself, in one line. */
type Said = { readonly name: string; readonly keys: readonly string[]; readonly url?: string };

const USAGE = 2;

type Running<T> = {
  readonly child: ChildProcess;
  /** The first line it writes. */
  readonly said: Promise<T>;
  /** Resolves when it was told to end; rejects with what it said when it ended by itself. */
  readonly ended: Promise<void>;
};

export function startWitness<T = Said>(args: readonly string[]): Running<T> {
  const child = spawn(process.execPath, [entries.witness, ...args], {
    // By the first it sees that we are gone.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const errors = text(child.stderr);
  const line = once(createInterface({ input: child.stdout }), 'line');
  const ended = once(child, 'close').then(async ([code]) => {
    if (code !== 0) throw faultOf((await errors).trimEnd().split('\n').at(-1) ?? '', code);
  });
  const said = Promise.race([line, ended.then(() => line)]);
  return { child, ended, said: said.then(([first]) => JSON.parse(String(first)) as T) };
}

function faultOf(said: string, exitCode: number | null): CommandFault {
  const parsed = parseStrict(said);
  const { code, message } = (parsed.ok ? Object(parsed.value) : {}) as Record<string, unknown>;
  if (typeof code !== 'string' || typeof message !== 'string') {
    const ended = `the witness ended (${exitCode ?? 'by a signal'})`;
    return new CommandFault({ exit: 'unexpected', code: 'witness.ended', message: ended });
  }
  const exit = exitCode === USAGE ? 'usage' : 'unexpected';
  return new CommandFault({ exit, code, message });
}

/** What it says in one line, and ends. */
export async function askWitness<T>(args: readonly string[]): Promise<T> {
  const { said, ended } = startWitness<T>(args);
  const told = await said;
  await ended;
  return told;
}
