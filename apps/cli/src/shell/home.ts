import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { APPROVALS, DOORS } from '../core/service/dedicated.ts';
import { dedicatedPath, readDedicated } from './dedicated.ts';
import { CommandFault, messageOf } from './fault.ts';

export const HOME_VARIABLE = 'IOI_HOME';

/** Everything a node keeps, in one folder that only its account may enter. */
export type Home = {
  readonly folder: string;
  readonly nodeConfig: string;
  readonly policy: string;
  readonly guardian: string;
  readonly data: string;
  readonly run: string;
  readonly logs: string;
  readonly cache: string;
  /** Canonical policies that were activated from here, each under its hash. */
  readonly policies: string;
  /** Only on a node marked as demo. */
  readonly demoPassphrase: string;
  /** What is about to take the place of guardian and log; whole as soon as it is there. */
  readonly next: string;
  /** What was replaced, each time under its date. */
  readonly setAside: string;
  /** What commands last did for the node, as the node tells it to whoever asks. */
  readonly upkeep: string;
  /** Which relay was joined, and the key that proves it. */
  readonly relay: string;
  /** Of a node that is one of several: its key, and what it needs to take over. */
  readonly cluster: string;
  /** Of a replica, which has none of the others: its settings, its key, its copies of logs. */
  readonly replica: string;
};

export type Sockets = {
  readonly guardian: string;
  readonly daemon: string;
  readonly mcp: string;
  /** Of hooks of agents; the daemon makes it beside that of MCP. */
  readonly hooks: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** `IOI_HOME`, else `$XDG_DATA_HOME/ioi`, else `~/.local/share/ioi`. */
export function findHome(environment: Environment): Home {
  return homeAt(homeFolder(environment));
}

function homeFolder(environment: Environment): string {
  const named = environment[HOME_VARIABLE];
  if (named !== undefined && named !== '') return resolve(named);
  const data = environment['XDG_DATA_HOME'];
  // The XDG base directory specification: a relative path is to be ignored.
  if (data !== undefined && isAbsolute(data)) return join(data, 'ioi');
  try {
    const own = join(homedir(), '.local', 'share', 'ioi');
    return !existsSync(own) && existsSync(dedicatedPath(MACHINE)) ? MACHINE : own;
  } catch (fault) {
    throw new CommandFault({
      exit: 'usage',
      code: 'home.unknown',
      message: `there is no home folder (${messageOf(fault)})`,
      next: 'IOI_HOME=/some/folder ioi …',
    });
  }
}

/** Where the node of a machine is, which everybody finds who has none of their own. */
export const MACHINE = '/var/lib/ioi';

export function homeAt(folder: string): Home {
  const at = (name: string): string => join(folder, name);
  return {
    folder,
    nodeConfig: at('node.json'),
    policy: at('policy.json'),
    guardian: at('guardian'),
    data: at('data'),
    run: at('run'),
    logs: at('logs'),
    cache: at('cache'),
    policies: at('policies'),
    demoPassphrase: at('demo-passphrase'),
    next: at('next'),
    setAside: at('set-aside'),
    upkeep: at('upkeep'),
    relay: at('relay'),
    cluster: at('cluster'),
    replica: at('replica'),
  };
}

/**
 * A node exists once its guardian's folder does, or what takes its place: both come last. One that
 * stands by has neither yet.
 */
export function isInitialised(home: Home): boolean {
  if (readDedicated(home.folder) !== undefined) return true;
  if (existsSync(join(home.cluster, 'member.json'))) return true;
  const next = join(home.next, 'guardian');
  return [home.guardian, next].some((folder) => existsSync(join(folder, 'guardian.json')));
}

/** Whether a replica is here, which answers reads and nothing else. */
export function isReplica({ replica }: Home): boolean {
  return existsSync(join(replica, 'replica.json'));
}

/** Creates what is missing and closes it to others. */
export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
}

/** The kernel's limit for a socket's path is 104 bytes on some systems, with the final NUL. */
const LONGEST_SOCKET_PATH = 100;
const SOCKET_NAMES = ['guardian.sock', 'daemon.sock', 'mcp.sock', 'hooks.sock'] as const;

/** Where the running node's sockets are; in `run/` unless that path is too long for a socket. */
export function findSockets(home: Home): Sockets {
  if (readDedicated(home.folder) !== undefined) return dedicatedSockets(home);
  return socketsIn(recordedFolder(home) ?? home.run);
}

/** As `findSockets`, but makes the short folder when one is needed. Only the supervisor does. */
export function makeSocketFolder(home: Home): { sockets: Sockets; folder: string } {
  makePrivateFolder(home.run);
  const folder = fits(home.run) ? home.run : shortFolder();
  const record = { format: 'ioi-sockets/1', folder };
  writeFileSync(recordPath(home), `${JSON.stringify(record)}\n`, { mode: 0o600 });
  return { sockets: socketsIn(folder), folder };
}

/** In two folders: whoever answers for one of them cannot put another's in its place. */
export function dedicatedSockets({ folder }: Home): Sockets {
  const doors = socketsIn(join(folder, DOORS));
  return { ...doors, guardian: socketsIn(join(folder, APPROVALS)).guardian };
}

/** Where servers of such a node find a home. */
export function daemonHome({ folder }: Home): string {
  return join(folder, 'account');
}

/** Whether sockets of such a node have a path that the kernel takes. */
export function fitDedicated({ folder }: Home): boolean {
  return [APPROVALS, DOORS].every((name) => fits(join(folder, name)));
}

function shortFolder(): string {
  const folder = [tmpdir(), '/tmp'].find((each) => fits(join(each, 'ioi-xxxxxx')));
  return mkdtempSync(join(folder ?? '/tmp', 'ioi-'));
}

function fits(folder: string): boolean {
  return SOCKET_NAMES.every((name) => Buffer.byteLength(join(folder, name)) <= LONGEST_SOCKET_PATH);
}

function recordPath(home: Home): string {
  return join(home.run, 'sockets.json');
}

function recordedFolder(home: Home): string | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(recordPath(home), 'utf8'));
    const { folder } = record as { folder?: unknown };
    return typeof folder === 'string' && isAbsolute(folder) ? folder : undefined;
  } catch {
    // No record: the node never ran, or its sockets are where they belong.
    return undefined;
  }
}

function socketsIn(folder: string): Sockets {
  const [guardian = '', daemon = '', mcp = '', hooks = ''] = SOCKET_NAMES.map((name) => {
    return join(folder, name);
  });
  return { guardian, daemon, mcp, hooks };
}
