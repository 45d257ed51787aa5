import { randomUUID } from 'node:crypto';
import { assert, encodeUtf8 } from '@ioi/basis';
import { type HeadText, headName } from '@ioi/law';
import type { FrontierState } from '@ioi/merkle';
import type { HeadKey } from '@ioi/protocol';
import { binaryArray } from '../core/binary-array.ts';
import type {
  Append,
  Beside,
  LogStore,
  Place,
  Seal,
  Sealed,
  StoredEntry,
  TreeSnapshot,
} from '../core/index.ts';
import { LogFault } from './log-faults.ts';
import {
  Connection,
  type PostgresOptions,
  type Row,
  type Statement,
} from './postgres-connection.ts';
import { Hints } from './postgres-hints.ts';
import { CLAIM, CLAIMED, PUBLISH } from './postgres-lease.ts';
import { atPrimary, requireStandby } from './postgres-primary.ts';
import { entryIn, headIn, nameOf, seqIn, textIn, texts } from './postgres-rows.ts';
import { enterSchema, prepareSchema, requireDurable } from './postgres-schema.ts';

/** One statement, so one round trip, one flush, and all or nothing. */
const APPEND = `
  WITH place AS (
    UPDATE domains SET size = $3 + cardinality($4::bytea[])
    WHERE domain = $1 AND claim = $2 AND size = $3::bigint RETURNING domain
  ), logged AS (
    INSERT INTO entries SELECT domain, $3 + at - 1, text, nodes FROM place,
      unnest($4::bytea[], $5::bytea[]) WITH ORDINALITY AS each (text, nodes, at)
  ), kept AS (
    INSERT INTO payloads SELECT domain, digest, $3, text FROM place,
      unnest($6::bytea[], $7::bytea[]) AS each (digest, text)
    ON CONFLICT DO NOTHING
  )`;
const APPEND_ALONE = `${APPEND} SELECT domain FROM place`;
const APPEND_WITH = `${APPEND}, put AS (
    INSERT INTO beside SELECT domain, $3, digest, about, bytes FROM place,
      unnest($8::bytea[], $9::bytea[], $10::bytea[]) AS each (digest, about, bytes)
  ), settled AS (
    DELETE FROM beside WHERE domain IN (SELECT domain FROM place) AND seq < $11
  ) SELECT domain FROM place`;

/**
 * Heads by their names, each looked up. Left to itself the planner, which knows nothing of tables
 * made a moment ago, would read every head of the domain; `OFFSET 0` keeps it from that.
 */
const named = (names: string): string => `
  unnest(${names}::bytea[]) AS each (name), LATERAL
  (SELECT ctid, * FROM heads WHERE domain = $1 AND heads.name = each.name OFFSET 0) AS head`;

/** The lock makes whoever claims the log wait for this, and this see who claimed it. */
const APPLY_SEALED = `
  WITH place AS (
    SELECT domain FROM domains WHERE domain = $1 AND claim = $2 FOR KEY SHARE
  ), gone AS (
    DELETE FROM heads WHERE ctid = ANY (ARRAY (SELECT head.ctid FROM place, ${named('$3')}))
  ), held AS (
    INSERT INTO heads SELECT domain, name, seq, head_class, id, value FROM place,
      unnest($4::bytea[], $5::bigint[], $6::bytea[], $7::bytea[], $8::bytea[])
        AS each (name, seq, head_class, id, value)
    ON CONFLICT (domain, name) DO UPDATE SET value = excluded.value, seq = excluded.seq
  ), found AS (
    INSERT INTO reference SELECT domain, reference, seq FROM place,
      unnest($9::bytea[], $10::bigint[]) AS each (reference, seq)
    ON CONFLICT DO NOTHING
  ), marked AS (
    INSERT INTO watermarks SELECT domain, $11::bigint, $12 FROM place
    ON CONFLICT (domain) DO UPDATE SET size = excluded.size, peaks = excluded.peaks
  ) SELECT domain FROM place`;

const RESET_HEADS = `
  WITH place AS (
    SELECT domain FROM domains WHERE domain = $1 AND claim = $2 FOR KEY SHARE
  ), gone AS (DELETE FROM heads WHERE domain IN (SELECT domain FROM place)
  ), unmarked AS (DELETE FROM watermarks WHERE domain IN (SELECT domain FROM place)
  ), lost AS (DELETE FROM reference WHERE domain IN (SELECT domain FROM place)
  ), unsaved AS (DELETE FROM snapshots WHERE domain IN (SELECT domain FROM place)
  ) SELECT domain FROM place`;

const HEAD = 'SELECT head_class, id, value, seq FROM';
const HASH_BYTES = 32;
/** Of a tree snapshot; rows much larger make the server copy more at once than it needs to. */
const PART_BYTES = 4 * 1024 * 1024;
/** Past every text that begins with it: this byte is none of UTF-8. */
const LAST = new Uint8Array([0xff]);

type Sessions = { readonly log: Connection; readonly heads: Connection };

/**
 * Many domains in one database, each with one writer, as tables beside each other. The log goes
 * over a session of its own and is on disk when an append returns; heads follow over another one
 * that does not wait for the disk.
 */
export class PostgresStore implements LogStore {
  readonly #log: Connection;
  readonly #heads: Connection;
  readonly #domain: number;
  readonly #claim = randomUUID();
  readonly #isReplicated: boolean;
  readonly #place: Place | undefined;
  readonly #hints: Hints;
  /** The heads of the last commit, under way. */
  #applying: Promise<void> = Promise.resolve();

  private constructor(sessions: Sessions, domain: number, options: PostgresOptions) {
    this.#log = sessions.log;
    this.#heads = sessions.heads;
    this.#domain = domain;
    this.#isReplicated = options.isReplicated === true;
    this.#place = options.place;
    this.#hints = new Hints(sessions.heads, options);
  }

  /** Throws a `store.*` fault that says what is wrong with the server or the way to it. */
  static async open(domain: string, given: PostgresOptions): Promise<PostgresStore> {
    const options = await atPrimary(given);
    const log = await Connection.open(options);
    try {
      await requireDurable(log, options);
      await prepareSchema(log, options);
      const number = await domainIn(log, domain);
      const heads = await Connection.open(options);
      await enterSchema(heads, options);
      await heads.execute('SET synchronous_commit = off');
      return new PostgresStore({ log, heads }, number, options);
    } catch (fault) {
      await log.close();
      throw fault;
    }
  }

  async claim(): Promise<void> {
    const { member = '', term = 0 } = this.#place ?? {};
    await this.#log.transaction([
      ['SELECT 1 FROM lease FOR SHARE'],
      ['SELECT 1 FROM domains WHERE domain = $1 FOR UPDATE', this.#domain],
      [CLAIM, this.#domain, this.#claim, member, term],
    ]);
    const [row] = await this.#log.rows(CLAIMED, this.#domain);
    if (row?.['claim'] === this.#claim) return;
    const told = `${String(row?.['member'])} writes the logs of this store`;
    throw new LogFault('cluster.not_writer', `${told}: stand by with ioi cluster join`);
  }

  async held(): Promise<void> {
    const sql = 'SELECT domain FROM domains WHERE domain = $1 AND claim = $2';
    this.#requirePlace(await this.#log.rows(sql, this.#domain, this.#claim));
  }

  /** A node that is alone tells nobody: its guardian's journal is enough. */
  async publish({ size, note }: Seal): Promise<void> {
    if (this.#place === undefined) return;
    const published = this.#log.rows(PUBLISH, this.#domain, this.#claim, size, encodeUtf8(note));
    const waited = this.#isReplicated ? requireStandby(this.#log) : undefined;
    const [held] = await Promise.all([published, waited]);
    this.#requirePlace(held);
    if (this.#log.warning) throw new LogFault('log.in_doubt', this.#log.warning);
    this.#hints.give();
  }

  async size(): Promise<bigint> {
    const sql = 'SELECT size FROM domains WHERE domain = $1';
    const [row] = await this.#log.rows(sql, this.#domain);
    return BigInt(row?.['size'] as string);
  }

  async append({ firstSeq, entries, payloads, ...rest }: Append): Promise<void> {
    const { beside = [], settledBelow } = rest;
    const isAlone = beside.length === 0 && settledBelow === undefined;
    const put = [
      texts(beside.map(({ digest }) => digest)),
      texts(beside.map(({ about }) => about)),
      binaryArray(beside.map(({ bytes }) => bytes)),
      String(settledBelow ?? 0n),
    ];
    const appended = this.#log.rows(
      isAlone ? APPEND_ALONE : APPEND_WITH,
      this.#domain,
      this.#claim,
      String(firstSeq),
      texts(entries.map(({ text }) => text)),
      binaryArray(entries.map(({ nodes }) => nodes)),
      texts(Object.keys(payloads)),
      texts(Object.values(payloads)),
      ...(isAlone ? [] : put),
    );
    // Sent behind it: what the server was told meanwhile counts for that commit already.
    const waited = this.#isReplicated ? requireStandby(this.#log) : undefined;
    const [held] = await Promise.all([appended, waited]);
    this.#requirePlace(held);
    // A commit that ended without its standby, say: here it is, but not where it should be.
    if (this.#log.warning) throw new LogFault('log.in_doubt', this.#log.warning);
  }

  async watermark(): Promise<FrontierState> {
    const sql = 'SELECT size, peaks FROM watermarks WHERE domain = $1';
    const [row] = await this.#heads.rows(sql, this.#domain);
    if (row === undefined) return { size: 0, peaks: [] };
    const peaks = JSON.parse(row['peaks'] as string) as string[];
    return { size: Number(row['size']), peaks: peaks.map((peak) => Buffer.from(peak, 'hex')) };
  }

  /**
   * Returns while the last commit's heads are still on their way: reads come after them on the
   * same session. A fault of theirs is told to whoever writes next.
   */
  async applySealed(sealed: Sealed): Promise<void> {
    await this.#applying;
    this.#applying = this.#apply(sealed);
    // Handled where it is awaited.
    this.#applying.catch(() => {});
  }

  async #apply({ changes, watermark: { size, peaks }, references }: Sealed): Promise<void> {
    // A later change of the same head replaces the earlier one.
    const heads = [...new Map(changes.map((head) => [headName(head), head])).values()];
    const kept = heads.filter(({ value }) => value !== undefined);
    const gone = heads.filter(({ value }) => value === undefined);
    const held = await this.#heads.rows(
      APPLY_SEALED,
      this.#domain,
      this.#claim,
      binaryArray(gone.map(nameOf)),
      binaryArray(kept.map(nameOf)),
      kept.map(({ seq }) => String(seq)),
      texts(kept.map(({ headClass }) => headClass)),
      texts(kept.map(({ id }) => id)),
      texts(kept.map(({ value = '' }) => value)),
      texts(references.map(({ reference }) => reference)),
      references.map(({ seq }) => String(seq)),
      size,
      JSON.stringify(peaks.map((peak) => Buffer.from(peak).toString('hex'))),
    );
    this.#requirePlace(held);
  }

  async resetHeads(): Promise<void> {
    this.#requirePlace(await this.#heads.rows(RESET_HEADS, this.#domain, this.#claim));
  }

  async headsAt(keys: readonly HeadKey[]): Promise<HeadText[]> {
    const rows = await this.#heads.rows(
      `${HEAD} ${named('$2')}`,
      this.#domain,
      binaryArray(keys.map(nameOf)),
    );
    return rows.map(headIn);
  }

  async headsAfter(key: HeadKey | undefined, limit: number): Promise<HeadText[]> {
    const sql = `${HEAD} heads WHERE domain = $1 AND name > $2::bytea ORDER BY name LIMIT $3`;
    const name = key ? nameOf(key) : new Uint8Array();
    return (await this.#heads.rows(sql, this.#domain, name, limit)).map(headIn);
  }

  async seqsOf(prefix: string, limit: number): Promise<bigint[]> {
    const sql =
      'SELECT DISTINCT seq FROM reference WHERE domain = $1 AND reference >= $2::bytea ' +
      'AND reference < $3::bytea ORDER BY seq DESC LIMIT $4';
    const from = encodeUtf8(prefix);
    const to = Buffer.concat([from, LAST]);
    const rows = await this.#heads.rows(sql, this.#domain, from, to, limit);
    return rows.map(seqIn);
  }

  async known(references: readonly string[]): Promise<ReadonlySet<string>> {
    const sql =
      'SELECT asked FROM unnest($2::bytea[]) AS each (asked) WHERE ' +
      '(SELECT true FROM reference WHERE domain = $1 AND reference = asked LIMIT 1)';
    const rows = await this.#heads.rows(sql, this.#domain, texts(references));
    return new Set(rows.map((row) => textIn(row, 'asked')));
  }

  async snapshot(): Promise<TreeSnapshot | undefined> {
    const sql = 'SELECT size, bytes FROM snapshots WHERE domain = $1 ORDER BY part';
    const parts = await this.#heads.rows(sql, this.#domain);
    const [first] = parts;
    if (!first) return undefined;
    const bytes = Buffer.concat(parts.map((part) => part['bytes'] as Uint8Array));
    return { size: Number(first['size']), bytes };
  }

  async saveSnapshot({ size, bytes }: TreeSnapshot): Promise<void> {
    const sql = 'INSERT INTO snapshots VALUES ($1, $2, $3, $4)';
    const count = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
    const parts = Array.from({ length: count }, (_, part): Statement => {
      const from = part * PART_BYTES;
      return [sql, this.#domain, part, size, bytes.subarray(from, from + PART_BYTES)];
    });
    const forget: Statement = ['DELETE FROM snapshots WHERE domain = $1', this.#domain];
    await this.#heads.transaction([forget, ...parts]);
  }

  async entries(from: bigint, to: bigint): Promise<StoredEntry[]> {
    return (await this.#between('seq, text', from, to)).map(entryIn);
  }

  async leaves(from: bigint, to: bigint): Promise<Uint8Array[]> {
    const rows = await this.#between(`substr(nodes, 1, ${HASH_BYTES}) AS leaf`, from, to);
    return rows.map((row) => row['leaf'] as Uint8Array);
  }

  async nodes(seqs: readonly number[]): Promise<Uint8Array[]> {
    const sql =
      'SELECT each.seq, entry.nodes FROM unnest($2::bigint[]) AS each (seq), LATERAL ' +
      '(SELECT nodes FROM entries WHERE domain = $1 AND entries.seq = each.seq OFFSET 0) AS entry';
    const rows = await this.#log.rows(sql, this.#domain, seqs.map(String));
    const found = new Map(rows.map((row) => [Number(row['seq']), row['nodes'] as Uint8Array]));
    return seqs.map((seq) => {
      const nodes = found.get(seq);
      if (nodes === undefined) throw new LogFault('log.damaged', `entry ${seq} is missing`);
      return nodes;
    });
  }

  #between(columns: string, from: bigint, to: bigint): Promise<Row[]> {
    const place = 'domain = $1 AND seq >= $2 AND seq < $3';
    const sql = `SELECT ${columns} FROM entries WHERE ${place} ORDER BY seq`;
    return this.#log.rows(sql, this.#domain, String(from), String(to));
  }

  /** Entries from `from` to `to` or the log's end, as whoever keeps a copy writes them. */
  async appended(from: bigint, to: bigint): Promise<Append> {
    const rows = await this.#between('seq, text, nodes', from, to);
    const sql = 'SELECT digest, text FROM payloads WHERE domain = $1 AND seq >= $2 AND seq < $3';
    const kept = await this.#log.rows(sql, this.#domain, String(from), String(to));
    const payloads = kept.map((row) => [textIn(row, 'digest'), textIn(row, 'text')]);
    return {
      firstSeq: from,
      entries: rows.map((row) => ({ ...entryIn(row), nodes: row['nodes'] as Uint8Array })),
      payloads: Object.fromEntries(payloads),
    };
  }

  async payload(digest: string): Promise<string | undefined> {
    const sql = 'SELECT text FROM payloads WHERE domain = $1 AND digest = $2::bytea';
    const [row] = await this.#log.rows(sql, this.#domain, encodeUtf8(digest));
    return row && textIn(row, 'text');
  }

  async beside(): Promise<Beside[]> {
    const sql = 'SELECT digest, about, bytes FROM beside WHERE domain = $1 ORDER BY seq';
    const rows = await this.#log.rows(sql, this.#domain);
    return rows.map((row) => ({
      digest: textIn(row, 'digest'),
      about: textIn(row, 'about'),
      bytes: row['bytes'] as Uint8Array,
    }));
  }

  async saveCheckpoint(size: bigint, note: string): Promise<void> {
    const sql =
      'INSERT INTO checkpoints VALUES ($1, $2, $3) ' +
      'ON CONFLICT (domain, size) DO UPDATE SET note = excluded.note';
    await this.#heads.rows(sql, this.#domain, String(size), encodeUtf8(note));
  }

  async checkpoint(size: bigint): Promise<string | undefined> {
    const sql = 'SELECT note FROM checkpoints WHERE domain = $1 AND size = $2';
    const [row] = await this.#heads.rows(sql, this.#domain, String(size));
    return row && textIn(row, 'note');
  }

  async close(): Promise<void> {
    await this.#applying.catch(() => {});
    await Promise.all([this.#log.close(), this.#heads.close()]);
  }

  /** Compare and swap: another writer, or another end of the log, refuses the write. */
  #requirePlace(held: readonly Row[]): void {
    if (held.length === 0) throw new LogFault('log.fenced', 'another writer took this log over');
  }
}

async function domainIn(log: Connection, name: string): Promise<number> {
  await log.rows(
    "INSERT INTO domains (name, claim, size) VALUES ($1, '', 0) ON CONFLICT DO NOTHING",
    name,
  );
  const [row] = await log.rows('SELECT domain FROM domains WHERE name = $1', name);
  assert(row !== undefined, 'the domain was made just now');
  return Number(row['domain']);
}
