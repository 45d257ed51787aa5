import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { encodeHex } from '@ioi/basis';
import { COMMIT_OPERATION, searchedText, sharedIds } from '@ioi/law';
import { leafHash } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import { Database } from '@ioi/sqlite';
import { removeFile } from './projection-file.ts';
import type { SealedLog } from './sealed-log.ts';

export type SearchQuestion = {
  /** In lower case, of three letters and more: the ends of all of them have to be there. */
  readonly words: readonly string[];
  /** Beginnings of ids that many entries share. */
  readonly ids: readonly string[];
  /** Only entries before this position. */
  readonly below: number;
  readonly limit: number;
};

/** Positions, newest first. Nothing before `downTo` was looked at. */
export type Searched = { readonly seqs: readonly number[]; readonly downTo: number };

export type SearchTiming = {
  readonly now: () => number;
  /** Entries looked at in one go, between two looks at the clock. */
  readonly window?: number;
};

const FORMAT = 1;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS mark (
    one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, last TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS names (name INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS uses (
    name INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (name, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE VIRTUAL TABLE IF NOT EXISTS texts USING fts5(
    text, content = '', columnsize = 0, tokenize = 'trigram case_sensitive 1'
  );
`;
const CACHE_KIB = 8_192;
const WINDOW = 65_536;
/** Of one word: every three of them are looked up. */
const MOST_LETTERS = 20;
/** How long one question may keep others waiting. */
const MOST_MS = 40;
/** More ids that begin so say too little to go by. */
const MOST_NAMES = 64;
const LAST = '\u{10ffff}';
const IS_COMMIT = `"operation":"${COMMIT_OPERATION}"`;

/**
 * What entries of one log are looked up by: three letters at a time of their texts, and ids that
 * many share. Made from the sealed log alone, and again where it does not fit it; what it finds
 * is read in the log, so that it can leave something out and never make something up.
 */
export class SearchFile {
  readonly #path: string;
  readonly #log: SealedLog;
  readonly #now: () => number;
  readonly #window: number;
  #database: Database;
  #size: number;

  constructor(folder: string, log: SealedLog, { now, window = WINDOW }: SearchTiming) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#path = join(folder, 'search.db');
    this.#log = log;
    this.#now = now;
    this.#window = window;
    this.#database = opened(this.#path);
    this.#size = this.#sizeFound();
  }

  /** Entries that are looked at. */
  get size(): number {
    return this.#size;
  }

  /** Begins anew: what was found in the file was of another log, or is damaged. */
  reset(): void {
    this.#database.close();
    removeFile(this.#path);
    this.#database = opened(this.#path);
    this.#size = 0;
  }

  /** Looks at the next entries, at most `most`, of a log that is sealed up to `sealed`. */
  fold(most: number, sealed: number): void {
    const texts = this.#log.read(this.#size, Math.min(this.#size + most, sealed));
    const last = texts.at(-1);
    if (last === undefined) return;
    this.#database.transaction(() => {
      texts.forEach((text, index) => {
        if (!text.includes(IS_COMMIT)) this.#add(JSON.parse(text) as LogEntry, this.#size + index);
      });
      const sql = 'INSERT OR REPLACE INTO mark VALUES (1, ?, ?)';
      this.#database.run(sql, this.#size + texts.length, leafText(last));
    });
    this.#size += texts.length;
  }

  search({ words, ids, below, limit }: SearchQuestion): Searched {
    const named = ids.flatMap((id) => this.#named(id, below, limit));
    const found = words.length === 0 ? NOTHING : this.#texts(words, below, limit);
    const all = [...new Set([...named, ...found.seqs])].sort((one, other) => other - one);
    return { seqs: all.slice(0, limit), downTo: found.downTo };
  }

  close(): void {
    this.#database.close();
  }

  #add(entry: LogEntry, seq: number): void {
    const text = searchedText(entry);
    if (text !== '') this.#database.run('INSERT INTO texts (rowid, text) VALUES (?, ?)', seq, text);
    for (const id of sharedIds(entry)) {
      this.#database.run('INSERT OR IGNORE INTO names (id) VALUES (?)', id);
      const sql = 'INSERT OR IGNORE INTO uses SELECT name, ? FROM names WHERE id = ?';
      this.#database.run(sql, seq, id);
    }
  }

  #named(prefix: string, below: number, limit: number): number[] {
    const sql = 'SELECT name FROM names WHERE id >= ? AND id < ? LIMIT ?';
    const names = this.#database.all(sql, prefix, prefix + LAST, MOST_NAMES + 1);
    if (names.length > MOST_NAMES) return [];
    const uses = 'SELECT seq FROM uses WHERE name = ? AND seq < ? ORDER BY seq DESC LIMIT ?';
    return names.flatMap(({ name }) => {
      return this.#database.all(uses, Number(name), below, limit).map((row) => Number(row['seq']));
    });
  }

  /** From the newest backwards, a part at a time, until there are enough or the time is up. */
  #texts(words: readonly string[], below: number, limit: number): Searched {
    const match = words.map((word) => `"${endOf(word).replaceAll('"', '""')}"`).join(' AND ');
    const sql =
      'SELECT rowid FROM texts WHERE texts MATCH ? AND rowid >= ? AND rowid < ? ' +
      'ORDER BY rowid DESC LIMIT ?';
    const until = this.#now() + MOST_MS;
    const seqs: number[] = [];
    let to = Math.min(below, this.#size);
    let span = this.#window;
    while (to > 0 && seqs.length < limit) {
      const from = Math.max(0, to - span);
      const rows = this.#database.all(sql, match, from, to, limit - seqs.length);
      seqs.push(...rows.map((row) => Number(row['rowid'])));
      to = from;
      // Where little was found, looking is quick.
      span *= 2;
      if (this.#now() > until) break;
    }
    // What fills the page may have older ones in the same part.
    const last = seqs.at(-1) ?? to;
    return { seqs, downTo: seqs.length < limit ? to : last };
  }

  /** Nothing where the last entry that was looked at is not the one that stands there. */
  #sizeFound(): number {
    const mark = this.#database.one('SELECT size, last FROM mark');
    const size = Number(mark?.['size'] ?? 0);
    const [text] = size === 0 ? [] : this.#log.read(size - 1, size);
    if (size === 0 || (text !== undefined && leafText(text) === mark?.['last'])) return size;
    this.reset();
    return 0;
  }
}

const NOTHING: Searched = { seqs: [], downTo: 0 };

/** What a long word ends with tells most of it apart: whoever asks holds it against the whole. */
function endOf(word: string): string {
  return [...word].slice(-MOST_LETTERS).join('');
}

/** Where the file cannot be opened it is made again. */
function opened(path: string): Database {
  const options = { path, schema: SCHEMA, format: FORMAT, durability: 'normal' } as const;
  let database: Database;
  try {
    database = new Database(options);
  } catch {
    removeFile(path);
    database = new Database(options);
  }
  database.run(`PRAGMA cache_size = -${CACHE_KIB}`);
  return database;
}

function leafText(text: string): string {
  return encodeHex(leafHash(text));
}
