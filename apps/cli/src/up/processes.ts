import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { AccountRole, Dedicated } from '../core/service/dedicated.ts';
import { daemonHome, type Home, type Sockets } from '../shell/home.ts';
import { entries, guardianCode, installedCode } from '../shell/installation.ts';
import { type EdgeTarget, edgeTargets, hasSignInSecrets } from './edge-targets.ts';

export type NodeProcesses = {
  readonly guardian: ChildProcess;
  readonly daemon: ChildProcess;
  /** Only where a server has a credential, or a sign-in has a secret. */
  readonly edge: ChildProcess | undefined;
  /** On which the edge is told which servers get a credential now. */
  readonly told: Duplex | undefined;
  /** Our end of the stream on which the guardian answers approvers. */
  readonly approvals: Duplex;
  /** The same for its page. */
  readonly page: Duplex;
  /** On which it asks for a listener for other devices, and to which their connections go. */
  readonly door: Duplex;
  readonly devices: Duplex;
};

export type StartOptions = {
  readonly home: Home;
  readonly sockets: Sockets;
  /** Where browsers reach the page of the guardian. */
  readonly origin: string;
  /** By which accounts; all by that of the supervisor without it, and an edge if needed. */
  readonly accounts?: Dedicated | undefined;
  /** Open files that take what each process says. */
  readonly logs: { readonly guardian: number; readonly daemon: number; readonly edge: number };
};

/**
 * Starts the guardian, then the edge where one is needed, then the daemon, each with its end of the
 * streams between them. All get process groups of their own: Ctrl-C at a terminal is for the
 * supervisor, which stops them in order.
 */
export function startProcesses(options: StartOptions): NodeProcesses {
  const { home, sockets, origin, logs, accounts } = options;
  const hasEdge = accounts !== undefined || needsEdge(home);
  const edged = hasEdge ? ['--edge'] : [];
  const guardian = spawn(
    process.execPath,
    [...guardianFlags(home), entries.guardian, home.guardian, `--page=${origin}`, ...edged],
    {
      cwd: accounts === undefined ? home.guardian : '/',
      env: bareEnvironment(),
      detached: true,
      ...accountOf(accounts, 'guardian'),
      stdio: [
        ...(['ignore', logs.guardian, logs.guardian, 'pipe', 'pipe'] as const),
        hasEdge ? 'pipe' : 'ignore',
        ...(['pipe', 'pipe', 'pipe'] as const),
      ],
    },
  );
  // A process that could not be started says so by `error` and has no pid.
  guardian.on('error', () => {});
  const channel = givenAway(guardian, 3);
  const approvals = streamOf(guardian, 4);
  const [page, door, devices] = [6, 7, 8].map((at) => streamOf(guardian, at)) as Streams;
  const edge = hasEdge ? startEdge(givenAway(guardian, 5), logs.edge, accounts) : undefined;
  const told = edge && streamOf(edge, 5);
  const line = edge && givenAway(edge, 4);
  const daemon = spawn(
    process.execPath,
    [
      ...[entries.daemon, home.folder, sockets.daemon, sockets.mcp],
      ...[`--ioi=${entries.main}`, ...edged],
    ],
    {
      cwd: home.folder,
      env: accounts === undefined ? process.env : { ...process.env, HOME: daemonHome(home) },
      detached: true,
      ...accountOf(accounts, 'daemon'),
      stdio: ['ignore', logs.daemon, logs.daemon, channel, ...(line ? [line] : [])],
    },
  );
  daemon.on('error', () => {});
  channel.destroy();
  line?.destroy();
  for (const stream of [approvals, page, door, devices, told]) stream?.on('error', () => {});
  return { guardian, daemon, edge, told, approvals, page, door, devices };
}

function needsEdge(home: Home): boolean {
  const { targets, isForRuns } = edgeTargets(home);
  return targets.length > 0 || isForRuns || hasSignInSecrets(home);
}

/** Tells an edge which servers get a credential from now on. */
export function retarget(told: Duplex | undefined, targets: readonly EdgeTarget[]): void {
  told?.write(`${JSON.stringify(targets)}\n`);
}

/** For `spawn`, which takes every other group from it. */
export function accountOf(dedicated: Dedicated | undefined, role: AccountRole): object {
  if (dedicated === undefined) return {};
  return { uid: dedicated.accounts[role].uid, gid: dedicated.group.gid };
}

type Streams = [Duplex, Duplex, Duplex];

/** With the network and the guardian's pipe; without files but its program, without the log. */
function startEdge(vault: Duplex, log: number, accounts: Dedicated | undefined): ChildProcess {
  const readable = installedCode().map((path) => `--allow-fs-read=${path}`);
  const flags = ['--permission', '--allow-net', '--disable-warning=ExperimentalWarning'];
  const edge = spawn(process.execPath, [...flags, ...readable, entries.edge], {
    cwd: '/',
    env: bareEnvironment(),
    detached: true,
    ...accountOf(accounts, 'edge'),
    stdio: ['ignore', log, log, vault, 'pipe', 'pipe'],
  });
  edge.on('error', () => {});
  vault.destroy();
  return edge;
}

/** Its own folder and its own program: nothing else on this machine (design section 5). */
function guardianFlags({ guardian }: Home): string[] {
  const readable = [...guardianCode(), guardian].map((path) => `--allow-fs-read=${path}`);
  return ['--permission', ...readable, `--allow-fs-write=${guardian}`];
}

/** Where a system keeps the library Node needs; everything else in the environment stays out. */
function bareEnvironment(): Record<string, string> {
  const path = process.env['LD_LIBRARY_PATH'];
  return path === undefined ? {} : { LD_LIBRARY_PATH: path };
}

/** For another process from its first byte: nothing of it may be read here. */
function givenAway(child: ChildProcess, at: number): Duplex {
  const stream = streamOf(child, at);
  stream.on('error', () => {});
  return stream.pause();
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
