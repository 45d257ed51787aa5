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

/**
 * Positions, newest first, of entries that may be meant: they have the rarest letters of each word,
 * in whatever order. Nothing before `downTo` was looked at.
 */
export type Searched = { readonly seqs: readonly number[]; readonly downTo: number };

export type SearchTiming = {
  readonly now: () => number;
  /** Entries looked at in one go, between two looks at the clock. */
  readonly window?: number;
};

const FORMAT = 2;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS mark (
    one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, last TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS names (name INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS uses (
    name INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (name, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE VIRTUAL TABLE IF NOT EXISTS texts USING fts5(
    text, content = '', columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1'
  );
  CREATE TABLE IF NOT EXISTS grams (
    gram TEXT PRIMARY KEY, entries INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
const CACHE_KIB = 8_192;
const WINDOW = 65_536;
/** Looked up for one word, three letters each: of more, the rest tells hardly anything apart. */
const MOST_GRAMS = 6;
/** Of one word, from its end: what many share is at its beginning. */
const MOST_LETTERS = 64;
/** How long one question may keep others waiting. */
const MOST_MS = 40;
/** More ids that begin so say too little to go by. */
const MOST_NAMES = 64;
const LAST = '\u{10ffff}';

/**
 * What entries of one log are looked up by: three letters at a time of their texts, with how many
 * entries have them, and ids that many share. Made from the sealed log alone, and again where it
 * does not fit it; what it finds is read in the log, so that it can leave something out and never
 * make something up.
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
      const grams = new Map<string, number>();
      texts.forEach((text, index) => {
        const entry = JSON.parse(text) as LogEntry;
        if (entry.operation === COMMIT_OPERATION) return;
        for (const gram of this.#add(entry, this.#size + index)) {
          grams.set(gram, (grams.get(gram) ?? 0) + 1);
        }
      });
      for (const [gram, count] of grams) this.#database.run(COUNTED, gram, count);
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

  /** Returns the letters it is found by. */
  #add(entry: LogEntry, seq: number): ReadonlySet<string> {
    const text = searchedText(entry);
    if (text !== '') this.#database.run('INSERT INTO texts (rowid, text) VALUES (?, ?)', seq, text);
    for (const id of sharedIds(entry)) {
      this.#database.run('INSERT OR IGNORE INTO names (id) VALUES (?)', id);
      const sql = 'INSERT OR IGNORE INTO uses SELECT name, ? FROM names WHERE id = ?';
      this.#database.run(sql, seq, id);
    }
    return gramsOf(text);
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
    const grams = this.#rarest(words);
    if (grams === undefined) return NOTHING;
    const match = grams.map((gram) => `"${gram.replaceAll('"', '""')}"`).join(' AND ');
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

  /** Of each word, the letters that tell most apart; undefined where some are in no entry. */
  #rarest(words: readonly string[]): readonly string[] | undefined {
    const chosen = new Set<string>();
    for (const word of words) {
      const grams = [...gramsOf(endOf(word))].map((gram) => {
        const row = this.#database.one('SELECT entries FROM grams WHERE gram = ?', gram);
        return { gram, count: Number(row?.['entries'] ?? 0) };
      });
      if (grams.some(({ count }) => count === 0)) return undefined;
      grams.sort((one, other) => one.count - other.count);
      for (const { gram } of grams.slice(0, MOST_GRAMS)) chosen.add(gram);
    }
    return [...chosen];
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

const COUNTED = `
  INSERT INTO grams VALUES (?, ?) ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`;

/** Whoever asks holds what is found against the whole word. */
function endOf(word: string): string {
  return [...word].slice(-MOST_LETTERS).join('');
}

/** As the tokenizer makes them: characters, not halves of them. */
function gramsOf(text: string): Set<string> {
  const letters = [...text];
  const grams = new Set<string>();
  for (let at = 0; at + 3 <= letters.length; at += 1) {
    grams.add(`${letters[at]}${letters[at + 1]}${letters[at + 2]}`);
  }
  return grams;
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
