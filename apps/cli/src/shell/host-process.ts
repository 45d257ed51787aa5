import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseStrict } from '@ioi/canon';
import { visible } from '../core/visible.ts';
import { CommandFault } from './fault.ts';

export type HostProcess<Said> = {
  readonly child: ChildProcess;
  /** The first line it writes. */
  readonly said: Promise<Said>;
  /** Resolves when it ended well; rejects with what it said last when it did not. */
  readonly ended: Promise<void>;
};

const USAGE = 2;

/** A process of the house that is no node's; what it says on standard error goes on to ours. */
export function hostProcess<Said>(
  name: string,
  entry: string,
  args: readonly string[],
  { flags = [] }: { readonly flags?: readonly string[] } = {},
): HostProcess<Said> {
  const child = spawn(process.execPath, [...flags, entry, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let last = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    last = line;
    process.stderr.write(`${visible(line)}\n`);
  });
  const line = once(createInterface({ input: child.stdout }), 'line');
  const ended = once(child, 'close').then(([code]) => {
    if (code !== 0) throw faultOf(name, last, Number(code));
  });
  const said = Promise.race([line, ended.then(() => line)]);
  return { child, ended, said: said.then(([first]) => JSON.parse(String(first)) as Said) };
}

/** Asked to stop, we ask it. */
export function stopWithUs(child: ChildProcess): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill('SIGTERM'));
  }
}

function faultOf(name: string, said: string, exitCode: number): CommandFault {
  const parsed = parseStrict(said);
  const { code, message } = (parsed.ok ? Object(parsed.value) : {}) as Record<string, unknown>;
  const isNamed = typeof code === 'string' && typeof message === 'string';
  return new CommandFault({
    exit: exitCode === USAGE ? 'usage' : 'unexpected',
    code: isNamed ? code : `${name}.ended`,
    message: isNamed ? message : `the ${name} ended (${exitCode})`,
  });
}
