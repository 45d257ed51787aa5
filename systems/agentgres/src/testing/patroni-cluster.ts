import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { endingWithUs, until } from '@ioi/basis/testing';
import { Client } from 'pg';
import { freePort, owning, program, whyNoPostgres } from './postgres-programs.ts';

const PATRONI = '/usr/bin/patroni';
const ETCD = '/usr/bin/etcd';
const ROLE = 'ioi';
const PASSWORD = 'only-in-tests';
const PATIENCE_MS = 120_000;

/** Why there is no cluster to test with; undefined when there can be one. */
export function whyNoCluster(): string | undefined {
  const missing = [PATRONI, ETCD].find((path) => !existsSync(path));
  return missing === undefined ? whyNoPostgres() : `no ${missing}`;
}

type Member = { readonly name: string; readonly port: number; process: ChildProcess };

/**
 * Servers of PostgreSQL that Patroni keeps, one of them the primary, with strict synchronous
 * replication, and one etcd; all on this machine, in a temporary folder.
 */
export class PatroniCluster {
  readonly #folder: string;
  readonly #etcd: ChildProcess;
  readonly #members: readonly Member[];
  /** Sends away what would end all of it if we ended first. */
  readonly #spare: () => void;

  private constructor(
    folder: string,
    etcd: ChildProcess,
    members: readonly Member[],
    spare: () => void,
  ) {
    this.#folder = folder;
    this.#etcd = etcd;
    this.#members = members;
    this.#spare = spare;
  }

  static async start(servers = 3): Promise<PatroniCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'ioi-patroni-'));
    const spare = endingWithUs(folder);
    give(folder);
    const [client, peer] = [await freePort(), await freePort()];
    const members: Member[] = [];
    const etcd = startEtcd(folder, client, peer);
    for (let at = 1; at <= servers; at += 1) {
      const [port, rest] = [await freePort(), await freePort()];
      const name = `server${at}`;
      const path = writeConfig(join(folder, name), { name, port, rest, etcd: client });
      members.push({ name, port, process: started(folder, PATRONI, [path], name) });
    }
    const cluster = new PatroniCluster(folder, etcd, members, spare);
    await cluster.settled();
    return cluster;
  }

  /** Names all of them, as a node's configuration does. */
  get url(): string {
    const hosts = this.#members.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return `postgresql://${ROLE}:${PASSWORD}@${hosts}/postgres`;
  }

  /** Resolves when one takes writes and another stands by, which it waits for. */
  async settled(): Promise<void> {
    const sql = "SELECT count(*)::int AS count FROM pg_stat_replication WHERE sync_state = 'sync'";
    await until(
      `a primary with a standby:\n${this.#logs()}`,
      async () => {
        const primary = await this.#primary();
        if (primary === undefined) return false;
        const [row] = await this.#ask(primary, sql).catch(() => []);
        return Number(row?.['count']) > 0;
      },
      PATIENCE_MS,
    );
  }

  /** The crash of the primary's server: Patroni stands beside it, and sees it gone. */
  async killPrimary(): Promise<void> {
    const primary = await this.#primary();
    if (primary === undefined) throw new Error('no server of the cluster takes writes');
    const file = join(this.#folder, primary.name, 'data', 'postmaster.pid');
    process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGKILL');
  }

  /** Ends all of it and removes what it kept. */
  async remove(): Promise<void> {
    this.#spare();
    const all = [...this.#members.map((member) => member.process), this.#etcd];
    const gone = all.filter(isRunning).map((child) => once(child, 'exit'));
    this.#killAll();
    await Promise.all(gone);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #primary(): Promise<Member | undefined> {
    const sql = 'SELECT pg_is_in_recovery() AS standby';
    for (const member of this.#members) {
      const [row] = await this.#ask(member, sql).catch(() => []);
      if (row?.['standby'] === false) return member;
    }
    return undefined;
  }

  async #ask({ port }: Member, sql: string): Promise<Record<string, unknown>[]> {
    const connectionString = `postgresql://${ROLE}:${PASSWORD}@127.0.0.1:${port}/postgres`;
    const client = new Client({ connectionString, connectionTimeoutMillis: 2000 });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      client.end().catch(() => {});
    }
  }

  /** Patroni's own end ends its server too; a server that is left is of this folder. */
  #killAll(): void {
    for (const { name, process: patroni } of this.#members) {
      if (isRunning(patroni)) patroni.kill('SIGKILL');
      try {
        const file = join(this.#folder, name, 'data', 'postmaster.pid');
        process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGQUIT');
      } catch {
        // It ended before.
      }
    }
    if (isRunning(this.#etcd)) this.#etcd.kill('SIGKILL');
  }

  #logs(): string {
    const logs = ['etcd', ...this.#members.map(({ name }) => name)];
    return logs.map((name) => join(this.#folder, `${name}.log`)).join('\n');
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function give(folder: string): void {
  const owner = owning();
  if (owner) chownSync(folder, owner.uid, owner.gid);
}

function startEtcd(folder: string, client: number, peer: number): ChildProcess {
  const [here, beside] = [client, peer].map((port) => `http://127.0.0.1:${port}`);
  return started(
    folder,
    ETCD,
    [
      ...['--name', 'one', '--data-dir', join(folder, 'etcd')],
      ...['--listen-client-urls', `${here}`, '--advertise-client-urls', `${here}`],
      ...['--listen-peer-urls', `${beside}`, '--initial-advertise-peer-urls', `${beside}`],
      ...['--initial-cluster', `one=${beside}`],
    ],
    'etcd',
  );
}

function started(folder: string, command: string, args: readonly string[], name: string) {
  const log = join(folder, `${name}.log`);
  const script = 'exec "$@" >>"$LOG" 2>&1';
  const env = { PATH: '/usr/bin:/bin', LOG: log, HOME: folder };
  const options = { ...owning(), cwd: folder, stdio: 'ignore' as const, env };
  return spawn('/bin/sh', ['-c', script, 'sh', command, ...args], options);
}

type Placed = {
  readonly name: string;
  readonly port: number;
  readonly rest: number;
  readonly etcd: number;
};

function writeConfig(folder: string, { name, port, rest, etcd }: Placed): string {
  mkdirSync(folder);
  give(folder);
  const account = (username: string) => ({ username, password: PASSWORD });
  const config = {
    scope: 'ioi',
    name,
    etcd3: { host: `127.0.0.1:${etcd}` },
    restapi: { listen: `127.0.0.1:${rest}`, connect_address: `127.0.0.1:${rest}` },
    bootstrap: {
      dcs: {
        ...{ ttl: 20, loop_wait: 1, retry_timeout: 3, primary_start_timeout: 0 },
        ...{ synchronous_mode: true, synchronous_mode_strict: true },
        postgresql: { use_pg_rewind: true, parameters: { max_wal_senders: 10 } },
      },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C' }, 'data-checksums', 'no-sync'],
    },
    postgresql: {
      listen: `127.0.0.1:${port}`,
      connect_address: `127.0.0.1:${port}`,
      data_dir: join(folder, 'data'),
      bin_dir: dirname(program('postgres')),
      pgpass: join(folder, 'pgpass'),
      authentication: {
        superuser: account(ROLE),
        replication: account('replicator'),
        rewind: account('rewinder'),
      },
      pg_hba: [
        'host all all 127.0.0.1/32 scram-sha-256',
        'host replication all 127.0.0.1/32 scram-sha-256',
      ],
      parameters: { unix_socket_directories: folder },
    },
  };
  // YAML, of which JSON is a part.
  const path = join(folder, 'patroni.yml');
  writeFileSync(path, JSON.stringify(config, null, 2));
  const owner = owning();
  if (owner) chownSync(path, owner.uid, owner.gid);
  return path;
}
