import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, platform } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Agent, Places } from '../core/connect/agents.ts';
import { hooksOf } from '../core/hook/agent-hooks.ts';
import { CommandFault, messageOf } from './fault.ts';

const OWNERS_ALONE = 0o600;

export function placesOf(environment: Places['environment']): Places {
  const home = environment['HOME'] ?? homedir();
  const usual = platform() === 'darwin' ? join(home, 'Library/Application Support') : undefined;
  const config = usual ?? environment['XDG_CONFIG_HOME'] ?? join(home, '.config');
  return { home, config, environment };
}

/** The file in which one agent keeps its MCP servers, as it was when it was read. */
export class AgentConfig {
  readonly agent: Agent;
  /** Where its bytes are: what a link leads to. */
  readonly path: string;
  /** Undefined where there is no such file yet. */
  readonly bytes: Buffer | undefined;
  readonly #programs: readonly string[];

  constructor(agent: Agent, places: Places) {
    this.agent = agent;
    const files = agent.files(places);
    const found = files.find((each) => existsSync(each)) ?? files[0] ?? '';
    this.path = existsSync(found) ? realpathSync(found) : found;
    this.bytes = bytesOf(this.path);
    const folders = (places.environment['PATH'] ?? '').split(delimiter).filter((each) => each);
    this.#programs = folders.flatMap((folder) => agent.programs.map((name) => join(folder, name)));
  }

  /** Its program is in `PATH`, or it has settings. */
  get isInstalled(): boolean {
    return this.bytes !== undefined || this.#programs.some(isExecutable);
  }

  get isText(): boolean {
    return isUtf8(this.bytes ?? Buffer.alloc(0));
  }

  get text(): string {
    if (this.isText) return this.bytes?.toString('utf8') ?? '';
    throw this.fault('connect.unreadable', 'it is no text in UTF-8');
  }

  /** At once and whole, or away with it; not where somebody has changed it since it was read. */
  replace(bytes: Buffer | undefined): void {
    const now = bytesOf(this.path);
    const isAsRead = now === undefined ? this.bytes === undefined : this.bytes?.equals(now);
    if (isAsRead !== true) {
      throw this.fault('connect.changed', 'it was changed meanwhile and stays as it is', 'again');
    }
    if (bytes === undefined) rmSync(this.path, { force: true });
    else this.#write(bytes, now === undefined ? OWNERS_ALONE : statSync(this.path).mode & 0o777);
  }

  #write(bytes: Buffer, mode: number): void {
    mkdirSync(dirname(this.path), { recursive: true });
    replaceFile(this.path, { bytes, mode });
  }

  fault(code: string, why: string, next?: string): CommandFault {
    const message = `${this.agent.title}: ${this.path}: ${why}`;
    const after = next === 'again' ? { next: 'the same command again' } : {};
    return new CommandFault({ exit: 'usage', code, message, ...after });
  }
}

/** The file in which it keeps its hooks; undefined where it is not known how it is asked. */
export function hooksConfig(agent: Agent, places: Places): AgentConfig | undefined {
  const hooks = hooksOf(agent.id);
  return hooks && new AgentConfig({ ...agent, files: () => [hooks.file(places)] }, places);
}

/** What was done to its hooks is kept beside what was done to its servers. */
export function hooksName(agent: string): string {
  return `${agent}-hooks`;
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const message = `${path} cannot be read: ${messageOf(fault)}`;
    throw new CommandFault({ exit: 'usage', code: 'connect.unreadable', message });
  }
}

/** In a file that nobody else has made: neither a link nor one that others have open. */
function replaceFile(
  path: string,
  { bytes, mode }: { readonly bytes: Buffer; readonly mode: number },
): void {
  const fresh = `${path}.ioi-new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, bytes, { mode: OWNERS_ALONE, flag: 'wx', flush: true });
  chmodSync(fresh, mode);
  renameSync(fresh, path);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What `ioi connect` did to one agent, so that it can be undone. */
export type Connection = {
  readonly format: 'ioi-connection/1';
  readonly agent: string;
  readonly path: string;
  /** The file's bytes before, in base64; absent where there was none. */
  readonly before?: string;
  /** SHA-256 of what was written, in hex. */
  readonly written: string;
  /** The agent's own entries that were taken out, by their names. */
  readonly removed: Readonly<Record<string, unknown>>;
};

export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The policy that `ioi connect` had signed where there was none, so that it can be taken back. */
export type BegunPolicy = {
  readonly format: 'ioi-begun-policy/1';
  readonly policy_hash: string;
};

const POLICY = 'policy';

/** The connections of a node, a file each in a folder of its home. */
export class Connections {
  readonly #folder: string;

  constructor(homeFolder: string) {
    this.#folder = join(homeFolder, 'connections');
  }

  read(agent: string): Connection | undefined {
    return this.#read<Connection>(agent, 'ioi-connection/1');
  }

  /** Whether anything of an agent is still to be put back. */
  has(agent: string): boolean {
    return [agent, hooksName(agent)].some((name) => this.read(name) !== undefined);
  }

  readPolicy(): BegunPolicy | undefined {
    return this.#read<BegunPolicy>(POLICY, 'ioi-begun-policy/1');
  }

  #read<T extends { readonly format: string }>(name: string, format: T['format']): T | undefined {
    const bytes = bytesOf(this.#pathOf(name));
    if (bytes === undefined) return undefined;
    const read = JSON.parse(bytes.toString('utf8')) as T;
    if (read.format === format) return read;
    const message = `${this.#pathOf(name)} is of another format`;
    throw new CommandFault({ exit: 'usage', code: 'connect.foreign', message });
  }

  write(connection: Connection): void {
    this.#write(connection.agent, connection);
  }

  writePolicy(begun: BegunPolicy): void {
    this.#write(POLICY, begun);
  }

  #write(name: string, value: object): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const text = `${JSON.stringify(value, null, 2)}\n`;
    replaceFile(this.#pathOf(name), { bytes: Buffer.from(text), mode: OWNERS_ALONE });
  }

  removePolicy(): void {
    this.remove(POLICY);
  }

  remove(agent: string): void {
    rmSync(this.#pathOf(agent), { force: true });
  }

  #pathOf(agent: string): string {
    return join(this.#folder, `${agent}.json`);
  }
}
