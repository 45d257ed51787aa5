import { randomUUID } from 'node:crypto';
import { encodeUtf8 } from '@ioi/basis';
import type { Lease, Place } from '../core/index.ts';
import { LogFault } from './log-faults.ts';
import { Connection, type PostgresOptions, type Row } from './postgres-connection.ts';
import { atPrimary, requireStandby } from './postgres-primary.ts';
import { enterSchema, prepareSchema, requireDurable } from './postgres-schema.ts';

/** Whoever is alone in a store has it; of several nodes the one whose place it is. */
export const CLAIM = `
  UPDATE domains SET claim = $2 WHERE domain = $1 AND (
    (NOT EXISTS (SELECT FROM lease) AND $3 = '')
    OR EXISTS (SELECT FROM lease WHERE member = $3 AND term = $4)
  )`;
export const CLAIMED =
  'SELECT claim, member FROM domains LEFT JOIN lease ON true WHERE domain = $1';
export const PUBLISH = `
  UPDATE domains SET sealed = $3, note = $4 WHERE domain = $1 AND claim = $2 RETURNING domain`;

/** One turn at the lease, for whoever saw it as it still stands. */
const TAKE = `
  UPDATE lease SET token = $1, member = $2, term = term + 1, beat = 0
  WHERE member = $3 AND term = $4 AND beat = $5`;
const MINE = 'EXISTS (SELECT FROM lease WHERE token = $1)';
/** Waits for what the writer before has under way, and fences it. */
const FENCE = `UPDATE domains SET claim = $1 WHERE ${MINE}`;
/** Was never acknowledged, since it was not told as sealed: it has no effect, and stays to see. */
const SET_ASIDE = `
  INSERT INTO set_aside SELECT domain, seq, $1, text FROM entries JOIN domains USING (domain)
  WHERE seq >= coalesce(sealed, 0) AND ${MINE}`;
const CUT = ['entries', 'payloads', 'beside'].map(
  (table) => `DELETE FROM ${table} USING domains WHERE ${table}.domain = domains.domain
    AND seq >= coalesce(sealed, 0) AND ${MINE}`,
);
const SHORTEN = `UPDATE domains SET size = coalesce(sealed, 0) WHERE ${MINE}`;
/** Above nought from the first on that a writer makes. */
const BEAT = `
  UPDATE lease SET beat = CASE WHEN $3 = 'writing' THEN greatest(beat, 0) + 1 ELSE beat - 1 END
  WHERE member = $1 AND term = $2 RETURNING beat`;
const STEP_DOWN = "UPDATE lease SET token = $1, member = '' WHERE member = $2 AND term = $3";

/** What is sealed of a domain, as its writer told last. */
export type Told = { readonly domain: string; readonly size: number; readonly note: string };

/**
 * Who of several nodes writes the logs of a store. That is decided by one row, in the transaction
 * that fences the writer before: clocks decide only when another may try.
 */
export class PostgresLease {
  readonly #connection: Connection;
  readonly #isReplicated: boolean;

  private constructor(connection: Connection, isReplicated: boolean) {
    this.#connection = connection;
    this.#isReplicated = isReplicated;
  }

  /** Throws a `store.*` fault that says what is wrong with the server or the way to it. */
  static async open(given: PostgresOptions): Promise<PostgresLease> {
    const options = await atPrimary(given);
    const connection = await Connection.open(options);
    try {
      await requireDurable(connection, options);
      await prepareSchema(connection, options);
      await enterSchema(connection, options);
      return new PostgresLease(connection, options.isReplicated === true);
    } catch (fault) {
      await connection.close();
      throw fault;
    }
  }

  /** Undefined while the store has one node. */
  async lease(): Promise<Lease | undefined> {
    const [row] = await this.#connection.rows('SELECT member, term, beat FROM lease');
    return row && leaseIn(row);
  }

  /**
   * Makes a store of one node one of several, its writer the first. `told` is what the guardian
   * sealed of each domain, `succession` who may succeed. Undefined where another was first.
   */
  async found(member: string, told: readonly Told[], succession = ''): Promise<Place | undefined> {
    const token = randomUUID();
    const first = 'INSERT INTO lease VALUES (1, $1, $2, 1, 0, NULL) ON CONFLICT DO NOTHING';
    await this.#connection.transaction([
      [first, token, member],
      [
        "UPDATE lease SET succession = nullif($2, ''::bytea) WHERE token = $1",
        token,
        encodeUtf8(succession),
      ],
      [FENCE, token],
      ...told.map(({ domain, size, note }) => {
        const sql = `UPDATE domains SET sealed = $2, note = $3 WHERE name = $4 AND ${MINE}`;
        return [sql, token, size, encodeUtf8(note), domain] as const;
      }),
    ]);
    return this.#placeOf(token);
  }

  /**
   * Takes the place of a writer that stands still. Undefined where it does not, or another was
   * quicker. Entries that were not told as sealed are set aside, and the logs end before them.
   */
  async takeOver(stale: Lease, member: string): Promise<Place | undefined> {
    const token = randomUUID();
    await this.#connection.transaction([
      [TAKE, token, member, stale.member, stale.term, stale.beat],
      [FENCE, token],
      [SET_ASIDE, token],
      ...CUT.map((sql) => [sql, token] as const),
      [SHORTEN, token],
    ]);
    return this.#placeOf(token);
  }

  /** The holder lives. Throws `log.fenced` when it is no holder any more. */
  async beat({ member, term }: Place, doing: 'starting' | 'writing' = 'writing'): Promise<void> {
    const held = await this.#connection.rows(BEAT, member, term, doing);
    if (held.length === 0) throw new LogFault('log.fenced', 'another node took over');
  }

  /** Fences the holder's own writers; whoever stands by need not wait. */
  async stepDown({ member, term }: Place): Promise<boolean> {
    const token = randomUUID();
    await this.#connection.transaction([
      [STEP_DOWN, token, member, term],
      [FENCE, token],
    ]);
    return (await this.#placeOf(token)) !== undefined;
  }

  /**
   * The newest statement of who may succeed, as the owner signed it. False where the one that it
   * was made from stands no more: another was saved meanwhile, and would be lost.
   */
  async saveSuccession(text: string, from: string | undefined): Promise<boolean> {
    const sql = `UPDATE lease SET succession = $1
      WHERE coalesce(succession, ''::bytea) = $2 RETURNING true AS saved`;
    const before = encodeUtf8(from ?? '');
    return (await this.#connection.rows(sql, encodeUtf8(text), before)).length > 0;
  }

  async succession(): Promise<string | undefined> {
    const [row] = await this.#connection.rows('SELECT succession FROM lease');
    return (row?.['succession'] as Buffer | null | undefined)?.toString('utf8');
  }

  /** Who may speak with whom, as the owner signed it; false where another was saved meanwhile. */
  async saveRoster(text: string, from: string | undefined): Promise<boolean> {
    const sql = `UPDATE lease SET roster = $1
      WHERE coalesce(roster, ''::bytea) = $2 RETURNING true AS saved`;
    const before = encodeUtf8(from ?? '');
    return (await this.#connection.rows(sql, encodeUtf8(text), before)).length > 0;
  }

  async roster(): Promise<string | undefined> {
    const [row] = await this.#connection.rows('SELECT roster FROM lease');
    return (row?.['roster'] as Buffer | null | undefined)?.toString('utf8');
  }

  /** Of every domain that something was sealed in. */
  async told(): Promise<Told[]> {
    const sql = 'SELECT name, sealed, note FROM domains WHERE note IS NOT NULL ORDER BY domain';
    return (await this.#connection.rows(sql)).map((row) => ({
      domain: row['name'] as string,
      size: Number(row['sealed']),
      note: (row['note'] as Buffer).toString('utf8'),
    }));
  }

  /** Entries that were set aside, as they stood in the log of a domain. */
  async setAside(domain: string): Promise<string[]> {
    const sql =
      'SELECT text FROM set_aside JOIN domains USING (domain) WHERE name = $1 ORDER BY seq';
    const rows = await this.#connection.rows(sql, domain);
    return rows.map((row) => (row['text'] as Buffer).toString('utf8'));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #placeOf(token: string): Promise<Place | undefined> {
    if (this.#isReplicated) await requireStandby(this.#connection);
    const warning = this.#connection.warning;
    if (warning) throw new LogFault('log.in_doubt', warning);
    const sql = 'SELECT member, term, beat FROM lease WHERE token = $1';
    const [row] = await this.#connection.rows(sql, token);
    if (row === undefined) return undefined;
    const { member, term } = leaseIn(row);
    return { member, term };
  }
}

function leaseIn(row: Row): Lease {
  const number = (name: string): number => Number(row[name]);
  return { member: row['member'] as string, term: number('term'), beat: number('beat') };
}
