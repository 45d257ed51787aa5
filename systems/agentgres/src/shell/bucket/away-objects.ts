import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, Row } from '@ioi/sqlite';
import type { Amount, Remote, RemoteAbout, RemoteTotals } from '../../core/bucket/remote.ts';
import { sealedBytes } from '../sealed-file.ts';
import { BucketFault } from './fault.ts';

/**
 * `sending`: it may be there, and is here. `stored`: it was read there again. `doomed`: its
 * content was destroyed, or brought back, and it goes there.
 */
export const AWAY_SCHEMA = `
  CREATE INDEX IF NOT EXISTS long ON artifacts (file, state, size) WHERE file IS NOT NULL;
  CREATE TABLE IF NOT EXISTS away (file TEXT PRIMARY KEY, bytes INTEGER NOT NULL,
    state TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS away_unsettled ON away (state) WHERE state <> 'stored';
  CREATE TABLE IF NOT EXISTS away_place (one INTEGER PRIMARY KEY, place TEXT NOT NULL) STRICT;
`;
/** One request puts no more. */
const MOST_BYTES = 5 * 1024 ** 3;
/** Names are hex digits: looked for from any place among them. */
const SAMPLE_BYTES = 8;
const SAMPLED = 8;
/** Whoever only looks fetches no more than this, unless there is nothing less. */
const SAMPLE_MOST_BYTES = 1024 ** 2;
const WAITING =
  'SELECT a.file, a.size FROM artifacts AS a LEFT JOIN away AS b ON b.file = a.file ' +
  "WHERE a.file IS NOT NULL AND coalesce(b.state, 'sending') = 'sending'";
/** As the index of what is unsettled has it: without its condition the whole table is read. */
const DOOMED = "FROM away WHERE state <> 'stored' AND state = 'doomed'";

/**
 * Which of the sealed files of a store stand in a bucket, and which of those here as well. A file
 * leaves the folder after it was read again in the bucket, never before.
 */
export class AwayObjects {
  readonly #database: Database;
  readonly #folder: string;
  readonly #write: () => void;
  /** Stored files that are here too, with their bytes, the ones read last at the end. */
  readonly #local = new Map<string, number>();
  #localBytes = 0;
  /** Files that are not known to be there, with their bytes: all are looked for but once. */
  readonly #waiting = new Map<string, number>();
  #waitingBytes = 0;
  #remote: Remote | undefined;
  #about: RemoteAbout | undefined;

  /** `write` has on disk what the store was told and has not written yet. */
  constructor(database: Database, folder: string, write: () => void) {
    this.#write = write;
    this.#database = database;
    this.#folder = folder;
  }

  /** From here on files go to this place. Faults where what is away stands in another one. */
  use(open: (folder: string) => Remote, about: RemoteAbout): void {
    const known = this.place;
    const isOther = known !== undefined && known !== about.place;
    if (isOther && this.#database.one('SELECT 1 FROM away LIMIT 1') !== undefined) {
      const why = `contents stand in ${known}, and node.json names ${about.place}`;
      throw new BucketFault('bucket.absent', why);
    }
    this.#database.run('INSERT OR REPLACE INTO away_place VALUES (1, ?)', about.place);
    this.#remote = open(this.#folder);
    this.#about = about;
    this.#findLocal();
    if (!this.isBounded) return;
    for (const { file, size } of this.#database.all(WAITING)) {
      this.#wait(String(file), sealedBytes(Number(size)));
    }
  }

  /** Where the bytes of files stand that are not here; undefined where none ever did. */
  get place(): string | undefined {
    const row = this.#database.one('SELECT place FROM away_place');
    return row && String(row['place']);
  }

  get isBounded(): boolean {
    return this.#about !== undefined && !this.#about.isHomeward;
  }

  /** One more content waits here from here on; false, and it does not, where there is no room. */
  await(file: string, size: number): boolean {
    if (!this.isBounded) return true;
    const bytes = sealedBytes(size);
    if (this.#waitingBytes + bytes > (this.#about?.spoolBytes ?? Infinity)) return false;
    this.#wait(file, bytes);
    return true;
  }

  /** It waits no more. */
  leave(file: string): void {
    this.#waitingBytes -= this.#waiting.get(file) ?? 0;
    this.#waiting.delete(file);
  }

  /** Has the file in the folder when it returns, if it ever was away; others wait meanwhile. */
  bring(file: string): void {
    const bytes = this.#missing(file);
    if (bytes !== undefined) this.#remoteOr(file).recallNow(file, bytes);
    this.#touch(file);
  }

  /** The same for whoever can wait. */
  async recall(file: string): Promise<void> {
    const bytes = this.#missing(file);
    if (bytes !== undefined) {
      await this.#remoteOr(file).recall(file, bytes);
      const isNamed = this.#database.one('SELECT 1 FROM artifacts WHERE file = ?', file);
      // Destroyed while it came.
      if (!isNamed) rmSync(join(this.#folder, file), { force: true });
    }
    this.#touch(file);
  }

  /** Its content is destroyed: within the transaction that says so. */
  doom(file: string): void {
    this.#database.run("UPDATE away SET state = 'doomed' WHERE file = ?", file);
    this.#forgetLocal(file);
    this.leave(file);
  }

  /** Files that the log refers to and that are not known to be there, at most so many. */
  pending(limit: number, without: ReadonlySet<string>): string[] {
    this.#write();
    const sql = "SELECT 1 FROM artifacts WHERE file = ? AND state = 'kept' AND size < ?";
    const found: string[] = [];
    for (const file of this.#waiting.keys()) {
      if (found.length === limit) break;
      if (!without.has(file) && this.#database.one(sql, file, MOST_BYTES)) found.push(file);
    }
    return found;
  }

  /** Files that stand there though they should not, at most so many. */
  doomed(limit: number, without: ReadonlySet<string>): string[] {
    const sql = `SELECT file ${DOOMED} LIMIT ?`;
    return filesIn(this.#database.all(sql, limit + without.size), without).slice(0, limit);
  }

  /**
   * One that stands there and not here, by chance, and not a long one where there is a shorter;
   * undefined where there is none.
   */
  sample(): string | undefined {
    const from = randomBytes(SAMPLE_BYTES).toString('hex');
    const sql = "SELECT file, bytes FROM away WHERE state = 'stored'";
    const chosen = this.#shortest([
      ...this.#database.all(`${sql} AND file >= ? ORDER BY file LIMIT ${SAMPLED}`, from),
      ...this.#database.all(`${sql} AND file < ? ORDER BY file LIMIT ${SAMPLED}`, from),
    ]);
    if (chosen === undefined || chosen.bytes <= SAMPLE_MOST_BYTES) return chosen?.file;
    const most = this.#local.size + 1;
    const all = this.#database.all(`${sql} ORDER BY bytes LIMIT ?`, most);
    return this.#shortest(all)?.file ?? chosen.file;
  }

  #shortest(rows: readonly Row[]) {
    return rows
      .map(({ file, bytes }) => ({ file: String(file), bytes: Number(bytes) }))
      .filter(({ file }) => !this.#local.has(file))
      .reduce<{ file: string; bytes: number } | undefined>(
        (least, each) => (least && least.bytes <= each.bytes ? least : each),
        undefined,
      );
  }

  /** Files that are to come back, at most so many. */
  homeward(limit: number, without: ReadonlySet<string>): string[] {
    const sql = "SELECT file FROM away WHERE state <> 'doomed' LIMIT ?";
    return filesIn(this.#database.all(sql, limit + without.size), without).slice(0, limit);
  }

  /** There and here; what this says is on disk before anything is sent. */
  async store(file: string): Promise<void> {
    // An index that was copied before it went there does not say so.
    await this.recall(file);
    const { size: bytes } = statSync(join(this.#folder, file));
    this.#database.run("INSERT OR IGNORE INTO away VALUES (?, ?, 'sending')", file, bytes);
    await this.#remoteOr(file).store(file);
    const sql = "UPDATE away SET state = 'stored' WHERE file = ? AND state = 'sending' RETURNING 1";
    // Who destroyed it meanwhile has said that it goes.
    if (this.#database.one(sql, file)) this.#keepLocal(file, bytes);
    else this.#doomUnnamed(file, bytes);
    this.leave(file);
  }

  async bringHome(file: string): Promise<void> {
    await this.recall(file);
    if (existsSync(join(this.#folder, file))) this.doom(file);
  }

  async remove(file: string): Promise<void> {
    await this.#remoteOr(file).remove(file);
    this.#database.run("DELETE FROM away WHERE file = ? AND state = 'doomed'", file);
  }

  /** The ones read longest ago go from here, until no more are here than may be. */
  makeRoom(): void {
    const most = this.#about?.localBytes ?? Infinity;
    for (const file of this.#local.keys()) {
      if (this.#localBytes <= most) return;
      rmSync(join(this.#folder, file), { force: true });
      this.#forgetLocal(file);
    }
  }

  /** Undefined where nothing was ever away. */
  totals(): RemoteTotals | undefined {
    const place = this.#about?.place ?? this.place;
    if (place === undefined) return undefined;
    return {
      place,
      isHomeward: this.#about?.isHomeward ?? false,
      stored: this.#amount("FROM away WHERE state = 'stored'"),
      waiting: { count: this.#waiting.size, bytes: this.#waitingBytes },
      local: { count: this.#local.size, bytes: this.#localBytes },
      doomed: this.#amount(DOOMED).count,
      spoolBytes: this.#about?.spoolBytes ?? 0,
    };
  }

  get isUsed(): boolean {
    return this.#remote !== undefined;
  }

  get isHomeward(): boolean {
    return this.#about?.isHomeward ?? false;
  }

  /** Why nothing is read that is away. */
  absence(what = 'what is away'): BucketFault {
    return new BucketFault('bucket.absent', `${what} stands in ${this.place}, which is not named`);
  }

  async close(): Promise<void> {
    await this.#remote?.close();
  }

  /** Bytes of a file that is away and not here; one that is nowhere else may be there too. */
  #missing(file: string): number | undefined {
    if (existsSync(join(this.#folder, file))) return undefined;
    const row = this.#database.one('SELECT bytes FROM away WHERE file = ?', file);
    if (row || !this.#remote) return row && Number(row['bytes']);
    const known = this.#database.one('SELECT size FROM artifacts WHERE file = ?', file);
    return known && sealedBytes(Number(known['size']));
  }

  #remoteOr(file: string): Remote {
    if (this.#remote) return this.#remote;
    throw this.absence(file);
  }

  #wait(file: string, bytes: number): void {
    this.#waiting.set(file, bytes);
    this.#waitingBytes += bytes;
  }

  #amount(from: string): Amount {
    const row = this.#database.one(`SELECT count(*) AS count, sum(bytes) AS bytes ${from}`);
    return { count: Number(row?.['count'] ?? 0), bytes: Number(row?.['bytes'] ?? 0) };
  }

  #doomUnnamed(file: string, bytes: number): void {
    this.#database.run("INSERT OR REPLACE INTO away VALUES (?, ?, 'doomed')", file, bytes);
  }

  #keepLocal(file: string, bytes: number): void {
    this.#forgetLocal(file);
    this.#local.set(file, bytes);
    this.#localBytes += bytes;
  }

  /** One that came for somebody who did not wait for it is found by whoever reads it next. */
  #touch(file: string): void {
    const sql = "SELECT bytes FROM away WHERE file = ? AND state = 'stored'";
    const row = this.#database.one(sql, file);
    if (row) this.#keepLocal(file, Number(row['bytes']));
  }

  #forgetLocal(file: string): void {
    this.#localBytes -= this.#local.get(file) ?? 0;
    this.#local.delete(file);
  }

  #findLocal(): void {
    const sql = "SELECT bytes FROM away WHERE file = ? AND state = 'stored'";
    const here = readdirSync(this.#folder).flatMap((file) => {
      const row = this.#database.one(sql, file);
      const time = row && statSync(join(this.#folder, file)).mtimeMs;
      return row ? [{ file, bytes: Number(row['bytes']), time: time ?? 0 }] : [];
    });
    for (const { file, bytes } of here.sort((one, other) => one.time - other.time)) {
      this.#keepLocal(file, bytes);
    }
  }
}

function filesIn(rows: readonly Row[], without: ReadonlySet<string>): string[] {
  return rows.map((row) => String(row['file'])).filter((file) => !without.has(file));
}
