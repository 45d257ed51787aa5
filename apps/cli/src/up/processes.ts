import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { Home, Sockets } from '../shell/home.ts';
import { entries, guardianCode } from '../shell/installation.ts';

export type NodeProcesses = {
  readonly guardian: ChildProcess;
  readonly daemon: ChildProcess;
  /** Our end of the stream on which the guardian answers approvers. */
  readonly approvals: Duplex;
};

export type StartOptions = {
  readonly home: Home;
  readonly sockets: Sockets;
  /** Open files that take what each process says. */
  readonly logs: { readonly guardian: number; readonly daemon: number };
};

/**
 * Starts the guardian, then the daemon with the other end of the guardian's channel. Both get
 * process groups of their own: Ctrl-C at a terminal is for the supervisor, which stops them in
 * order.
 */
export function startProcesses({ home, sockets, logs }: StartOptions): NodeProcesses {
  const guardian = spawn(
    process.execPath,
    [...guardianFlags(home), entries.guardian, home.guardian],
    {
      cwd: home.guardian,
      env: guardianEnvironment(),
      detached: true,
      stdio: ['ignore', logs.guardian, logs.guardian, 'pipe', 'pipe'],
    },
  );
  // A process that could not be started says so by `error` and has no pid.
  guardian.on('error', () => {});
  const channel = streamOf(guardian, 3);
  const approvals = streamOf(guardian, 4);
  // Nothing of it may be read here: it belongs to the daemon from the first byte.
  channel.pause();
  const daemon = spawn(
    process.execPath,
    [entries.daemon, home.folder, sockets.daemon, sockets.mcp],
    {
      cwd: home.folder,
      env: process.env,
      detached: true,
      stdio: ['ignore', logs.daemon, logs.daemon, channel],
    },
  );
  daemon.on('error', () => {});
  channel.destroy();
  approvals.on('error', () => {});
  return { guardian, daemon, approvals };
}

/** Its own folder and its own program: nothing else on this machine (design section 5). */
function guardianFlags({ guardian }: Home): string[] {
  const readable = [...guardianCode(), guardian].map((path) => `--allow-fs-read=${path}`);
  return ['--permission', ...readable, `--allow-fs-write=${guardian}`];
}

/** Where a system keeps the library Node needs; everything else in the environment stays out. */
function guardianEnvironment(): Record<string, string> {
  const path = process.env['LD_LIBRARY_PATH'];
  return path === undefined ? {} : { LD_LIBRARY_PATH: path };
}

function streamOf(child: ChildProcess, at: number): Duplex {
  const stream = child.stdio[at];
  if (!stream) throw new Error(`no stream at descriptor ${at}`);
  return stream as Duplex;
}

/** Resolves when it has ended, with its exit code unless a signal ended it. */
export function endOf(child: ChildProcess): Promise<number | undefined> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
    return Promise.resolve(child.exitCode ?? undefined);
  }
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? undefined)));
}

/** Asks it to end, and after `graceMs` makes it. */
export async function stopProcess(child: ChildProcess, graceMs: number): Promise<void> {
  const ended = endOf(child);
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(forced);
}
