import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { newOperationId } from '@ioi/agentgres/shell';
import { PostgresServer } from '@ioi/agentgres/testing';
import { endingWithUs, processesNaming, testedProgram, until } from '@ioi/basis/testing';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { type LogName, operationMessage } from '@ioi/law';
import { NOTE_CLASS } from './domain-work.ts';

const IOI = testedProgram('apps/cli/src/main.ts');
const MARKET = 'agentgres://domain/market.example';
/** All that a role needs which follows logs. */
const READER = `
  CREATE ROLE reader LOGIN;
  GRANT USAGE ON SCHEMA ioi TO reader;
  GRANT SELECT ON ioi.format, ioi.domains, ioi.entries, ioi.payloads, ioi.checkpoints, ioi.lease
    TO reader`;

type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly body: Record<string, unknown>;
};

/** A folder that the command runs in: of a node or of a replica. */
class Home {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Its standard output; throws what it said where it failed. */
  ioi(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, IOI_HOME: this.folder };
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [IOI, ...args], { env }, (fault, stdout, stderr) => {
        if (fault === null) resolve(stdout);
        else reject(new Error(`ioi ${args[0]} ${args[1]}: ${stderr}`));
      });
    });
  }

  /** The command, until it is ended. */
  start(...args: readonly string[]): ChildProcess {
    const env = { ...process.env, IOI_HOME: this.folder };
    return spawn(process.execPath, [IOI, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** Everything that runs here, at once. */
  kill(): void {
    const path = join(this.folder, 'run', 'pid');
    const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
    // First: it would start the others again.
    if (pid > 0 && existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
    for (const each of processesNaming(this.folder)) process.kill(each, 'SIGKILL');
  }

  ask(method: string, path: string, given: Asked = {}): Promise<Answer> {
    const { body, headers = {} } = given;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const about = { socketPath: join(this.folder, 'run', 'daemon.sock'), method, path };
    return new Promise((resolve, reject) => {
      const asking = request({ ...about, headers: { ...headers, connection: 'close' } });
      asking.once('error', reject);
      asking.once('response', async (response) => {
        let answer = '';
        for await (const part of response) answer += part;
        const { statusCode: status = 0, headers: said } = response;
        resolve({ status, headers: said, text: answer, body: jsonIn(answer) });
      });
      asking.end(text);
    });
  }
}

type Asked = {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

function jsonIn(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Two nodes over one database, a domain that a key may write in, and what replicas are told. */
export class ReplicaCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'ioi-replicas-'));
  readonly #spare = endingWithUs(this.folder);
  readonly #key = generateHybridKey();
  readonly #passphrase = join(this.folder, 'passphrase');
  readonly server: PostgresServer;
  readonly one = new Home(join(this.folder, 'one'));
  readonly two = new Home(join(this.folder, 'two'));
  nodeId = '';
  log: LogName = { domain_id: MARKET, origin: '' };

  private constructor(server: PostgresServer) {
    this.server = server;
  }

  static async start(): Promise<ReplicaCluster> {
    const cluster = new ReplicaCluster(await PostgresServer.start());
    await cluster.#begin();
    return cluster;
  }

  get #file(): readonly string[] {
    return ['--passphrase-file', this.#passphrase];
  }

  async #begin(): Promise<void> {
    const { one, two, server } = this;
    writeFileSync(this.#passphrase, 'correct horse battery\n', { mode: 0o600 });
    await one.ioi('init', ...this.#file);
    const path = join(one.folder, 'node.json');
    const store = { kind: 'postgres', url: server.url() };
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), store }));
    await one.ioi('up', '--detach');
    await one.ioi('domain', 'open', 'market.example');
    await this.#prepare();
    await one.ioi('down');
    await one.ioi('cluster', 'init', '--member', 'one', ...this.#file);
    await one.ioi('cluster', 'listen', `127.0.0.1:${await freePort()}`, ...this.#file);
    await one.ioi('up', '--detach');
    const [asked, invited] = [join(this.folder, 'two.json'), join(this.folder, 'invited.json')];
    await two.ioi('cluster', 'request', '--member', 'two', '--out', asked);
    await one.ioi('cluster', 'admit', asked, '--out', invited, ...this.#file);
    await two.ioi('cluster', 'join', invited);
    await two.ioi('cluster', 'listen', `127.0.0.1:${await freePort()}`, ...this.#file);
    await server.query(READER);
    const status = JSON.parse(await one.ioi('cluster', 'status', '--json'));
    this.nodeId = status.grant.node_id;
  }

  /** A class of objects, and the key that may write them. */
  async #prepare(): Promise<void> {
    const { key_id, operations, public_key } = {
      key_id: this.#key.keyId,
      operations: ['objects/*'],
      public_key: this.#key.publicKey,
    };
    const define = { operation: 'objects/class.define', payload: NOTE_CLASS };
    const register = {
      operation: 'domain/principal.register',
      payload: { public_key, operations },
    };
    for (const body of [define, register]) {
      const done = await this.one.ask('POST', '/v1/domains/market.example/operations', { body });
      if (done.status !== 201) throw new Error(`${key_id}: ${done.text}`);
    }
    const { body } = await this.one.ask('GET', '/v1/domains/market.example');
    this.log = { domain_id: MARKET, origin: String(body['genesis_origin']) };
  }

  /** Made, and named by the owner unless told otherwise. */
  async replica(name: string, options: readonly string[] = [], isNamed = true): Promise<Home> {
    const home = new Home(join(this.folder, name));
    const out = join(this.folder, `${name}.json`);
    const store = ['--store', this.server.url('postgres', 'reader')];
    const about = ['--name', name, '--node', this.nodeId, ...store, '--out', out];
    await home.ioi('replica', 'init', ...about, ...options);
    if (isNamed) await this.enrol(name);
    return home;
  }

  enrol(name: string): Promise<string> {
    return this.one.ioi('cluster', 'enrol', join(this.folder, `${name}.json`), ...this.#file);
  }

  dismiss(name: string): Promise<string> {
    return this.one.ioi('cluster', 'dismiss', name, ...this.#file);
  }

  /** An operation that the key signed: a note of this id. */
  signed(id: string, operation_id = newOperationId()) {
    const payload = { object_class: 'Note', id, value: { text: id } };
    const proposed = {
      operation_id,
      operation: 'objects/put',
      authenticated_by: { kind: 'channel' as const },
      payload,
    };
    const message = operationMessage(proposed, this.log);
    if (!message.ok) throw new Error(message.error.message);
    const signature = signHybrid(this.#key, 'SIG_DOMAIN_OPERATION', message.value);
    return { ...proposed, authenticated_by: { kind: 'signature' as const, signature } };
  }

  async remove(): Promise<void> {
    for (const name of ['one', 'two']) new Home(join(this.folder, name)).kill();
    for (const pid of processesNaming(this.folder)) process.kill(pid, 'SIGKILL');
    await this.server.remove();
    this.#spare();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A replica that runs: what it said of itself when it was ready. */
export async function serving(home: Home, ...options: readonly string[]) {
  const child = home.start('replica', 'serve', '--json', ...options);
  const line = once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line');
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`the replica ended (${code})`);
  });
  gone.catch(() => {});
  const [said] = (await Promise.race([line, gone])) as [string];
  return { child, said: JSON.parse(said) as { tls_key: string; tls_group: string; url?: string } };
}

/** What a replica answers once it has verified what there is. */
export function answering(home: Home, path = '/v1/domains/market.example'): Promise<Answer> {
  return until('the replica answers', async () => {
    const answer = await home.ask('GET', path).catch(() => undefined);
    return answer?.status === 200 && Number(answer.body['size'] ?? 1) > 0 ? answer : undefined;
  });
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
