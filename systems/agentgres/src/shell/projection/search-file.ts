import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { encodeHex } from '@ioi/basis';
import { COMMIT_OPERATION, hasWords, searchedText, sharedIds } from '@ioi/law';
import { leafHash } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import { Database, type DatabaseOptions } from '@ioi/sqlite';
import {
  eachGram,
  GRAMS,
  narrowed,
  placesIn,
  postingsOf,
  SEGMENT_ENTRIES,
} from '../../core/index.ts';
import { removeFile } from './projection-file.ts';
import type { SealedLog } from './sealed-log.ts';

export type SearchQuestion = {
  /** In lower case; all of them have to be there. Of what has three letters together. */
  readonly words: readonly string[];
  /** Beginnings of ids that many entries share. */
  readonly ids: readonly string[];
  /** Only entries before this position. */
  readonly below: number;
  readonly limit: number;
};

/** Positions of entries that are meant, newest first. Nothing before `downTo` was looked at. */
export type Searched = { readonly seqs: readonly number[]; readonly downTo: number };

export type SearchTiming = {
  readonly now: () => number;
  /** Entries of a segment, where it is not the most. */
  readonly segment?: number;
};

const FORMAT = 3;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS mark (
    one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, last TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS names (name INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS uses (
    name INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (name, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS segments (
    segment INTEGER PRIMARY KEY, finish INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS postings (place INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS tail (seq INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
`;
/** As it was until format 2: all of it is made anew. */
const OLDER = "SELECT 1 FROM sqlite_schema WHERE name = 'texts'";
const CACHE_KIB = 8_192;
/** Characters of a segment: what closing one takes is bounded by them. */
const SEGMENT_CHARACTERS = 2 ** 19;
/** Looked up in one segment: what so many leave over is read. */
const MOST_GRAMS = 24;
/** How long one question may keep others waiting. */
const MOST_MS = 40;
/** More ids that begin so say too little to go by. */
const MOST_NAMES = 64;
const LAST = '\u{10ffff}';

/**
 * What entries of one log are looked up by: which have which three letters in their texts, segment
 * by segment, and ids that many share. The newest entries stand in no segment yet, but with their
 * texts. Made from the sealed log alone, and again where it does not fit it; what it finds by
 * letters is read in the log, so that it can leave something out and never make something up.
 */
export class SearchFile {
  readonly #path: string;
  readonly #log: SealedLog;
  readonly #now: () => number;
  readonly #most: number;
  #database: Database;
  #size: number;
  /** Before which position each segment ends, the oldest first. */
  #ends: number[] = [];
  /** Texts of what is in no segment, by position. */
  readonly #tail = new Map<number, string>();
  #tailCharacters = 0;

  constructor(folder: string, log: SealedLog, { now, segment = SEGMENT_ENTRIES }: SearchTiming) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#path = join(folder, 'search.db');
    this.#log = log;
    this.#now = now;
    this.#most = segment;
    this.#database = opened(this.#path);
    try {
      this.#size = this.#sizeFound();
      this.#readTail();
    } catch (fault) {
      // Damaged: whoever tries again finds none, and begins anew.
      this.#database.close();
      removeFile(this.#path);
      throw fault;
    }
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
    this.#readTail();
  }

  /**
   * Looks at the next entries, at most `most` and up to the end of a segment, of a log that is
   * sealed up to `sealed`. What it throws on is to be reset.
   */
  fold(most: number, sealed: number): void {
    const texts = this.#log.read(this.#size, Math.min(this.#size + most, sealed));
    if (texts.length === 0) return;
    this.#database.transaction(() => {
      let isFull = false;
      for (let at = 0; at < texts.length && !isFull; at += 1) {
        const text = texts[at] as string;
        this.#add(JSON.parse(text) as LogEntry, this.#size);
        this.#size += 1;
        const isLong = this.#tailCharacters >= SEGMENT_CHARACTERS;
        isFull = isLong || this.#size - this.#start(this.#ends.length) >= this.#most;
        if (!isFull && at + 1 < texts.length) continue;
        this.#database.run(
          'INSERT OR REPLACE INTO mark VALUES (1, ?, ?)',
          this.#size,
          leafText(text),
        );
      }
      if (isFull) this.#closeSegment();
    });
  }

  search({ words, ids, below, limit }: SearchQuestion): Searched {
    const named = ids.flatMap((id) => this.#named(id, below, limit));
    const found = this.#texts(words, below, limit);
    const all = [...new Set([...named, ...found.seqs])].sort((one, other) => other - one);
    return { seqs: all.slice(0, limit), downTo: found.downTo };
  }

  close(): void {
    this.#database.close();
  }

  #add(entry: LogEntry, seq: number): void {
    if (entry.operation === COMMIT_OPERATION) return;
    const text = searchedText(entry);
    if (text !== '') {
      this.#database.run('INSERT INTO tail VALUES (?, ?)', seq, text);
      this.#tail.set(seq, text);
      this.#tailCharacters += text.length;
    }
    for (const id of sharedIds(entry)) {
      this.#database.run('INSERT OR IGNORE INTO names (id) VALUES (?)', id);
      const sql = 'INSERT OR IGNORE INTO uses SELECT name, ? FROM names WHERE id = ?';
      this.#database.run(sql, seq, id);
    }
  }

  /** What is in no segment makes one, which nothing changes any more. */
  #closeSegment(): void {
    const [segment, start] = [this.#ends.length, this.#start(this.#ends.length)];
    const texts = [...this.#tail].map(([seq, text]) => [seq - start, text] as const);
    for (const [gram, entries] of postingsOf(new Map(texts))) {
      this.#database.run('INSERT INTO postings VALUES (?, ?)', segment * GRAMS + gram, entries);
    }
    this.#database.run('INSERT INTO segments VALUES (?, ?)', segment, this.#size);
    this.#database.run('DELETE FROM tail');
    this.#ends.push(this.#size);
    this.#tail.clear();
    this.#tailCharacters = 0;
  }

  /** Where a segment begins; of the number behind the last, what is in none. */
  #start(segment: number): number {
    return this.#ends[segment - 1] ?? 0;
  }

  /** What an earlier run left. */
  #readTail(): void {
    const segments = this.#database.lists('SELECT finish FROM segments ORDER BY segment');
    this.#ends = segments.map(([finish]) => Number(finish));
    this.#tail.clear();
    this.#tailCharacters = 0;
    for (const [seq, text] of this.#database.lists('SELECT seq, text FROM tail ORDER BY seq')) {
      this.#tail.set(Number(seq), String(text));
      this.#tailCharacters += String(text).length;
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

  /** From the newest backwards, segment by segment, until there are enough or the time is up. */
  #texts(words: readonly string[], below: number, limit: number): Searched {
    const grams = gramsIn(words);
    if (grams.length === 0) return NOTHING;
    const until = this.#now() + MOST_MS;
    const seqs: number[] = [];
    let to = Math.min(below, this.#size);
    for (let segment = this.#ends.length; segment >= 0; segment -= 1) {
      const start = this.#start(segment);
      if (start >= to) continue;
      const isTail = segment === this.#ends.length;
      const likely = isTail ? this.#inTail(words) : this.#inSegment(segment, grams);
      for (const seq of likely) {
        if (seq >= to) continue;
        to = seq;
        if (isTail || this.#has(seq, words)) seqs.push(seq);
        // Older ones of the same segment are left to whoever goes on from here.
        if (seqs.length === limit || this.#now() > until) return { seqs, downTo: to };
      }
      to = start;
      if (this.#now() > until) break;
    }
    return { seqs, downTo: to };
  }

  *#inTail(words: readonly string[]): Generator<number> {
    for (const [seq, text] of [...this.#tail].reverse()) {
      if (hasWords(text, { words })) yield seq;
    }
  }

  /**
   * The newest first: those that have all the letters, in whatever order, or few more. Where the
   * letters are rare stands first in `grams` from then on.
   */
  #inSegment(segment: number, grams: number[]): readonly number[] {
    const bytes = new Map<number, number>();
    let places: number[] | undefined;
    for (const gram of grams) {
      const found = this.#posting(segment, gram);
      bytes.set(gram, found.length);
      places = places === undefined ? placesIn(found) : narrowed(places, found);
      if (places.length === 0 || bytes.size === MOST_GRAMS) break;
    }
    const bytesOf = (gram: number): number => bytes.get(gram) ?? SEGMENT_ENTRIES;
    grams.sort((one, other) => bytesOf(one) - bytesOf(other));
    const start = this.#start(segment);
    return (places ?? []).map((place) => start + place).reverse();
  }

  #posting(segment: number, gram: number): Uint8Array {
    const sql = 'SELECT entries FROM postings WHERE place = ?';
    const [row] = this.#database.lists(sql, segment * GRAMS + gram);
    return row?.[0] instanceof Uint8Array ? row[0] : NO_POSTING;
  }

  /** As the entry itself says. */
  #has(seq: number, words: readonly string[]): boolean {
    const [text] = this.#log.read(seq, seq + 1);
    return text !== undefined && hasWords(searchedText(JSON.parse(text) as LogEntry), { words });
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
const NO_POSTING = new Uint8Array();

/** Those of the ends first: what many share is at the beginning. */
function gramsIn(words: readonly string[]): number[] {
  const grams = new Set<number>();
  for (const word of words) eachGram(word, (gram) => grams.add(gram));
  return [...grams].reverse();
}

/** Where the file cannot be opened, or is an older one, it is made again. */
function opened(path: string): Database {
  const options = { path, schema: SCHEMA, format: FORMAT, durability: 'normal' } as const;
  let database = openedAs(options);
  if (database?.one(OLDER) !== undefined) {
    database.close();
    database = undefined;
  }
  if (database === undefined) {
    removeFile(path);
    database = new Database(options);
  }
  database.run(`PRAGMA cache_size = -${CACHE_KIB}`);
  return database;
}

function openedAs(options: DatabaseOptions): Database | undefined {
  try {
    return new Database(options);
  } catch {
    return undefined;
  }
}

function leafText(text: string): string {
  return encodeHex(leafHash(text));
}
