import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { RunLimits } from '../core/sandbox/limits.ts';

export type LaunchOptions = {
  readonly cwd?: string | undefined;
  /** The whole environment: nothing else is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly manifest?: ServerManifest | undefined;
  /** Less than is usual, where whoever holds it to its manifest can see to that. */
  readonly limits?: Partial<RunLimits> | undefined;
};

/** What a server needs of the machine, for whoever can hold it to that. */
export type ServerManifest = {
  /** Absolute; with everything below them. */
  readonly paths: {
    readonly read: readonly string[];
    readonly write: readonly string[];
  };
  /** `host` or `host:port`, to which it may connect. */
  readonly hosts: readonly string[];
  /**
   * Variables whose values stand for secrets the server never sees: what enforces the manifest
   * puts the real ones into what the server sends to `hosts`.
   */
  readonly placeholders: Readonly<Record<string, string>>;
};

/** A running program and everything it started. */
export type Launched = {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once, with what a person should read; also when it could not be started. */
  readonly exited: Promise<string>;
  /** Signals the whole process group. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
};

/** How a program is started: a sandbox wraps this. */
export type Launch = (command: string, args: readonly string[], options: LaunchOptions) => Launched;

/**
 * Starts the program as the node's own user, in a process group of its own. It may do what that
 * user may: a manifest is not enforced here, and its placeholders are not given.
 */
export function launchPlainly(
  command: string,
  args: readonly string[],
  { cwd, env }: LaunchOptions,
): Launched {
  return startGroup(command, args, { cwd, env });
}

/** Descriptors that a program finds behind its three streams. */
type Opened = readonly (number | 'ignore')[];

export function startGroup(
  command: string,
  args: readonly string[],
  { cwd, env, opened = [] }: Pick<LaunchOptions, 'cwd' | 'env'> & { opened?: Opened },
): Launched {
  const child = spawn(command, [...args], {
    cwd,
    env: { ...env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', ...opened],
  }) as ChildProcessByStdio<Writable, Readable, Readable>;
  const exited = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(signal ? `killed by ${signal}` : `exit ${code}`));
  });
  const { pid, stdin, stdout, stderr } = child;
  const kill = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group is gone already, which is what was wanted.
    }
  };
  return { pid, stdin, stdout, stderr, exited, kill };
}

const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TMPDIR'];

/** What a program needs to start at all, and what its configuration names; no secrets of ours. */
export function minimalEnvironment(
  from: Readonly<Record<string, string | undefined>>,
  configured: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const kept = INHERITED.flatMap((name) => {
    const value = from[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...configured };
}
