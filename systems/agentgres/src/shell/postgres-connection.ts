import type { ConnectionOptions } from 'node:tls';
import { Client, type ClientConfig, DatabaseError } from 'pg';
import type { Place } from '../core/index.ts';
import { LogFault } from './log-faults.ts';

export type PostgresOptions = {
  /** `postgresql://…`, with the parameters that libpq knows, such as `sslmode`. */
  readonly url: string;
  /** It names one of several servers, which fail over: an answer must have reached another. */
  readonly isReplicated?: boolean;
  /** Of a node that is one of several: it writes while the store's lease says so. */
  readonly place?: Place;
  /** Holds every table, of all domains; `ioi` when absent. */
  readonly schema?: string;
  /** Passed to the TLS socket as they are; what the URL says of TLS goes first. */
  readonly tls?: ConnectionOptions;
  /** Takes a server that may lose what it acknowledged. For tests that measure or break it. */
  readonly acceptsLoss?: boolean;
};

export type Row = Readonly<Record<string, unknown>>;
export type Value = string | number | Uint8Array | readonly string[];
export type Statement = readonly [sql: string, ...values: Value[]];

/** A server that is silent for so long has left what it was asked in doubt. */
export type Patience = { readonly connectMs: number; readonly answerMs: number };

const PATIENCE: Patience = { connectMs: 10_000, answerMs: 60_000 };
const KEEP_ALIVE_MS = 10_000;
/** Of a server that does not answer when it is left: nothing is under way any more. */
const GOODBYE_MS = 2_000;
/** Of SQLSTATE: authentication, database, rights and names. */
const REFUSALS = ['28', '3D', '42'];
/** Of SQLSTATE: by an administrator, after a crash, or while it starts. */
const SHUT_DOWN = '57P';

/**
 * One session of a server. Statements are sent as they come and answered in order; a session
 * that broke stays broken, since nobody knows what the server did with what was under way.
 */
export class Connection {
  readonly #client: Client;
  readonly #names = new Map<string, string>();
  #warning: string | undefined;

  private constructor(client: Client) {
    this.#client = client;
    // Whatever was under way is told by its own rejection, and so is whatever comes after.
    client.on('error', () => {});
    client.on('notice', ({ severity, message }) => {
      if (severity === 'WARNING') this.#warning ??= message ?? severity;
    });
  }

  static async open(options: PostgresOptions, patience: Patience = PATIENCE): Promise<Connection> {
    const client = clientOf({
      ...connectionConfig(options, patience),
      query_timeout: patience.answerMs,
      pipeline: true,
    });
    const connection = new Connection(client);
    try {
      await client.connect();
    } catch (cause) {
      throw connectFault(client, cause);
    }
    // What it warns of when somebody comes, such as another collation, is about no write.
    connection.#warning = undefined;
    return connection;
  }

  /** What the server warned of first: a write it answered may not be where it should be. */
  get warning(): string | undefined {
    return this.#warning;
  }

  /** Called when the session ends, whoever ends it. */
  onEnd(ended: () => void): void {
    this.#client.once('end', ended);
  }

  async rows(...[sql, ...values]: Statement): Promise<Row[]> {
    try {
      return (await this.#query(sql, values)).rows;
    } catch (cause) {
      throw isAway(cause) ? connectFault(this.#client, cause) : cause;
    }
  }

  /** Of several statements without values. */
  async execute(sql: string): Promise<void> {
    await this.#client.query(sql);
  }

  /** `heard` is called at every notice of a channel, whose name needs no quotes. */
  async listen(channel: string, heard: () => void): Promise<void> {
    this.#client.on('notification', heard);
    await this.#client.query(`LISTEN ${channel}`);
  }

  /** All or nothing. Sent in one go, so nothing that comes meanwhile gets in between. */
  async transaction(statements: readonly Statement[]): Promise<void> {
    const begun = this.#client.query('BEGIN');
    const sent = statements.map(([sql, ...values]) => this.#query(sql, values));
    await Promise.all([begun, ...sent, this.#client.query('COMMIT')]);
  }

  async close(): Promise<void> {
    const { stream } = this.#client.connection;
    const late = setTimeout(() => stream.destroy(), GOODBYE_MS);
    await this.#client.end();
    clearTimeout(late);
  }

  /** Parsed by the server once. */
  #query(text: string, values: readonly Value[]) {
    const name = this.#names.get(text) ?? `ioi${this.#names.size}`;
    this.#names.set(text, name);
    return this.#client.query<Row>({ name, text, values: [...values] });
  }
}

/** How a server is reached, whatever is said to it then. */
export function connectionConfig(
  { url, tls }: PostgresOptions,
  { connectMs }: Pick<Patience, 'connectMs'> = PATIENCE,
): ClientConfig {
  return {
    connectionString: url,
    ...(tls && { ssl: tls }),
    application_name: 'ioi',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  };
}

/** It is read here: what cannot be read is not repeated, since it may hold a password. */
export function clientOf(config: ClientConfig): Client {
  try {
    return new Client(config);
  } catch (cause) {
    throw new LogFault('store.refused', `the URL of PostgreSQL: ${reasonOf(cause)}`);
  }
}

export function connectFault({ host, port }: Client, cause: unknown): LogFault {
  const reason = reasonOf(cause);
  const sqlState = cause instanceof DatabaseError ? (cause.code ?? '') : '';
  const isRefused = REFUSALS.includes(sqlState.slice(0, 2));
  const code = isRefused ? 'store.refused' : 'store.unreachable';
  return new LogFault(code, `PostgreSQL at ${host}:${port}: ${reason}`, cause);
}

/** The session is gone, or ended by who runs the server: it said nothing about the statement. */
function isAway(cause: unknown): boolean {
  return !(cause instanceof DatabaseError) || cause.code?.startsWith(SHUT_DOWN) === true;
}

/** Of several addresses that were tried, each has its own. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
}
