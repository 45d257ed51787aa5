import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { HeadText } from '@ioi/law';
import { type FrontierState, leafHash } from '@ioi/merkle';
import type { HeadKey } from '@ioi/protocol';
import { type OpenDatabase, type Row, rowCheck } from '@ioi/sqlite';
import type { Append, Beside, LogStore, Sealed, StoredEntry, TreeSnapshot } from '../core/index.ts';
import { LogFault } from './log-faults.ts';
import { type StoreFiles, systemFiles } from './store-files.ts';

const LOG_SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY, text TEXT NOT NULL, nodes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS payloads (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS beside (
    seq INTEGER NOT NULL, digest TEXT NOT NULL, about TEXT NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS writer (
    one INTEGER PRIMARY KEY CHECK (one = 1), claim TEXT NOT NULL, size INTEGER NOT NULL
  ) STRICT;
`;

const HEADS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS heads (
    head_class TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, seq INTEGER NOT NULL,
    checked INTEGER NOT NULL, PRIMARY KEY (head_class, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS folder (
    one INTEGER PRIMARY KEY CHECK (one = 1), claim TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS watermark (
    one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, peaks TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS reference (
    reference TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (reference, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS checkpoints (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
`;

export type StoreOptions = {
  /** Sees what was committed. */
  readonly readOnly?: boolean;
  /** A copy of a log that is kept elsewhere does not wait for the disk. */
  readonly isCopy?: boolean;
  readonly files?: StoreFiles;
  /** Names this opener among those who claim the log; by chance unless given. */
  readonly claim?: string;
};

/** How many references may begin so, and how many entries are wanted. */
export type Newest = { readonly most: number; readonly limit: number };

/** Of log.db and heads.db. */
export const STORE_FORMAT = 4;
const HASH_BYTES = 32;
const SNAPSHOT_HEADER_BYTES = 8;
/** What every operation id begins with, and a text behind all of them: ids are of ASCII. */
const ID_PREFIX = 'op_';
const BEHIND_IDS = 'op`';
/** Past every id and reference: none of them holds this character. */
const LAST = '\u{10ffff}';

/**
 * The embedded store: the log, on disk when an append returns, and beside it the heads, which
 * can always be folded again and so need not wait for the disk.
 */
export class SqliteStore implements LogStore {
  readonly #log: OpenDatabase;
  readonly #heads: OpenDatabase;
  readonly #files: StoreFiles;
  readonly #treePath: string;
  readonly #claim: string;
  /** The last of all operation ids that are written, where that was asked. */
  #newestId: string | undefined;

  /** `folder` holds log.db, heads.db and tree.bin. */
  constructor(folder: string, options: StoreOptions = {}) {
    const { files = systemFiles, claim = randomUUID() } = options;
    const readOnly = options.readOnly === true;
    const durability = options.isCopy === true ? 'normal' : 'full';
    const log = { path: join(folder, 'log.db'), schema: LOG_SCHEMA, format: STORE_FORMAT };
    const heads = { path: join(folder, 'heads.db'), schema: HEADS_SCHEMA, format: STORE_FORMAT };
    const isAwaited = durability === 'full';
    this.#log = files.openDatabase({ ...log, durability, readOnly, isAwaited });
    this.#heads = files.openDatabase({ ...heads, durability: 'normal', readOnly });
    this.#files = files;
    this.#claim = claim;
    this.#treePath = join(folder, 'tree.bin');
  }

  claim(): void {
    const sql = 'INSERT OR REPLACE INTO writer VALUES (1, ?, ?)';
    this.#log.run(sql, this.#claim, this.size());
    this.#heads.run('INSERT OR REPLACE INTO folder VALUES (1, ?)', this.#claim);
    // Whoever had it meanwhile may have written later ones.
    this.#newestId = undefined;
  }

  held(): void {
    const claim = this.#log.one('SELECT claim FROM writer')?.['claim'];
    if (claim !== undefined && claim !== this.#claim) throw fenced();
  }

  size(): bigint {
    const last = this.#log.one('SELECT max(seq) AS last FROM entries')?.['last'];
    return typeof last === 'number' ? BigInt(last) + 1n : 0n;
  }

  append({ firstSeq, entries, payloads, beside = [], settledBelow }: Append): void {
    this.#log.transaction(() => {
      this.#holdPlace(firstSeq, firstSeq + BigInt(entries.length));
      entries.forEach(({ text, nodes }, index) => {
        const seq = firstSeq + BigInt(index);
        this.#log.run('INSERT INTO entries VALUES (?, ?, ?)', seq, text, nodes);
      });
      for (const [digest, text] of Object.entries(payloads)) {
        this.#log.run('INSERT OR IGNORE INTO payloads VALUES (?, ?)', digest, text);
      }
      for (const { digest, about, bytes } of beside) {
        this.#log.run('INSERT INTO beside VALUES (?, ?, ?, ?)', firstSeq, digest, about, bytes);
      }
      if (settledBelow !== undefined) {
        this.#log.run('DELETE FROM beside WHERE seq < ?', settledBelow);
      }
    });
  }

  watermark(): FrontierState {
    const row = this.#heads.one('SELECT size, peaks FROM watermark');
    if (row === undefined) return { size: 0, peaks: [] };
    const peaks = JSON.parse(row['peaks'] as string) as string[];
    return { size: row['size'] as number, peaks: peaks.map((peak) => Buffer.from(peak, 'hex')) };
  }

  applySealed({ changes, watermark: { size, peaks }, references }: Sealed): void {
    this.#heads.transaction(() => {
      this.#holdHeads();
      for (const { headClass, id, value, seq } of changes) {
        if (value === undefined) {
          this.#heads.run('DELETE FROM heads WHERE head_class = ? AND id = ?', headClass, id);
        } else {
          const sql = 'INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?, ?)';
          const checked = rowCheck(headClass, id, value, seq);
          this.#heads.run(sql, headClass, id, value, seq, checked);
        }
      }
      for (const { reference, seq } of references) {
        this.#heads.run('INSERT OR IGNORE INTO reference VALUES (?, ?)', reference, seq);
      }
      const texts = peaks.map((peak) => Buffer.from(peak).toString('hex'));
      const sql = 'INSERT OR REPLACE INTO watermark VALUES (1, ?, ?)';
      this.#heads.run(sql, size, JSON.stringify(texts));
    });
    if (this.#newestId !== undefined) this.#newestId = newestOf(this.#newestId, references);
  }

  resetHeads(): void {
    this.#heads.transaction(() => {
      this.#holdHeads();
      this.#heads.run('DELETE FROM heads');
      this.#heads.run('DELETE FROM watermark');
      this.#heads.run('DELETE FROM reference');
    });
    this.#newestId = undefined;
    this.#files.remove(this.#treePath);
  }

  head({ headClass, id }: HeadKey): HeadText | undefined {
    const sql = 'SELECT * FROM heads WHERE head_class = ? AND id = ?';
    const row = this.#heads.one(sql, headClass, id);
    return row && headIn(row);
  }

  headsAt(keys: readonly HeadKey[]): HeadText[] {
    return keys.flatMap((key) => this.head(key) ?? []);
  }

  headsAfter(key: HeadKey | undefined, limit: number): HeadText[] {
    const { headClass, id } = key ?? { headClass: '', id: '' };
    const sql =
      'SELECT * FROM heads WHERE (head_class, id) > (?, ?) ORDER BY head_class, id LIMIT ?';
    return this.#heads.all(sql, headClass, id, limit).map(headIn);
  }

  /** Heads of one class whose id begins with `prefix`; at most `limit`. */
  headsOf(headClass: string, prefix: string, limit: number): HeadText[] {
    const sql = 'SELECT * FROM heads WHERE head_class = ? AND id >= ? AND id < ? LIMIT ?';
    return this.#heads.all(sql, headClass, prefix, prefix + LAST, limit).map(headIn);
  }

  /** Heads of each class; reads the whole index. */
  classes(): { headClass: string; count: number }[] {
    const sql = 'SELECT head_class, count(*) AS count FROM heads GROUP BY head_class';
    return this.#heads.all(sql).map((row) => ({
      headClass: row['head_class'] as string,
      count: row['count'] as number,
    }));
  }

  snapshot(): TreeSnapshot | undefined {
    try {
      return snapshotIn(this.#files.read(this.#treePath));
    } catch {
      // None was saved, or it cannot be read: the tree is built from the heads.
      return undefined;
    }
  }

  saveSnapshot({ size, bytes }: TreeSnapshot): void {
    const header = Buffer.alloc(SNAPSHOT_HEADER_BYTES);
    header.writeBigUInt64BE(BigInt(size));
    this.#files.replace(this.#treePath, Buffer.concat([header, bytes]));
  }

  entries(from: bigint, to: bigint): StoredEntry[] {
    const sql = 'SELECT seq, text, nodes FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq';
    return this.#log.all(sql, from, to).map((row, at) => entryIn(row, from + BigInt(at)));
  }

  leaves(from: bigint, to: bigint): Uint8Array[] {
    const sql = 'SELECT nodes FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq';
    const rows = this.#log.all(sql, from, to);
    return rows.map((row) => (row['nodes'] as Uint8Array).subarray(0, HASH_BYTES));
  }

  nodes(seqs: readonly number[]): Uint8Array[] {
    const sql = 'SELECT nodes FROM entries WHERE seq = ?';
    return seqs.map((seq) => {
      const nodes = this.#log.one(sql, seq)?.['nodes'];
      if (nodes === undefined) throw new LogFault('log.damaged', `entry ${seq} is missing`);
      return nodes as Uint8Array;
    });
  }

  seqsOf(prefix: string, limit: number): bigint[] {
    const sql =
      'SELECT DISTINCT seq FROM reference WHERE reference >= ? AND reference < ? ' +
      'ORDER BY seq DESC LIMIT ?';
    const rows = this.#heads.all(sql, prefix, prefix + LAST, limit);
    return rows.map((row) => BigInt(row['seq'] as number));
  }

  /**
   * The newest entries below a position that carry a reference beginning so, newest first;
   * undefined where more than `most` references begin so: then it says too little to go by.
   */
  newestOf(prefix: string, below: number, { most, limit }: Newest): number[] | undefined {
    const next =
      'SELECT reference FROM reference WHERE reference > ? AND reference < ? ' +
      'ORDER BY reference LIMIT 1';
    const newest =
      'SELECT seq FROM reference WHERE reference = ? AND seq < ? ORDER BY seq DESC LIMIT ?';
    const found = new Set<number>();
    // What begins with a text comes right behind the text itself.
    let reference: string | undefined = prefix;
    for (let count = 0; reference !== undefined; count += 1) {
      if (count > most) return undefined;
      const rows = this.#heads.all(newest, reference, below, limit);
      for (const row of rows) found.add(row['seq'] as number);
      const row = this.#heads.one(next, reference, prefix + LAST);
      reference = row?.['reference'] as string | undefined;
    }
    return [...found].sort((one, other) => other - one).slice(0, limit);
  }

  known(references: readonly string[]): ReadonlySet<string> {
    // Ids begin with their time, so those that are new come behind all that are there.
    const last = this.#lastId();
    const old = references.filter((each) => each <= last || !each.startsWith(ID_PREFIX));
    if (old.length === 0) return new Set();
    const sql =
      'SELECT DISTINCT reference FROM reference ' +
      'WHERE reference IN (SELECT value FROM json_each(?))';
    const rows = this.#heads.all(sql, JSON.stringify(old));
    return new Set(rows.map((row) => row['reference'] as string));
  }

  payload(digest: string): string | undefined {
    const text = this.#log.one('SELECT text FROM payloads WHERE digest = ?', digest)?.['text'];
    return text as string | undefined;
  }

  beside(): Beside[] {
    const sql = 'SELECT digest, about, bytes FROM beside ORDER BY rowid';
    return this.#log.all(sql).map((row) => ({
      digest: row['digest'] as string,
      about: row['about'] as string,
      bytes: row['bytes'] as Uint8Array,
    }));
  }

  saveCheckpoint(size: bigint, note: string): void {
    this.#heads.run('INSERT OR REPLACE INTO checkpoints VALUES (?, ?)', size, note);
  }

  checkpoint(size: bigint): string | undefined {
    const note = this.#heads.one('SELECT note FROM checkpoints WHERE size = ?', size)?.['note'];
    return note as string | undefined;
  }

  close(): void {
    this.#log.close();
    this.#heads.close();
  }

  /** In the order of their bytes. */
  #lastId(): string {
    this.#newestId ??= this.#findLastId();
    return this.#newestId;
  }

  #findLastId(): string {
    const sql =
      'SELECT reference FROM reference WHERE reference < ? ORDER BY reference DESC LIMIT 1';
    return (this.#heads.one(sql, BEHIND_IDS)?.['reference'] as string | undefined) ?? '';
  }

  /** Compare and swap: another writer, or another end of the log, refuses the append. */
  #holdPlace(from: bigint, to: bigint): void {
    const sql = 'UPDATE writer SET size = ? WHERE one = 1 AND claim = ? AND size = ? RETURNING one';
    if (this.#log.one(sql, to, this.#claim, from) === undefined) throw fenced();
  }

  /** What a writer that was overtaken folded is not for the heads of the one after. */
  #holdHeads(): void {
    const holder = this.#heads.one('SELECT claim FROM folder')?.['claim'];
    if (holder !== undefined && holder !== this.#claim) throw fenced();
  }
}

function newestOf(before: string, references: Sealed['references']): string {
  return references.reduce((newest, { reference }) => {
    return reference.startsWith(ID_PREFIX) && reference > newest ? reference : newest;
  }, before);
}

function fenced(): LogFault {
  return new LogFault('log.fenced', 'another writer took this log over');
}

/** The hash that was written with an entry says whether it is still what was written. */
function entryIn(row: Row, seq: bigint): StoredEntry {
  const text = row['text'] as string;
  const nodes = row['nodes'] as Uint8Array;
  const isWhole = Buffer.compare(leafHash(text), nodes.subarray(0, HASH_BYTES)) === 0;
  if (isWhole && BigInt(row['seq'] as number) === seq) return { seq, text };
  throw new LogFault('log.damaged', `entry ${seq} is not what was written`);
}

/** tree.bin: the log size it is of, then the tree; undefined when it cannot be one. */
export function snapshotIn(file: Uint8Array): TreeSnapshot | undefined {
  if (file.length < SNAPSHOT_HEADER_BYTES) return undefined;
  const size = new DataView(file.buffer, file.byteOffset).getBigUint64(0);
  return { size: Number(size), bytes: file.subarray(SNAPSHOT_HEADER_BYTES) };
}

function headIn(row: Row): HeadText {
  const head = {
    headClass: row['head_class'] as string,
    id: row['id'] as string,
    value: row['value'] as string,
    seq: row['seq'] as number,
  };
  const { headClass, id, value, seq } = head;
  if (rowCheck(headClass, id, value, seq) === row['checked']) return head;
  throw new LogFault('log.heads_damaged', `${headClass}/${id} is not what was written`);
}
