import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '@ioi/basis/testing';
import { IOI, McpPeer, makeHome, PASSPHRASE } from '@ioi/kit';
import { readOpenapi } from '@ioi/law';
import type { ConnectorManifest } from '@ioi/protocol';
import type { Kind, Planted } from './plant.ts';
import { SshCalls } from './ssh-calls.ts';

const AUTH: Partial<Record<Kind, ConnectorManifest['auth_requirement']['type']>> = {
  oauth: 'oauth2',
};
const SSH_PLACE = 'ssh://127.0.0.1:22';
const POLICY = {
  policy_id: 'secrets',
  defaults: 'deny_all',
  rules: ['net::*', 'wallet::*', 'ssh::*'].map((target) => ({
    target,
    conditions: {},
    action: 'ALLOW',
  })),
};
type Asked = { readonly requests: readonly { readonly authority_request_id: string }[] };
type Ran = { readonly code: number | null; readonly out: string; readonly err: string };
type Mounted = { readonly name: string; readonly state: string };

/** What a program in a sandbox is meant to read: a search that finds neither looks nowhere. */
export const IN_FILE = 'planted-for-the-program-in-a-file';
export const IN_ENVIRONMENT = 'planted-for-the-program-in-its-environment';
const MOST_OUTPUT = 512 * 1024 * 1024;

/** A whole node as `ioi up` runs it, and all that can be read around it. */
export class WatchedNode {
  readonly home = mkdtempSync(join(tmpdir(), 'ioi-secrets-'));
  /** That of a program in a sandbox, beside the node's own. */
  readonly folder = mkdtempSync(join(tmpdir(), 'ioi-inside-'));
  /** What commands, agents and the API were told. */
  readonly told: Buffer[] = [];
  readonly ssh = new SshCalls();

  async start(): Promise<void> {
    await makeHome(this.home, []);
    writeFileSync(join(this.home, 'passphrase'), PASSPHRASE, { mode: 0o600 });
    writeFileSync(join(this.home, 'policy.json'), JSON.stringify(POLICY));
    const path = join(this.home, 'node.json');
    const config = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...config, run_credentials: true }));
    await this.#must('up', '--detach');
  }

  /** Runs a command to its end, whatever that is; what it prints is kept. */
  async ioi(...args: readonly string[]): Promise<string> {
    return (await this.#run(args)).out;
  }

  /** A program in a sandbox that says all it can read; undefined where there is none here. */
  async inside(planted: readonly Planted[], origin: string): Promise<string | undefined> {
    const { available } = JSON.parse(await this.ioi('mcp', 'sandbox', '--json'));
    if (available !== true) return undefined;
    const { folder } = this;
    writeFileSync(join(folder, 'seen.txt'), IN_FILE);
    const credentials = planted.flatMap(({ name, at }) => ['--credential', `${name}=KEY_${at}`]);
    const shown = [dirname(process.execPath), import.meta.dirname].flatMap((each) => [
      '--read',
      each,
    ]);
    const placeholders = planted.map(({ at }) => `${origin}/c${at}=KEY_${at}`);
    const host = ['--host', new URL(origin).host, '--env', 'SEEN_BY_PROGRAM'];
    // Proxies leave this machine out unless they are told not to.
    const open = ['sh', '-c', 'NO_PROXY= no_proxy= exec "$@"', 'sh'];
    const inside = fileURLToPath(import.meta.resolve('./inside.ts'));
    const program = [...open, process.execPath, inside, ...placeholders];
    const args = ['run', ...host, ...shown, ...credentials, '--', ...program];
    const { code, out, err } = await this.#run(args, folder);
    if (code !== 0) throw new Error(`the program in a sandbox failed: ${err}`);
    return out;
  }

  /** A command without which the rest would show nothing. */
  async #must(...args: readonly string[]): Promise<void> {
    const { code, err } = await this.#run(args);
    if (code !== 0) throw new Error(`ioi ${args.slice(0, 2).join(' ')} failed: ${err}`);
  }

  #run(args: readonly string[], cwd = process.cwd()): Promise<Ran> {
    return new Promise((done) => {
      const env = { ...this.#environment(), SEEN_BY_PROGRAM: IN_ENVIRONMENT };
      const options = { env, cwd, maxBuffer: MOST_OUTPUT };
      const child = execFile(process.execPath, [IOI, ...args], options, (_fault, out, err) => {
        this.told.push(Buffer.from(out), Buffer.from(err));
        done({ code: child.exitCode, out, err });
      });
    });
  }

  /** One connector as people add it. */
  async addByHand(origin: string): Promise<void> {
    const document = join(this.home, 'api.json');
    writeFileSync(document, JSON.stringify(openapiOf('first', `${origin}/first`)));
    await this.#must('connector', 'add', document, '--secret', 'first', '--name', 'first');
    await this.#reload(['first']);
  }

  /** Connectors for these, in place of those before, as that command writes them. */
  async connect(planted: readonly Planted[], origin: string): Promise<void> {
    const path = join(this.home, 'node.json');
    const config = JSON.parse(readFileSync(path, 'utf8'));
    const servers = planted.map((each) => entryOf(each, origin, this.ssh));
    writeFileSync(path, JSON.stringify({ ...config, servers }));
    await this.#reload(planted.map(({ server }) => server));
  }

  async put({ name, server, kind, material, about }: Planted, origin: string): Promise<void> {
    const places: Partial<Record<Kind, string>> = { evm_key: 'evm:1', ssh_key: SSH_PLACE };
    const body = { name, server, origin: places[kind] ?? origin, kind, secret: material, ...about };
    const answer = await this.#guardian('/vault/put', { ...body, passphrase: PASSPHRASE });
    if (answer.includes('"code"')) throw new Error(`${kind}: ${answer}`);
  }

  /** A lease for these, asked for and granted as people do it. */
  async grant(planted: readonly Planted[]): Promise<void> {
    const status = JSON.parse(await this.api('GET', '/v1/status')) as { node_id: string };
    const subject = status.node_id.replace('node://', 'agent://');
    const scopes = planted.flatMap(({ at, server }) => {
      return ['--scope', `scope:${server}.call_${at}`, '--resource', `tool://${server}/**`];
    });
    const able = ['--prim', 'prim:net.request'];
    await this.#must('wallet', 'ask', `${subject}/mcp`, ...able, ...scopes);
    const { requests } = JSON.parse(await this.api('GET', '/v1/wallet/requests')) as Asked;
    const [asked] = requests;
    if (asked === undefined) throw new Error('nothing was asked for');
    await this.#grantOne(asked.authority_request_id, '--lease');
  }

  /** What no lease covers is granted act by act while it waits, as its owner does. */
  async grantActs(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const { requests } = JSON.parse(await this.api('GET', '/v1/wallet/requests')) as Asked;
      for (const { authority_request_id: id } of requests) await this.#grantOne(id);
      await new Promise((wait) => setTimeout(wait, 100));
    }
  }

  async #grantOne(id: string, ...how: readonly string[]): Promise<void> {
    const file = join(this.home, 'passphrase');
    await this.#must('wallet', 'grant', id, ...how, '--passphrase-file', file);
  }

  async activate(): Promise<void> {
    const file = join(this.home, 'passphrase');
    const policy = join(this.home, 'policy.json');
    await this.#must('policy', 'activate', policy, '--passphrase-file', file);
  }

  /** As an MCP client starts it. */
  agent(): { readonly peer: McpPeer; readonly end: () => void } {
    const child = spawn(process.execPath, [IOI, 'mcp'], { env: this.#environment() });
    const peer = new McpPeer({ input: child.stdout, output: child.stdin });
    child.stdout.on('data', (text: string) => this.told.push(Buffer.from(text)));
    child.stderr.on('data', (chunk: Buffer) => this.told.push(chunk));
    return { peer, end: () => endOf(child, peer) };
  }

  /** The processes of the node, by what they are. */
  processes(): { readonly pid: number; readonly line: string }[] {
    return readdirSync('/proc')
      .filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
      .map((name) => ({ pid: Number(name), line: proc(name, 'cmdline').toString('latin1') }))
      .filter(({ pid, line }) => line.includes(this.home) || this.#isChild(pid));
  }

  /** Every byte of every file, and of the arguments and environments of its processes. */
  *bytes(): Iterable<readonly [place: string, bytes: Buffer]> {
    for (const { pid } of this.processes()) {
      yield [`/proc/${pid}/cmdline`, proc(String(pid), 'cmdline')];
      yield [`/proc/${pid}/environ`, proc(String(pid), 'environ')];
    }
    for (const entry of readdirSync(this.home, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) yield [path, readFileSync(path)];
    }
    yield ['what was told', Buffer.concat(this.told)];
  }

  api(method: string, path: string): Promise<string> {
    return this.#ask('daemon', method, path);
  }

  remove(): void {
    for (const each of [this.home, this.folder]) rmSync(each, { recursive: true, force: true });
  }

  /** The node may be starting again, to get its first edge. */
  async #reload(names: readonly string[]): Promise<void> {
    await until(
      'the connectors come up',
      async () => {
        const answer = await this.#ask('daemon', 'POST', '/v1/mcp/reload').catch(() => '{}');
        const { servers = [] } = JSON.parse(answer) as { servers?: Mounted[] };
        const ready = servers.filter(({ state }) => state === 'ready').map(({ name }) => name);
        return names.every((name) => ready.includes(name));
      },
      120_000,
    );
  }

  /** The edge is told nothing by its arguments, so it is known by its parent. */
  #isChild(pid: number): boolean {
    const parent = /^PPid:\s+(\d+)/m.exec(proc(String(pid), 'status').toString())?.[1];
    return parent !== undefined && proc(parent, 'environ').includes(this.home);
  }

  #guardian(path: string, body: object): Promise<string> {
    return this.#ask('guardian', 'POST', path, body);
  }

  #ask(socket: string, method: string, path: string, body?: object): Promise<string> {
    const socketPath = join(this.home, 'run', `${socket}.sock`);
    return new Promise((done, fail) => {
      const asked = request({ socketPath, method, path, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const all = Buffer.concat(chunks);
          this.told.push(all);
          done(all.toString('utf8'));
        });
      });
      asked.on('error', fail);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  #environment(): NodeJS.ProcessEnv {
    return { ...process.env, IOI_HOME: this.home };
  }
}

function endOf(child: ChildProcess, peer: McpPeer): void {
  peer.close();
  child.kill();
}

function proc(pid: string, name: string): Buffer {
  try {
    return readFileSync(`/proc/${pid}/${name}`);
  } catch {
    // It ended meanwhile.
    return Buffer.alloc(0);
  }
}

function openapiOf(operationId: string, url: string): object {
  const schema = { type: 'object', properties: { note: { type: 'string' } } };
  const requestBody = { required: true, content: { 'application/json': { schema } } };
  return {
    openapi: '3.1.0',
    info: { title: 'hostile', version: '1' },
    servers: [{ url }],
    paths: { '/do': { post: { operationId, requestBody } } },
  };
}

function entryOf(planted: Planted, origin: string, ssh: SshCalls): object {
  const { at, kind, server: name, name: credential } = planted;
  const url = kind === 'ssh_key' ? SSH_PLACE : `${origin}/${name}`;
  const manifest: ConnectorManifest = {
    connector_id: `local:${name}`,
    interface: { type: 'openapi', url: 'api.json' },
    auth_requirement: { type: AUTH[kind] ?? (kind as 'bearer') },
  };
  const read = readOpenapi(openapiOf(`call_${at}`, url), manifest);
  if (!read.ok) throw new Error(read.error.message);
  const { version, tools } = read.value;
  const own = kind === 'ssh_key' ? [ssh.toolOf(at)] : kind === 'evm_key' ? [chainTool(at)] : tools;
  return { name, url, credential, connector: { manifest, version, tools: own } };
}

/** A chain's connector takes intents. */
function chainTool(at: number): object {
  return { name: `call_${at}`, inputSchema: { type: 'object', 'x-ioi-evm': { effect: 'send' } } };
}
