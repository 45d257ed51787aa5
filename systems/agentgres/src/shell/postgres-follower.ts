import { addressesIn, type Payloads } from '../core/index.ts';
import { LogFault } from './log-faults.ts';
import { Connection, type Patience, type PostgresOptions } from './postgres-connection.ts';
import { hintChannel } from './postgres-hints.ts';
import type { Told } from './postgres-lease.ts';
import { textIn } from './postgres-rows.ts';
import { enterSchema, FORMAT } from './postgres-schema.ts';

/** What a store says at one moment, to whoever only reads it. Nothing of it is believed. */
export type Look = {
  /** Who writes, as the store has it: '' where the last stepped down. */
  readonly writer: string;
  readonly term: number;
  readonly beat: number;
  /**
   * How far a standby is behind what the primary committed, in ms by the clocks of the two;
   * undefined where it cannot tell. 0 at a primary.
   */
  readonly lagMs: number | undefined;
  readonly roster: string | undefined;
  /** Of the domains that were asked for, those that something was sealed in. */
  readonly told: readonly Told[];
};

/** Texts of entries that follow each other up to `end`, and payloads that came with them. */
export type Fetched = {
  readonly texts: readonly string[];
  readonly payloads: Payloads;
  readonly end: number;
};

/** A server that is gone must not keep whoever reads from the next one. */
const PATIENCE: Patience = { connectMs: 3_000, answerMs: 15_000 };
/** Longer than any that was sealed: what a hostile row has beyond does not come here. */
const ENTRY_BYTES = 65_536;
const PAYLOAD_BYTES = 8 * 1024 * 1024;
/** All that come at once. More than one operation can bring. */
const PAGE_BYTES = 32 * 1024 * 1024;
/** What each takes up beside its text, so that many empty ones have an end too. */
const ROW_BYTES = 256;
const NOTE_BYTES = 65_536;

/**
 * Rights that nobody needs who only reads; a superuser has them all. Those over single columns are
 * some, and so are those of a role that it could become.
 */
const RIGHTS = `
  SELECT rolsuper OR rolreplication OR rolcreaterole
    OR has_schema_privilege(current_schema, 'CREATE')
    OR EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema::regnamespace
      AND relkind = 'r' AND (has_table_privilege(oid, 'DELETE, TRUNCATE, TRIGGER')
        OR has_any_column_privilege(oid, 'INSERT, UPDATE')))
    OR EXISTS (SELECT FROM pg_auth_members JOIN pg_roles AS other ON other.oid = roleid
      WHERE pg_has_role(session_user, roleid, 'MEMBER') AND (other.rolsuper OR EXISTS (
        SELECT FROM pg_class WHERE relnamespace = current_schema::regnamespace AND relkind = 'r'
          AND (has_table_privilege(roleid, pg_class.oid, 'DELETE, TRUNCATE, TRIGGER')
            OR has_any_column_privilege(roleid, pg_class.oid, 'INSERT, UPDATE'))))) AS writes
  FROM pg_roles WHERE rolname = session_user`;

/** Over a standby all that is told is as old as the last commit that it has replayed. */
const LEASE = `
  SELECT member, term, beat, roster, CASE WHEN pg_is_in_recovery() THEN
    (extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::float8
    ELSE 0 END AS lag FROM lease`;
const TOLD = `
  SELECT name, sealed, substr(note, 1, ${NOTE_BYTES}) AS note FROM domains
  WHERE note IS NOT NULL AND name = ANY ($1)`;
const ENTRIES = `
  SELECT substr(text, 1, ${ENTRY_BYTES}) AS text FROM entries JOIN domains USING (domain)
  WHERE name = $1 AND seq >= $2 AND seq < $3 ORDER BY seq`;
/** The first that goes beyond a page comes too, without its text: there the page ends. */
const PAYLOADS = `
  SELECT seq, digest, CASE WHEN total <= $4 THEN substr(text, 1, ${PAYLOAD_BYTES}) END AS text
  FROM (
    SELECT seq, substr(digest, 1, 128) AS digest, text, size,
      sum(size) OVER (ORDER BY seq, digest) AS total
    FROM (
      SELECT seq, digest, payloads.text AS text,
        least(octet_length(payloads.text), ${PAYLOAD_BYTES}) + ${ROW_BYTES} AS size
      FROM payloads JOIN domains USING (domain) WHERE name = $1 AND seq >= $2 AND seq < $3
    ) AS sized
  ) AS summed
  WHERE total - size <= $4 ORDER BY total`;
const CHECKPOINTS = `
  SELECT substr(checkpoints.note, 1, ${NOTE_BYTES}) AS note
  FROM checkpoints JOIN domains USING (domain)
  WHERE name = $1 AND checkpoints.size >= $2 ORDER BY checkpoints.size DESC LIMIT $3`;

/**
 * The logs of a store, for whoever follows them with a role that can only read: at the primary or
 * at a standby. What comes from here is to be verified.
 */
export class PostgresFollower {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * At the first server of the URL that answers. Throws a `store.*` fault that says what is wrong
   * with the servers or the way to them; `store.may_write` where the role has a right too many.
   */
  static async open(options: PostgresOptions): Promise<PostgresFollower> {
    const faults: unknown[] = [];
    for (const url of addressesIn(options.url)) {
      try {
        return await PostgresFollower.#openAt({ ...options, url });
      } catch (fault) {
        if (fault instanceof LogFault && fault.code === 'store.may_write') throw fault;
        faults.push(fault);
      }
    }
    throw faults.find((fault) => fault instanceof LogFault) ?? faults[0];
  }

  static async #openAt(options: PostgresOptions): Promise<PostgresFollower> {
    const connection = await Connection.open(options, PATIENCE);
    try {
      await enterSchema(connection, options);
      await connection.execute('SET default_transaction_read_only = on');
      const [rights] = await connection.rows(RIGHTS);
      if (rights?.['writes'] !== false) {
        const message = 'this role could write: a replica reads as one that cannot';
        throw new LogFault('store.may_write', message);
      }
      await requireFormat(connection);
      return new PostgresFollower(connection);
    } catch (fault) {
      await connection.close().catch(() => {});
      if (fault instanceof LogFault) throw fault;
      throw new LogFault('store.refused', `the tables cannot be read: ${reasonOf(fault)}`, fault);
    }
  }

  /** Undefined where the store has one node, which tells nobody what it sealed. */
  async look(domains: readonly string[]): Promise<Look | undefined> {
    const [[held], told] = await Promise.all([
      this.#connection.rows(LEASE),
      this.#connection.rows(TOLD, domains),
    ]);
    if (held === undefined) return undefined;
    const roster = held['roster'] as Buffer | null;
    return {
      writer: held['member'] as string,
      term: Number(held['term']),
      beat: Number(held['beat']),
      lagMs: held['lag'] === null ? undefined : Math.max(0, Number(held['lag'])),
      roster: roster?.toString('utf8'),
      told: told.map((row) => {
        return {
          domain: row['name'] as string,
          size: Number(row['sealed']),
          note: textIn(row, 'note'),
        };
      }),
    };
  }

  /**
   * Entries from one to before another, or fewer of them, at least one: as many as their payloads
   * leave room for. Of a single one that has too many those are left out that go beyond.
   */
  async fetched(
    domain: string,
    from: number,
    to: number,
    pageBytes = PAGE_BYTES,
  ): Promise<Fetched> {
    const [entries, rows] = await Promise.all([
      this.#connection.rows(ENTRIES, domain, from, to),
      this.#connection.rows(PAYLOADS, domain, from, to, pageBytes),
    ]);
    const beyond = rows.find((row) => row['text'] === null);
    const end = beyond === undefined ? to : Math.max(Number(beyond['seq']), from + 1);
    const kept = rows.filter((row) => row['text'] !== null && Number(row['seq']) < end);
    const payloads = kept.map((row) => [textIn(row, 'digest'), textIn(row, 'text')]);
    return {
      texts: entries.slice(0, end - from).map((row) => textIn(row, 'text')),
      payloads: Object.fromEntries(payloads),
      end,
    };
  }

  /** Notes of a log over so many entries or more, as they were kept, the largest first. */
  async checkpoints(domain: string, atLeast: number, most: number): Promise<string[]> {
    const rows = await this.#connection.rows(CHECKPOINTS, domain, atLeast, most);
    return rows.map((row) => textIn(row, 'note'));
  }

  onEnd(ended: () => void): void {
    this.#connection.onEnd(ended);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

/** Where something may be new, at a server that takes writes: standbys pass no hints on. */
export class HintListener {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Undefined where no server of the URL gives hints: whoever follows looks by itself. */
  static async open(
    options: PostgresOptions,
    heard: () => void,
  ): Promise<HintListener | undefined> {
    for (const url of addressesIn(options.url)) {
      const connection = await Connection.open({ ...options, url }, PATIENCE).catch(
        () => undefined,
      );
      try {
        await connection?.listen(hintChannel(options), heard);
        if (connection !== undefined) return new HintListener(connection);
      } catch {
        await connection?.close().catch(() => {});
      }
    }
    return undefined;
  }

  onEnd(ended: () => void): void {
    this.#connection.onEnd(ended);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

async function requireFormat(connection: Connection): Promise<void> {
  const [format] = await connection.rows('SELECT version FROM format');
  const version = Number(format?.['version']);
  if (version === FORMAT) return;
  const [code, next] =
    version > FORMAT
      ? (['store.newer_format', 'this replica is older than the node that writes'] as const)
      : (['store.refused', 'start the node that writes once with this version'] as const);
  throw new LogFault(code, `the tables have format ${version}, not ${FORMAT}: ${next}`);
}

function reasonOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
