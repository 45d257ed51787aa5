import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { IOI } from './run-ioi.ts';
import type { TestNode } from './test-node.ts';

const TYPE_BIGINT = 20;
const CANCEL_REQUEST = 80_877_102;

/** `ioi bridge serve` of a test's node, on a free port. */
export class BridgeProcess {
  readonly url: URL;
  readonly certificate: string;
  readonly password: string;
  readonly #child: ChildProcess;

  private constructor(
    said: { url: string; certificate: string },
    password: string,
    child: ChildProcess,
  ) {
    this.url = new URL(said.url);
    this.url.password = password;
    this.certificate = said.certificate;
    this.password = password;
    this.#child = child;
  }

  static async start(node: TestNode, ...flags: string[]): Promise<BridgeProcess> {
    const args = [IOI, 'bridge', 'serve', '--port', '0', '--json', ...flags];
    const child = spawn(process.execPath, args, {
      env: { IOI_HOME: node.home.folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const ended = once(child, 'exit').then(() => {
      throw new Error('the bridge ended before it listened');
    });
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
    ended.catch(() => {});
    const { stdout } = await node.ioi('bridge', 'password');
    return new BridgeProcess(JSON.parse(line), stdout.trim(), child);
  }

  /** What libpq's programs are told. */
  get env(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      PGHOST: this.url.hostname,
      PGPORT: this.url.port,
      PGUSER: this.url.username,
      PGPASSWORD: this.password,
      PGDATABASE: 'postgres',
    };
  }

  /** With numbers as numbers, as our own answers have them. */
  client(more: pg.ClientConfig = {}): pg.Client {
    const types = {
      getTypeParser: (id: number, format?: string) => {
        return id === TYPE_BIGINT ? Number : pg.types.getTypeParser(id, format as 'text');
      },
    };
    const client = new pg.Client({ connectionString: this.url.href, types, ...more });
    client.on('error', () => {});
    return client;
  }

  async connected(more?: pg.ClientConfig): Promise<pg.Client> {
    const client = this.client(more);
    await client.connect();
    return client;
  }

  /** As libpq cancels: on a connection of its own, by the key of the session. */
  async cancel(client: pg.Client): Promise<void> {
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    const request = Buffer.alloc(16);
    [16, CANCEL_REQUEST, processID, secretKey].forEach((each, at) => {
      request.writeInt32BE(each, at * 4);
    });
    const socket = this.socket();
    socket.end(request);
    await closed(socket);
  }

  socket(): Socket {
    const socket = connect(Number(this.url.port), this.url.hostname);
    return socket.on('error', () => {});
  }

  /** The socket of a session that was let in, with nobody who reads it. */
  async entered(): Promise<Socket> {
    const client = await this.connected();
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
    for (const name of ['data', 'error']) stream.removeAllListeners(name);
    return stream.pause().on('error', () => {});
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }
}

/** Its end, whether or not it was a good one. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    socket.once('close', () => resolve());
    socket.resume();
  });
}
