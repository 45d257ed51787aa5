import { setTimeout as pause } from 'node:timers/promises';
import { asRole } from '@ioi/agentgres';
import {
  atPrimary,
  openRawSession,
  PostgresConnection,
  type PostgresOptions,
  type RawSession,
} from '@ioi/agentgres/postgres';
import { LogFault } from '@ioi/agentgres/shell';
import {
  aboutSql,
  KEPT_SQL,
  type Kept,
  keptIn,
  type SqlError,
  unconfinedSql,
} from '../core/index.ts';
import { Backend, type Gathered } from './backend.ts';
import type { BridgeStore, Holding, Seat } from './bridge-store.ts';
import { ENDED, EngineFault } from './engine.ts';
import type { ServerConfig } from './server-config.ts';
import { Turns } from './turns.ts';

/** The server is not as it has to be: somebody has to look. */
class ServerFault extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Nobody waits for who holds a transaction; what it holds up is the server's cleaning. */
const HOLDING: Holding = { silentMs: 600_000, holdMs: 3_600_000, statementMs: 300_000 };
/** A session that is gone may hold the lock until the server has noticed. */
const LOCK_MS = 10_000;
const LOCK_POLL_MS = 500;
/** Of whoever fills the database. */
const FILLING = 0x62_72_69_64;

type Writers = { readonly rows: PostgresConnection; readonly control: PostgresConnection };

/** Tables in a database of the bridge's own, on a server; each session has one there. */
export class ServerStore implements BridgeStore {
  readonly turns = new Turns();
  readonly holding = HOLDING;
  readonly reader: string;
  readonly kept: readonly Kept[];
  readonly #writers: Writers;
  readonly #asReader: PostgresOptions;
  readonly #onEnd: (reason: string) => void;
  readonly #gathered: Gathered = { size: 0 };
  readonly #sessions = new Set<Backend>();
  #parameters = new Map<string, string>();
  #isClosed = false;

  private constructor(
    { reader }: ServerConfig,
    asReader: PostgresOptions,
    found: { readonly writers: Writers; readonly kept: readonly Kept[] },
    onEnd: (reason: string) => void,
  ) {
    this.reader = reader;
    this.#asReader = asReader;
    this.#writers = found.writers;
    this.kept = found.kept;
    this.#onEnd = onEnd;
    for (const each of [found.writers.rows, found.writers.control]) {
      each.onEnd(() => this.#lost('the server ended a session of the bridge'));
    }
  }

  /** A `store.*` or `bridge.*` fault where the server is away, or not as it has to be. */
  static async open(config: ServerConfig, onEnd: (reason: string) => void): Promise<ServerStore> {
    const options = await atPrimary({ url: config.url });
    const url = asRole(options.url, config.reader, config.password);
    if (url === undefined) {
      throw new ServerFault(
        'bridge.server_config',
        'the URL names its role elsewhere than in front',
      );
    }
    const rows = await PostgresConnection.open(options);
    const control = await PostgresConnection.open(options);
    const writers = { rows, control };
    try {
      await prepare(rows, config.reader);
      const found = await rows.rows('SELECT * FROM agentgres.kept ORDER BY schema_name');
      const kept = found.flatMap((row) => keptIn(row) ?? []);
      const store = new ServerStore(config, { url }, { writers, kept }, onEnd);
      await store.#requireConfined();
      return store;
    } catch (fault) {
      await closeAll(writers);
      throw fault;
    }
  }

  async parameters(): Promise<Map<string, string>> {
    return new Map(this.#parameters);
  }

  async write(statements: readonly string[]): Promise<void> {
    if (this.#isClosed) throw new EngineFault(ENDED);
    try {
      await this.#writers.rows.execute(['BEGIN', ...statements, 'COMMIT'].join(';\n'));
    } catch (cause) {
      // Whatever it was, the session is ended, and what is there is read again.
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#lost(`the server took no rows: ${reason}`);
      throw new EngineFault(ENDED);
    }
  }

  async seat(onEnd: (error: SqlError) => void): Promise<Seat> {
    const raw = await this.#raw();
    const cancel = (): void => this.#cancel(raw.processId);
    const engine = new Backend(raw.stream, { gathered: this.#gathered, cancel, onEnd });
    this.#sessions.add(engine);
    return {
      engine,
      turns: new Turns(),
      cancelGraceMs: 0,
      stop: cancel,
      leave: async () => {
        this.#sessions.delete(engine);
        engine.close();
      },
    };
  }

  /** The lock is lost with the session: another bridge may fill the database. */
  #lost(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onEnd(reason);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // What they run could be cancelled by nobody any more.
    for (const session of this.#sessions) session.close();
    await closeAll(this.#writers);
  }

  /** As the writer, who is a member of the reader's role: a cancel request would go without TLS. */
  #cancel(processId: number): void {
    this.#writers.control.rows('SELECT pg_cancel_backend($1)', processId).catch(() => undefined);
  }

  async #raw(): Promise<RawSession> {
    try {
      return await openRawSession(this.#asReader);
    } catch (fault) {
      const reason = fault instanceof Error ? fault.message : String(fault);
      throw new EngineFault({
        sqlstate: '08001',
        message: 'the server behind the bridge takes no session',
        detail: `bridge.server_refused: ${reason}`,
      });
    }
  }

  /** A reader that could write would be no reader, whatever the front lets in. */
  async #requireConfined(): Promise<void> {
    const session = await PostgresConnection.open(this.#asReader);
    try {
      const found = await session.rows(unconfinedSql());
      const wrong = found.map((row) => String(row['wrong']));
      if (wrong.length > 0) {
        const message = `the role ${this.reader} could do more than read: ${wrong.join('; ')}`;
        throw new ServerFault('bridge.reader_unconfined', `${message}. See ioi bridge setup`);
      }
    } finally {
      await session.close();
    }
    const raw = await openRawSession(this.#asReader);
    this.#parameters = new Map(raw.parameters);
    raw.stream.destroy();
  }
}

async function prepare(rows: PostgresConnection, reader: string): Promise<void> {
  await lock(rows);
  try {
    // Texts are quoted for a server that takes a backslash for itself.
    await rows.execute(`SET standard_conforming_strings = on;
      SET synchronous_commit = off; SET client_min_messages = warning;
      DO $$ BEGIN
        IF to_regclass('agentgres.watermarks') IS NULL THEN
          CREATE SCHEMA IF NOT EXISTS agentgres; ${aboutSql(reader)}
        END IF;
        ${KEPT_SQL};
      END $$`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServerFault('bridge.server_refused', `the tables cannot be made: ${reason}`);
  }
}

async function lock(rows: PostgresConnection): Promise<void> {
  for (const end = performance.now() + LOCK_MS; ; ) {
    const sql = `SELECT pg_try_advisory_lock(${FILLING}::bigint) AS mine`;
    const [row] = await rows.rows(sql).catch((cause: unknown) => {
      throw new LogFault('store.refused', `${String(cause)}; see ioi bridge setup`);
    });
    if (row?.['mine'] === true) return;
    if (performance.now() > end) {
      throw new ServerFault('bridge.database_taken', 'another bridge fills this database');
    }
    await pause(LOCK_POLL_MS);
  }
}

async function closeAll({ rows, control }: Writers): Promise<void> {
  await Promise.all([rows, control].map((each) => each.close().catch(() => undefined)));
}
