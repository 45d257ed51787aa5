import { closeSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  EXIT_NEEDS_PERSON,
  freshRestarts,
  planRestart,
  type RestartState,
} from '../core/restart.ts';
import { CommandFault } from '../shell/fault.ts';
import {
  type Home,
  isInitialised,
  makePrivateFolder,
  makeSocketFolder,
  type Sockets,
} from '../shell/home.ts';
import { runningPid, takeLock } from '../shell/lock.ts';
import { finishReplacement } from '../shell/replacement.ts';
import { attend } from './attend.ts';
import { edgeTargets, watchTargets } from './edge-targets.ts';
import { lastLines, logPath, openLogFile } from './log-files.ts';
import { openPageDoor, type PageDoor } from './page-door.ts';
import { endOf, type NodeProcesses, retarget, startProcesses, stopProcess } from './processes.ts';
import { awaitTurn } from './turn.ts';

export type SuperviseOptions = {
  readonly home: Home;
  /** Fires when the node is to stop. */
  readonly signal: AbortSignal;
  /** All processes run; they may not answer yet. `isOver` once this life of theirs ended. */
  readonly onStarted: (isOver: () => boolean) => void;
  readonly say: (line: string) => void;
};

const DAEMON_GRACE_MS = 10_000;
const GUARDIAN_GRACE_MS = 5_000;
/** Without its guardian a daemon ends by itself, well within this. */
export const LAST_WORDS_MS = 2_000;

/**
 * Keeps guardian, daemon and edge running together until told to stop: one without the others is
 * of no use, so when one ends all are started again. Resolves once everything is gone.
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { home, signal } = options;
  const lock = takeLock(home);
  if (lock === undefined) throw alreadyRuns(home);
  const { sockets, folder } = makeSocketFolder(home);
  let door: PageDoor | undefined;
  try {
    finishReplacement(home);
    makePrivateFolder(home.data);
    if ((await awaitTurn(options)) === undefined) return;
    door = await openPageDoor(home, options.say);
    const life = { ...options, sockets, door, stopping: aborted(signal) };
    for (let state = freshRestarts; !signal.aborted; ) {
      const next = await runOnce(life, state);
      if (next === undefined) break;
      const turn = await awaitTurn(options);
      if (turn === undefined) break;
      // Removed under a node that ran: what is started now would make it anew, empty.
      if (!isInitialised(home)) throw removed(home);
      state = turn === 'taken' ? freshRestarts : next;
    }
  } finally {
    door?.close();
    for (const path of Object.values(sockets)) rmSync(path, { force: true });
    if (folder !== home.run) rmSync(folder, { recursive: true, force: true });
    lock.release();
  }
}

type Life = SuperviseOptions & {
  readonly sockets: Sockets;
  readonly door: PageDoor;
  readonly stopping: Promise<undefined>;
};

/** One life of the processes; undefined when they were stopped on purpose. */
async function runOnce(life: Life, state: RestartState): Promise<RestartState | undefined> {
  const { home, sockets, door, signal, stopping } = life;
  const startedAt = performance.now();
  const logs = {
    guardian: openLogFile(home, 'guardian'),
    daemon: openLogFile(home, 'daemon'),
    edge: openLogFile(home, 'edge'),
  };
  const processes = startProcesses({ home, sockets, origin: door.origin, logs });
  for (const log of Object.values(logs)) closeSync(log);
  const { guardian, daemon, edge, told } = processes;
  retarget(told, edgeTargets(home).targets);
  const edgeWanted = Promise.withResolvers<typeof EDGE_WANTED>();
  const unwatch = watchTargets(home, (targets) => {
    if (edge === undefined) edgeWanted.resolve(EDGE_WANTED);
    else retarget(told, targets);
  });
  const first = Promise.race([
    edgeWanted.promise,
    endOf(daemon).then((exitCode) => ({ who: 'daemon' as const, exitCode })),
    endOf(guardian).then((exitCode) => ({ who: 'guardian' as const, exitCode })),
    ...(edge ? [endOf(edge).then((exitCode) => ({ who: 'edge' as const, exitCode }))] : []),
    stopping,
  ]);
  const attended = await attend({ home, sockets, door, streams: processes, say: life.say });
  let isOver = false;
  life.onStarted(() => isOver);
  const ended = await first;
  isOver = true;
  unwatch();
  attended.close();
  // A daemon that ends on purpose takes the others along first, and says why only at its end.
  if (ended !== undefined && ended !== EDGE_WANTED && ended.who !== 'daemon')
    await Promise.race([endOf(daemon), sleep(LAST_WORDS_MS)]);
  await stopAll(processes);
  if (ended === undefined || signal.aborted) return undefined;
  if (ended === EDGE_WANTED) return state;
  // The others end with their streams, so their end may be noticed before the daemon's.
  const ending = daemon.exitCode === EXIT_NEEDS_PERSON ? asking : ended;
  const livedMs = performance.now() - startedAt;
  const plan = planRestart(state, { ...ending, livedMs });
  if (plan.kind === 'stop') throw stopped(home, plan.why);
  life.say(`the ${ending.who} ended; starting again in ${plan.delayMs / 1000} s`);
  await Promise.race([sleep(plan.delayMs), stopping]);
  return plan.state;
}

/** The first server with a credential came into node.json: the others need a line to an edge. */
const EDGE_WANTED = 'edge_wanted';
const asking = { who: 'daemon', exitCode: EXIT_NEEDS_PERSON } as const;

export async function stopAll(processes: NodeProcesses): Promise<void> {
  const { guardian, daemon, edge, approvals, page } = processes;
  await stopProcess(daemon, DAEMON_GRACE_MS);
  // Without its daemon the guardian ends by itself; the end of this stream is a second reason.
  approvals.destroy();
  for (const stream of [page, processes.door, processes.devices]) stream.destroy();
  if (edge) await stopProcess(edge, GUARDIAN_GRACE_MS);
  await stopProcess(guardian, GUARDIAN_GRACE_MS);
}

export function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  );
}

export function alreadyRuns(home: Home): CommandFault {
  const pid = runningPid(home);
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new CommandFault({
    exit: 'unexpected',
    code: 'node.already_up',
    message: `this node is up already: ${who} runs it`,
    next: 'ioi status',
  });
}

function removed({ folder }: Home): CommandFault {
  return new CommandFault({
    exit: 'unexpected',
    code: 'node.removed',
    message: `${folder} has no node any more: it was removed while the node ran`,
    next: 'ioi restore FILE',
  });
}

const TAIL_LINES = 8;

export function stopped(home: Home, why: 'needs_person' | 'too_many'): CommandFault {
  const messages = {
    needs_person: 'the daemon stopped and asks for a person; it was not started again',
    too_many: 'the node ended too often right after its start; it was not started again',
  };
  const daemon = lastLines(home, 'daemon', TAIL_LINES);
  const guardian = why === 'too_many' ? lastLines(home, 'guardian', TAIL_LINES) : [];
  return new CommandFault({
    exit: 'unexpected',
    code: `node.${why}`,
    message: `${messages[why]} (${logPath(home, 'daemon')})`,
    lines: [...daemon, ...guardian],
  });
}
