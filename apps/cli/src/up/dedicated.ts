import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  EXIT_NEEDS_PERSON,
  freshRestarts,
  planRestart,
  type RestartState,
} from '../core/restart.ts';
import type { Dedicated } from '../core/service/dedicated.ts';
import { CommandFault } from '../shell/fault.ts';
import { dedicatedSockets, type Home } from '../shell/home.ts';
import { entries } from '../shell/installation.ts';
import { lockFile, takeLock } from '../shell/lock.ts';
import { attend } from './attend.ts';
import { edgeTargets, watchTargets } from './edge-targets.ts';
import { openLogFile } from './log-files.ts';
import { openPageDoor } from './page-door.ts';
import {
  accountOf,
  endOf,
  type NodeProcesses,
  retarget,
  startProcesses,
  stopProcess,
} from './processes.ts';
import { aborted, alreadyRuns, LAST_WORDS_MS, stopAll, stopped } from './supervise.ts';

export type DedicatedOptions = {
  readonly home: Home;
  readonly dedicated: Dedicated;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
};

const SUPERVISOR_GRACE_MS = 5_000;
/** Of the supervisor, in the order in which it is given them; the edge's is the last. */
const GIVEN_FDS = { approvals: 3, page: 4, door: 5, devices: 6 } as const;
const TOLD_FD = 7;

/**
 * As root, for a node with accounts of its own: starts each process by its account, and again when
 * one ended, and does nothing else. It reads no byte of theirs and no file that they may write;
 * who listens, and copies bytes, is a supervisor with an account of its own.
 */
export async function superviseDedicated(options: DedicatedOptions): Promise<void> {
  const { home, signal } = options;
  // In a folder of root's; before anything is started, whose sockets would take others' place.
  const lock = lockFile(join(home.logs, 'lock'));
  if (lock === undefined) throw alreadyRuns(home);
  const stopping = aborted(signal);
  try {
    for (let state: RestartState | undefined = freshRestarts; state && !signal.aborted; ) {
      state = await runOnce(options, stopping, state);
    }
  } finally {
    lock.release();
  }
}

async function runOnce(
  { home, dedicated, signal, say }: DedicatedOptions,
  stopping: Promise<undefined>,
  state: RestartState,
): Promise<RestartState | undefined> {
  const startedAt = performance.now();
  const logs = {
    guardian: openLogFile(home, 'guardian'),
    daemon: openLogFile(home, 'daemon'),
    edge: openLogFile(home, 'edge'),
  };
  const sockets = dedicatedSockets(home);
  const { origin } = dedicated;
  const processes = startProcesses({ home, sockets, origin, logs, accounts: dedicated });
  const supervisor = startSupervisor(home, dedicated, processes);
  for (const log of Object.values(logs)) closeSync(log);
  const { guardian, daemon, edge } = processes;
  const ends = { guardian, daemon, supervisor, ...(edge ? { edge } : {}) };
  const all = Object.entries(ends) as [keyof typeof ends, ChildProcess][];
  const ended = await Promise.race([
    ...all.map(async ([who, child]) => ({ who, exitCode: await endOf(child) })),
    stopping,
  ]);
  if (ended !== undefined && ended.who !== 'daemon') {
    await Promise.race([endOf(daemon), sleep(LAST_WORDS_MS)]);
  }
  await stopProcess(supervisor, SUPERVISOR_GRACE_MS);
  await stopAll(processes);
  if (ended === undefined || signal.aborted) return undefined;
  const isAsking = daemon.exitCode === EXIT_NEEDS_PERSON;
  const ending = isAsking ? ({ who: 'daemon', exitCode: EXIT_NEEDS_PERSON } as const) : ended;
  const plan = planRestart(state, { ...ending, livedMs: performance.now() - startedAt });
  if (plan.kind === 'stop') throw stopped(home, plan.why);
  say(`the ${ending.who} ended; starting again in ${plan.delayMs / 1000} s`);
  await Promise.race([sleep(plan.delayMs), stopping]);
  return plan.state;
}

/** With the guardian's streams, of which nothing was read here. */
function startSupervisor(
  home: Home,
  dedicated: Dedicated,
  { approvals, page, door, devices, told }: NodeProcesses,
): ChildProcess {
  const given = [approvals, page, door, devices, ...(told ? [told] : [])];
  for (const stream of given) stream.pause();
  const child = spawn(process.execPath, [entries.main, 'up', '--attending'], {
    cwd: '/',
    env: { ...process.env, HOME: '/nonexistent', IOI_HOME: home.folder },
    detached: true,
    ...accountOf(dedicated, 'supervisor'),
    stdio: ['ignore', 'inherit', 'inherit', ...given],
  });
  child.on('error', () => {});
  for (const stream of given) stream.destroy();
  return child;
}

export type AttendingOptions = DedicatedOptions & {
  /** It listens; the node may not answer yet. */
  readonly onStarted: (isOver: () => boolean) => void;
};

/** The supervisor of such a node: resolves when it was told to stop, or the guardian has gone. */
export async function attendDedicated(options: AttendingOptions): Promise<void> {
  const { home, dedicated, signal, say, onStarted } = options;
  const lock = takeLock(home);
  if (lock === undefined) throw alreadyRuns(home);
  const door = await openPageDoor(home, say);
  try {
    if (door.origin !== dedicated.origin) throw portTaken(dedicated.origin);
    const streams = {
      approvals: streamAt(GIVEN_FDS.approvals),
      page: streamAt(GIVEN_FDS.page),
      door: streamAt(GIVEN_FDS.door),
      devices: streamAt(GIVEN_FDS.devices),
    };
    const edge = streamAt(TOLD_FD);
    const gone = new Promise<undefined>((resolve) => {
      for (const each of Object.values(streams)) each.once('close', () => resolve(undefined));
    });
    const sockets = dedicatedSockets(home);
    const attended = await attend({ home, sockets, door, streams, say });
    retarget(edge, edgeTargets(home).targets);
    const unwatch = watchTargets(home, (targets) => retarget(edge, targets));
    let isOver = false;
    onStarted(() => isOver);
    await Promise.race([gone, aborted(signal)]);
    isOver = true;
    unwatch();
    attended.close();
    for (const each of [...Object.values(streams), edge]) each.destroy();
  } finally {
    door.close();
    lock.release();
  }
}

function streamAt(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: true }).on('error', () => {});
}

function portTaken(origin: string): CommandFault {
  const message = `the page of the guardian was to be at ${origin}, where another listens`;
  const next = 'stop it, or: sudo ioi service install --dedicated-user, which finds another';
  return new CommandFault({ exit: 'unexpected', code: 'page.port_taken', message, next });
}
