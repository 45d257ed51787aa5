import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { testedProgram, until } from '@ioi/basis/testing';
import { canonicalJson } from '@ioi/canon';
import { generateHybridKey, sealKeyFile } from '@ioi/crypto/shell';
import { createSealKey } from '@ioi/guardian/shell';
import { loadPolicy } from '@ioi/law';
import { McpPeer } from './mcp-peer.ts';
import { MuxClient } from './mux-client.ts';
import { type Waiting, waitingAt } from './waiting.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const GUARDIAN = testedProgram('hosts/guardian/src/main.ts');
const DAEMON = testedProgram('hosts/daemon/src/main.ts');
export const PASSPHRASE = 'a passphrase for proofs only';
/** The real cost is measured where it matters; here it would only slow every run. */
const CHEAP = { memory_kib: 1024, passes: 1, parallelism: 1 };

export type Answer = { readonly status: number; readonly body: Record<string, unknown> };

/** For `makeHome`: clients over HTTP, on a free port, whoever they are. */
export const OPEN_HTTP = { mcp_http: { port: 0, auth: 'none' } };

/** Writes what `ioi init` would: keys, configuration with whatever `more` of it, folders. */
export async function makeHome(
  home: string,
  servers: readonly object[],
  witnesses: readonly object[] = [],
  more: object = {},
): Promise<void> {
  for (const name of ['guardian', 'data', 'run', 'logs']) {
    mkdirSync(join(home, name), { recursive: true, mode: 0o700 });
  }
  const guardian = join(home, 'guardian');
  createSealKey(join(guardian, 'seal.key'));
  const owner = await sealKeyFile(generateHybridKey(), PASSPHRASE, CHEAP);
  writeFileSync(join(guardian, 'owner.key'), owner);
  writeFileSync(join(guardian, 'guardian.json'), JSON.stringify({ demo: false, epoch: '0' }));
  const config = { format: 'ioi-node/1', servers, witnesses, ...more };
  writeFileSync(join(home, 'node.json'), JSON.stringify(config));
}

/** Commands, with their arguments, that start a process under their eyes: a tracer. */
export type Launchers = {
  readonly guardian?: readonly string[] | undefined;
  readonly daemon?: readonly string[] | undefined;
};

/** A guardian and a daemon as the supervisor starts them, with nothing that restarts them. */
export class NodeProcess {
  readonly home: string;
  readonly guardian: ChildProcess;
  readonly daemon: ChildProcess;
  readonly #approvals: MuxClient;

  constructor(home: string, launchers: Launchers = {}) {
    this.home = home;
    const log = openSync(join(home, 'logs', 'node.log'), 'a');
    const folder = join(home, 'guardian');
    const rights = [ROOT, folder].map((path) => `--allow-fs-read=${path}`);
    const flags = ['--permission', ...rights, `--allow-fs-write=${folder}`];
    this.guardian = start(launchers.guardian, [...flags, GUARDIAN, folder], {
      stdio: ['ignore', log, log, 'pipe', 'pipe'],
      env: {},
    });
    const channel = this.guardian.stdio[3] as unknown as Socket;
    const approvals = this.guardian.stdio[4] as unknown as Duplex;
    this.#approvals = new MuxClient(approvals);
    channel.pause();
    const sockets = [this.socketPath('daemon'), this.socketPath('mcp')];
    this.daemon = start(launchers.daemon, [DAEMON, home, ...sockets], {
      stdio: ['ignore', log, log, channel],
    });
    channel.destroy();
    closeSync(log);
    approvals.on('error', () => {});
  }

  socketPath(name: 'daemon' | 'mcp'): string {
    return join(this.home, 'run', `${name}.sock`);
  }

  /** Where clients over HTTP find it; only where `mcp_http` is configured. */
  async mcpUrl(): Promise<string> {
    const { url } = (await this.api('GET', '/v1/mcp')).body;
    if (typeof url !== 'string') throw new Error('the node does not listen for clients over HTTP');
    return url;
  }

  /** Resolves when the API answers; throws with the log's tail when a process ends first. */
  async ready(): Promise<void> {
    const state = await until('the node is ready', async () => {
      if (hasEnded(this.daemon) || hasEnded(this.guardian)) return 'ended';
      const answer = await this.api('GET', '/v1/status').catch(() => undefined);
      return answer?.status === 200 && 'ready';
    }).catch(String);
    if (state === 'ready') return;
    const tail = readFileSync(join(this.home, 'logs', 'node.log'), 'utf8').slice(-2000);
    throw new Error(`the node did not become ready (${state}):\n${tail}`);
  }

  api(method: string, path: string, body?: object): Promise<Answer> {
    return ask({ method, path, agent: false, socketPath: this.socketPath('daemon') }, body);
  }

  /** The approver's door, over the byte stream the supervisor would splice. */
  guardianApi(method: string, path: string, body?: object): Promise<Answer> {
    return ask({ method, path, createConnection: () => this.#approvals.open() as Socket }, body);
  }

  /** The first of what waits for a person that is as wanted, once there is one. */
  waiting(isWanted?: (waiting: Waiting) => boolean): Promise<Waiting> {
    return waitingAt(this, isWanted);
  }

  /** A raw connection to the approver's door. */
  openApprovals(): Duplex {
    return this.#approvals.open();
  }

  activate(policy: string): Promise<Answer> {
    return activateAt(this, policy);
  }

  /** With a ticket, in the session whose task was stated for it. */
  connectMcp(ticket?: string): McpPeer {
    const socket = connect(this.socketPath('mcp'));
    if (ticket !== undefined) socket.write(`{"ioi_ticket":"${ticket}"}\n`);
    return new McpPeer({ input: socket, output: socket });
  }

  /** Both processes are gone when it resolves. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const gone = [this.guardian, this.daemon].map(exited);
    this.daemon.kill(signal);
    if (signal === 'SIGKILL') this.guardian.kill(signal);
    await Promise.all(gone);
  }

  removeHome(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** What activates a policy at the guardian of a home that `makeHome` made. */
export function activationOf(policy: string): { policy: string; passphrase: string } {
  const loaded = loadPolicy(policy);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  const text = canonicalJson(loaded.value.rules);
  if (!text.ok) throw new Error(text.error.message);
  return { policy: text.value, passphrase: PASSPHRASE };
}

type Asked = (method: string, path: string, body?: object) => Promise<Answer>;

/** The guardian answers when it has signed; here the node has it in its log as well. */
export async function activateAt(
  node: { readonly api: Asked; readonly guardianApi: Asked },
  policy: string,
): Promise<Answer> {
  const answer = await node.guardianApi('POST', '/policy/activate', activationOf(policy));
  if (answer.status !== 200) return answer;
  await until('the policy is in force', async () => {
    const { body } = await node.api('GET', '/v1/status');
    const inForce = body['policy'] as { readonly policy_hash: string } | undefined;
    return inForce?.policy_hash === answer.body['policy_hash'];
  });
  return answer;
}

/** Node with these arguments, alone or by a command that runs it. */
function start(
  launcher: readonly string[] = [],
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const [command = process.execPath, ...rest] = [...launcher, process.execPath, ...args];
  return spawn(command, rest, options);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

export function exited(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

export function ask(options: object, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = /json$/.test(response.headers['content-type'] ?? '');
        const json = isJson ? JSON.parse(text) : { text };
        resolve({ status: response.statusCode ?? 0, body: json });
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
