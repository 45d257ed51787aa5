import { decodeHex, encodeHex } from '@ioi/basis';
import { type Heads, type HeadText, headName } from '@ioi/law';
import { Frontier } from '@ioi/merkle';
import type { HeadKey } from '@ioi/protocol';
import { type OpenDatabase, openDatabase, type Row, rowCheck } from '@ioi/sqlite';
import type { SealedState } from '../core/index.ts';

/** The row that must never go back: one durable write per seal. */
export type SealRow = {
  readonly size: number;
  readonly peaks: string;
  readonly epoch: bigint;
  readonly height: bigint;
  readonly chainTime: bigint;
  readonly note: string;
};

/** What one seal makes durable. */
export type SealWrite = {
  readonly row: SealRow;
  readonly changes: readonly HeadText[];
  /** Ids of operations that a key signed: they are admitted once. */
  readonly signed: readonly string[];
  /** Written together with the seal, when there is anything. */
  readonly beside?: () => void;
};

export const SEAL_SCHEMA = `
  CREATE TABLE IF NOT EXISTS journal (
    height INTEGER PRIMARY KEY, seal TEXT NOT NULL, changes TEXT NOT NULL, signed TEXT NOT NULL,
    checked INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS heads (
    name TEXT PRIMARY KEY, value TEXT NOT NULL, seq INTEGER NOT NULL, checked INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS class_times (
    head_class TEXT PRIMARY KEY, seq INTEGER NOT NULL, checked INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS signed (operation_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS payloads (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
`;
export const SEAL_FORMAT = 3;

/** Seals whose heads are still in the journal only. */
const MAX_UNFOLDED = 256;
/** Heads in them: folding takes some microseconds for each, in which nothing is sealed. */
const MAX_UNFOLDED_HEADS = 1024;

/** The disk changed what the guardian goes by: it must stop. */
class SealFault extends Error {
  readonly code = 'seal.damaged';
}

type Held = { readonly text: string | undefined; readonly seq: number };

/**
 * What a guardian keeps of one domain, in its own folder. A seal is one row of the journal, so
 * that it costs one small write to the disk; its heads are folded into their table now and then.
 * A fault here leaves the seal in doubt and must stop the process.
 */
export class SealStore implements Heads {
  readonly #database: OpenDatabase;
  /** Heads that the journal holds and the table not yet. */
  readonly #unfolded = new Map<string, Held>();
  readonly #classTimes = new Map<string, number>();
  readonly #signed = new Set<string>();
  #journalled = 0;

  constructor(database: OpenDatabase) {
    this.#database = database;
    for (const row of database.all('SELECT * FROM class_times')) {
      whole(row, 'head_class', 'seq');
      this.#classTimes.set(row['head_class'] as string, row['seq'] as number);
    }
    for (const row of database.all('SELECT * FROM journal ORDER BY height')) {
      whole(row, ...JOURNAL);
      this.#note(readChanges(row['changes'] as string));
      for (const id of JSON.parse(row['signed'] as string) as string[]) this.#signed.add(id);
    }
    this.#fold();
  }

  static open(path: string, open = openDatabase): SealStore {
    const options = { path, schema: SEAL_SCHEMA, format: SEAL_FORMAT, isAwaited: true } as const;
    return new SealStore(open({ ...options, durability: 'full' }));
  }

  get<T>(key: HeadKey): T | undefined {
    const name = headName(key);
    const held = this.#unfolded.get(name);
    const text = held ? held.text : this.#row(name)?.['value'];
    return text === undefined ? undefined : (JSON.parse(text as string) as T);
  }

  changedAt(headClass: string, id?: string): bigint | undefined {
    if (id !== undefined) {
      const name = headName({ headClass, id });
      const held = this.#unfolded.get(name);
      const seq = held ? held.text && held.seq : this.#row(name)?.['seq'];
      if (typeof seq === 'number') return BigInt(seq);
    }
    const last = this.#classTimes.get(headClass);
    return last === undefined ? undefined : BigInt(last);
  }

  hasSigned(operationId: string): boolean {
    if (this.#signed.has(operationId)) return true;
    const sql = 'SELECT 1 FROM signed WHERE operation_id = ?';
    return this.#database.one(sql, operationId) !== undefined;
  }

  sealRow(): SealRow | undefined {
    const row = this.#database.one('SELECT * FROM journal ORDER BY height DESC LIMIT 1');
    if (row === undefined) return undefined;
    return sealIn(whole(row, ...JOURNAL)['seal'] as string);
  }

  /** One durable write: the seal, the heads it leaves, what goes beside it. */
  commitSeal({ row, changes, signed, beside }: SealWrite): void {
    const seal = Object.entries(row).map(([name, value]) => [name, String(value)]);
    const ids = JSON.stringify(signed);
    const texts = [JSON.stringify(Object.fromEntries(seal)), writeChanges(changes), ids] as const;
    const checked = rowCheck(Number(row.height), ...texts);
    const insert = (): void => {
      const sql = 'INSERT INTO journal VALUES (?, ?, ?, ?, ?)';
      this.#database.run(sql, row.height, ...texts, checked);
    };
    if (beside === undefined) insert();
    else {
      this.#database.transaction(() => {
        insert();
        beside();
      });
    }
    this.#note(changes);
    for (const id of signed) this.#signed.add(id);
    this.#journalled += 1;
  }

  /** Takes in heads of a log that is folded into an empty store; a seal is to follow. */
  load(changes: readonly HeadText[], signed: readonly string[]): void {
    this.#note(changes);
    for (const id of signed) this.#signed.add(id);
    if (this.#unfolded.size >= MAX_UNFOLDED_HEADS) this.#fold();
  }

  /** The seal over what was loaded, and the last of it. */
  sealLoaded(row: SealRow): void {
    this.commitSeal({ row, changes: [], signed: [] });
    this.#fold();
  }

  /** Moves journalled heads into their table; to be called when nobody waits. */
  tidy(): void {
    const isFull = this.#unfolded.size >= MAX_UNFOLDED_HEADS;
    if (isFull || this.#journalled >= MAX_UNFOLDED) this.#fold();
  }

  payload(digest: string): string | undefined {
    const row = this.#database.one('SELECT text FROM payloads WHERE digest = ?', digest);
    return row?.['text'] as string | undefined;
  }

  savePayload(digest: string, text: string): void {
    this.#database.run('INSERT OR IGNORE INTO payloads VALUES (?, ?)', digest, text);
  }

  close(): void {
    this.#database.close();
  }

  #row(name: string): Row | undefined {
    const next = this.#database.one(NEXT, name);
    if (next !== undefined) whole(next, ...HEAD);
    if (next?.['name'] === name) return next;
    // A row whose name the disk changed is not found, but still stands where it stood.
    const last = this.#database.one(LAST, name);
    if (last !== undefined) whole(last, ...HEAD);
    return undefined;
  }

  #saveHead(name: string, text: string, seq: number): void {
    const sql = 'INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?)';
    this.#database.run(sql, name, text, seq, rowCheck(name, text, seq));
  }

  #note(changes: readonly HeadText[]): void {
    for (const { headClass, id, seq, value } of changes) {
      this.#unfolded.set(headName({ headClass, id }), { text: value, seq });
      const known = this.#classTimes.get(headClass);
      if (known === undefined || seq > known) this.#classTimes.set(headClass, seq);
    }
  }

  #fold(): void {
    this.#database.transaction(() => {
      for (const [name, { text, seq }] of this.#unfolded) {
        if (text === undefined) this.#database.run('DELETE FROM heads WHERE name = ?', name);
        else this.#saveHead(name, text, seq);
      }
      for (const [headClass, seq] of this.#classTimes) {
        const sql = 'INSERT OR REPLACE INTO class_times VALUES (?, ?, ?)';
        this.#database.run(sql, headClass, seq, rowCheck(headClass, seq));
      }
      for (const id of this.#signed) {
        this.#database.run('INSERT OR IGNORE INTO signed VALUES (?)', id);
      }
      // The last row stays: it is the seal.
      const sql = 'DELETE FROM journal WHERE height < (SELECT max(height) FROM journal)';
      this.#database.run(sql);
    });
    this.#unfolded.clear();
    this.#signed.clear();
    this.#journalled = 0;
  }
}

/** The row of a seal: peaks as text. */
export function sealRow(
  { frontier, epoch, height, chainTime }: SealedState,
  note: string,
): SealRow {
  const { size, peaks } = frontier.serialise();
  return { size, peaks: peaks.map(encodeHex).join(' '), epoch, height, chainTime, note };
}

export function sealedState({ size, peaks, epoch, height, chainTime }: SealRow): SealedState {
  const hashes = peaks.split(' ').filter(Boolean).map(decodeHex);
  const restored = Frontier.restore({
    size,
    peaks: hashes.map((each) => each ?? new Uint8Array()),
  });
  if (!restored.ok) throw new Error(`the seal is damaged: ${restored.error.message}`);
  return { frontier: restored.value, epoch, height, chainTime };
}

/** A seal as a row of the journal holds it. */
export function sealIn(text: string): SealRow {
  const seal = JSON.parse(text) as Record<keyof SealRow, string>;
  return {
    size: Number(seal.size),
    peaks: seal.peaks,
    epoch: BigInt(seal.epoch),
    height: BigInt(seal.height),
    chainTime: BigInt(seal.chainTime),
    note: seal.note,
  };
}

const NEXT = 'SELECT * FROM heads WHERE name >= ? ORDER BY name LIMIT 1';
const LAST = 'SELECT * FROM heads WHERE name < ? ORDER BY name DESC LIMIT 1';
const HEAD = ['name', 'value', 'seq'] as const;
const JOURNAL = ['height', 'seal', 'changes', 'signed'] as const;

/** The row, if these columns of it are what was written. */
function whole(row: Row, ...columns: readonly string[]): Row {
  const parts = columns.map((column) => row[column] as string | number);
  if (rowCheck(...parts) === row['checked']) return row;
  throw new SealFault(`a row of the seals is not what was written: ${columns.join()}`);
}

/** Values are canonical texts already: they are set into the row as they are. */
function writeChanges(changes: readonly HeadText[]): string {
  const rows = changes.map(({ headClass, id, seq, value }) => {
    const place = `${JSON.stringify(headClass)},${JSON.stringify(id)},${seq}`;
    return value === undefined ? `[${place}]` : `[${place},${value}]`;
  });
  return `[${rows.join(',')}]`;
}

function readChanges(text: string): HeadText[] {
  const rows = JSON.parse(text) as [string, string, number, unknown?][];
  return rows.map(([headClass, id, seq, value]) => {
    return { headClass, id, seq, value: value === undefined ? undefined : JSON.stringify(value) };
  });
}
