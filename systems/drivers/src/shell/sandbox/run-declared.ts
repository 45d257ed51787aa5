import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { err, ok, type Result } from '@ioi/basis';
import { limitedTo } from './limited.ts';
import { relayedTo } from './relayed.ts';
import type { SandboxedRun } from './run-sandboxed.ts';

export type DeclaredRun = Pick<
  SandboxedRun,
  'command' | 'args' | 'cwd' | 'env' | 'homeFrom' | 'limits' | 'wayOut'
>;

/**
 * Runs a program at the terminal of whoever started it in what they said holds it, without a
 * sandbox of ours: it sees the files and the network that are there. Its proxy is the door of the
 * node, which nothing makes it use.
 */
export function runDeclared(run: DeclaredRun): Promise<Result<number, string>> {
  const { command, args, cwd, env, homeFrom, limits, wayOut } = run;
  const words = [...limitedTo(limits), ...relayedTo(wayOut).before, command, ...args];
  const [first = '', ...others] = words;
  const child = spawn(first, others, { cwd, env: { ...env, HOME: homeFrom }, stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve(err(message)));
    child.on('exit', (code, signal) => {
      resolve(ok(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
  });
}
