import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endingWithUs, until } from '@ioi/basis/testing';
import { Client } from 'pg';
import { freePort, owning, program } from './postgres-programs.ts';

const ROLE = 'ioi';
const DEFAULT_PORT = 5432;

export type ServerOptions = {
  /** Lines of postgresql.conf. */
  readonly settings?: readonly string[];
  /** Listens on 127.0.0.1 too, there with TLS and a certificate of its own for `localhost`. */
  readonly tls?: boolean;
};

/**
 * A PostgreSQL server of its own: a fresh cluster in a temporary folder, reached over a socket in
 * it, started and ended by whoever holds this.
 */
export class PostgresServer {
  readonly #folder: string;
  #port = DEFAULT_PORT;
  /** Sends away what would end it if we ended first. */
  readonly #spare: () => void;
  #process: ChildProcess | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#spare = endingWithUs(folder);
  }

  static async start({ settings = [], tls }: ServerOptions = {}): Promise<PostgresServer> {
    const server = PostgresServer.#inNewFolder();
    const cluster = ['-D', server.#data, '-U', ROLE, '-A', 'trust', '-E', 'UTF8', '--locale=C'];
    server.#run(program('initdb'), [...cluster, '--no-sync']);
    server.set("listen_addresses = ''", server.#sockets, ...settings);
    if (tls) await server.#listenWithTls();
    await server.restart();
    return server;
  }

  static #inNewFolder(): PostgresServer {
    const folder = mkdtempSync(join(tmpdir(), 'ioi-pg-'));
    const owner = owning();
    if (owner) chownSync(folder, owner.uid, owner.gid);
    return new PostgresServer(folder);
  }

  get #sockets(): string {
    return `unix_socket_directories = '${this.#folder}'`;
  }

  /** Another that replays what this one commits. */
  async standby(): Promise<PostgresServer> {
    const server = PostgresServer.#inNewFolder();
    const from = ['-h', this.#folder, '-p', String(this.#port), '-U', ROLE];
    const copy = ['-D', server.#data, '-R', '-c', 'fast', '--no-sync'];
    server.#run(program('pg_basebackup'), [...from, ...copy]);
    server.set(server.#sockets);
    await server.restart();
    return server;
  }

  async #listenWithTls(): Promise<void> {
    const files = ['-keyout', 'tls.key', '-out', 'tls.crt'];
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    this.#run('openssl', ['req', '-x509', '-newkey', 'ed25519', '-nodes', ...files, ...name]);
    const [cert, key] = [this.certificate, join(this.#folder, 'tls.key')];
    this.#port = await freePort();
    this.set("listen_addresses = '127.0.0.1'", `port = ${this.#port}`);
    this.set('ssl = on', `ssl_cert_file = '${cert}'`, `ssl_key_file = '${key}'`);
  }

  /** Path of what vouches for the server. */
  get certificate(): string {
    return join(this.#folder, 'tls.crt');
  }

  /** Over TCP, to be reached with TLS. */
  get tlsUrl(): string {
    return `postgresql://${ROLE}@localhost:${this.#port}/postgres`;
  }

  #run(command: string, args: readonly string[]): void {
    const about = { ...owning(), cwd: this.#folder, stdio: 'pipe' as const };
    execFileSync(command, args, about);
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  /** Lines of postgresql.conf that count from the next start on; later ones replace earlier. */
  set(...settings: readonly string[]): void {
    appendFileSync(join(this.#data, 'postgresql.conf'), `${settings.join('\n')}\n`);
  }

  /** Of its database; every role is trusted. */
  url(database = 'postgres', role = ROLE): string {
    const socket = `host=${encodeURIComponent(this.#folder)}&port=${this.#port}`;
    return `postgresql://${role}@/${database}?${socket}`;
  }

  /** Starts it, again after it ended; resolves when it answers. */
  async restart(): Promise<void> {
    let child: ChildProcess | undefined;
    await until('PostgreSQL answers', () => {
      // After a kill it refuses to start until the sessions that were left have noticed.
      if (child === undefined || child.exitCode !== null) child = this.#start();
      return this.#answers();
    });
  }

  #start(): ChildProcess {
    const about = { ...owning(), stdio: 'ignore' as const, cwd: this.#folder };
    const child = spawn(program('postgres'), ['-D', this.#data], about);
    this.#process = child;
    return child;
  }

  async #answers(): Promise<boolean> {
    try {
      await this.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  /** As its superuser unless told, over a session of its own. */
  async query(sql: string, database?: string, role?: string): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.url(database, role) });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** `SIGINT` ends every session and writes everything; `SIGKILL` is the crash. */
  async end(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** Ends it and removes what it kept. */
  async remove(): Promise<void> {
    await this.end();
    this.#spare();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
