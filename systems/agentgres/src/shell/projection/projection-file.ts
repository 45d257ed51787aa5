import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { Frontier } from '@ioi/merkle';
import { Database, type Row as SqlRow } from '@ioi/sqlite';
import {
  type Cell,
  changedRow,
  keyText,
  type Query,
  type Row,
  type RowChange,
  rowText,
  type Table,
} from '../../core/index.ts';
import { bootId } from './boot-id.ts';
import type { Mark } from './commit-reader.ts';
import { RowStatements, rowsSchema, selectOf } from './row-sql.ts';

/** A row before and after a commit; undefined where it was not there. */
export type RowDelta = {
  readonly key: Row;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
};

/** A commit's changes to the rows of one projection. */
export type ProjectedCommit = { readonly mark: Mark; readonly changes: readonly RowChange[] };

export const PROJECTION_FORMAT = 1;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS state (
    one INTEGER PRIMARY KEY CHECK (one = 1), identity TEXT NOT NULL, boot TEXT,
    is_closed INTEGER NOT NULL, is_serving INTEGER NOT NULL, size INTEGER NOT NULL,
    peaks TEXT NOT NULL, chain_time TEXT NOT NULL, state_root TEXT NOT NULL,
    changes_from INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS changes (
    size INTEGER NOT NULL, key TEXT NOT NULL, before TEXT, after TEXT,
    PRIMARY KEY (size, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS marks (size INTEGER PRIMARY KEY, peaks TEXT NOT NULL) STRICT;
`;
/** Changed rows a subscription can still be brought up to date with. */
const KEPT_CHANGES = 16_384;
const BUILD_CACHE_KIB = 65_536;
const SERVE_CACHE_KIB = 8_192;
/** Frontiers are noted this far apart, so that the root at any size is near. */
const MARK_DISTANCE = 4096;

/** The file cannot be used: it is thrown away and folded again. */
class ProjectionFileFault extends Error {}

/**
 * One definition folded over one domain's log: rows, the watermark in the same transaction, and
 * the latest changes. Nothing waits for the disk; what a crash of the machine may have torn is
 * thrown away.
 */
export class ProjectionFile {
  readonly path: string;
  readonly table: Table;
  readonly domain: string;
  readonly #database: Database;
  readonly #statements: RowStatements;
  #mark: Mark;
  #isServing: boolean;
  #changesFrom: number;
  #keptChanges: number;
  /** One open transaction without a journal: nobody reads it, and a crash throws it away. */
  #isBuilding = false;

  /** Of one domain; the definition's hash is in the path and checked as well. */
  constructor(path: string, table: Table, domain: string) {
    this.path = path;
    this.table = table;
    this.domain = domain;
    this.#statements = new RowStatements(table);
    this.#database = opened(path, table);
    this.#database.run(`PRAGMA cache_size = -${SERVE_CACHE_KIB}`);
    const wanted = `${domain} ${table.hash}`;
    const found = this.#database.one('SELECT * FROM state');
    if (found === undefined) this.#begin(wanted);
    else if (found['identity'] !== wanted)
      throw new ProjectionFileFault('it is another projection');
    else if (found['is_serving'] !== 1) throw new ProjectionFileFault('it was never finished');
    else if (found['is_closed'] !== 1 && !sameBoot(found['boot'])) {
      throw new ProjectionFileFault('the machine stopped while it was written');
    }
    const state = this.#database.one('SELECT * FROM state') as SqlRow;
    this.#mark = markIn(state);
    this.#isServing = state['is_serving'] === 1;
    this.#changesFrom = Number(state['changes_from']);
    this.#keptChanges = Number(this.#database.one('SELECT count(*) AS n FROM changes')?.['n']);
    this.#database.run('UPDATE state SET is_closed = 0, boot = ?', bootId() ?? null);
  }

  #begin(identity: string): void {
    const sql = "INSERT INTO state VALUES (1, ?, ?, 0, 0, 0, '[]', '0', '', 0)";
    this.#database.run(sql, identity, bootId() ?? null);
  }

  /** The log up to which the rows were folded. */
  get mark(): Mark {
    return this.#mark;
  }

  /** From here on it is read, and found again after a restart. */
  serve(): void {
    this.#endBuild();
    this.#database.run('UPDATE state SET is_serving = 1');
    this.#isServing = true;
  }

  /** Somebody who listened before can still be told what changed. */
  get keepsChanges(): boolean {
    return this.#keptChanges > 0;
  }

  /** Folds commits of a log that is far ahead; nothing is kept for subscriptions. */
  foldQuickly(commits: readonly ProjectedCommit[]): undefined {
    const last = commits.at(-1)?.mark;
    if (last === undefined) return;
    const isMarked = this.#isMarkedBy(last);
    if (this.#isServing && !isMarked && commits.every(({ changes }) => changes.length === 0)) {
      // Nothing to write, and nothing that was kept is missing anything.
      this.#mark = last;
      return;
    }
    const work = (): void => {
      if (this.#keptChanges > 0) this.#database.run('DELETE FROM changes');
      for (const { changes } of commits) {
        for (const change of changes) {
          const { sql, values } = this.#statements.change(change);
          this.#database.run(sql, ...values);
        }
      }
      this.#write(last, last.size);
      if (isMarked) this.#note(last);
    };
    if (this.#isServing) this.#database.transaction(work);
    else {
      this.#build();
      work();
    }
    this.#mark = last;
    this.#changesFrom = last.size;
    this.#keptChanges = 0;
  }

  #build(): void {
    if (this.#isBuilding) return;
    this.#isBuilding = true;
    this.#database.one('PRAGMA journal_mode = OFF');
    this.#database.run(`PRAGMA cache_size = -${BUILD_CACHE_KIB}`);
    this.#database.run('BEGIN');
  }

  #endBuild(): void {
    if (!this.#isBuilding) return;
    this.#isBuilding = false;
    this.#database.run('COMMIT');
    this.#database.one('PRAGMA journal_mode = WAL');
    this.#database.run(`PRAGMA cache_size = -${SERVE_CACHE_KIB}`);
  }

  /** Folds commits in one transaction and says what became of which rows, commit by commit. */
  fold(commits: readonly ProjectedCommit[]): readonly (readonly RowDelta[])[] {
    const last = commits.at(-1)?.mark;
    if (last === undefined) return [];
    const isMarked = this.#isMarkedBy(last);
    if (!isMarked && commits.every(({ changes }) => changes.length === 0)) {
      // Nothing to write: after a crash these commits are read again, to the same end.
      this.#mark = last;
      return commits.map(() => []);
    }
    this.#endBuild();
    let deltas: (readonly RowDelta[])[] = [];
    let kept = this.#keptChanges;
    let from = this.#changesFrom;
    this.#database.transaction(() => {
      deltas = commits.map((commit) => this.#foldOne(commit));
      kept += deltas.reduce((sum, each) => sum + each.length, 0);
      if (kept > 2 * KEPT_CHANGES) {
        from = this.#trim();
        kept = KEPT_CHANGES;
      }
      this.#write(last, from);
      if (isMarked) this.#note(last);
    });
    this.#mark = last;
    this.#keptChanges = kept;
    this.#changesFrom = from;
    return deltas;
  }

  #isMarkedBy({ size }: Mark): boolean {
    return Math.floor(size / MARK_DISTANCE) > Math.floor(this.#mark.size / MARK_DISTANCE);
  }

  #foldOne({ mark, changes }: ProjectedCommit): RowDelta[] {
    const touched = new Map<
      string,
      { key: Row; before: Row | undefined; after: Row | undefined }
    >();
    for (const change of changes) {
      const name = keyText(change.key);
      let row = touched.get(name);
      if (row === undefined) {
        const before = this.#get(change.key);
        row = { key: change.key, before, after: before };
        touched.set(name, row);
      }
      row.after = changedRow(row.after, change, this.table);
    }
    const deltas = [...touched.values()].filter(
      ({ before, after }) => JSON.stringify(before) !== JSON.stringify(after),
    );
    for (const { key, before, after } of deltas) {
      if (after) this.#database.run(this.#statements.replace, ...after);
      else this.#database.run(this.#statements.remove, ...key);
      const sql = 'INSERT INTO changes VALUES (?, ?, ?, ?)';
      this.#database.run(sql, mark.size, keyText(key), textOf(before), textOf(after));
    }
    return deltas;
  }

  #get(key: Row): Row | undefined {
    const found = this.#database.one(this.#statements.get, ...key);
    return found && this.#cells(found);
  }

  #write({ size, frontier, chainTime, stateRoot }: Mark, changesFrom: number): void {
    const sql =
      'UPDATE state SET size = ?, peaks = ?, chain_time = ?, state_root = ?, changes_from = ?';
    this.#database.run(sql, size, peaksText(frontier), chainTime, stateRoot, changesFrom);
  }

  #note({ size, frontier }: Mark): void {
    this.#database.run('INSERT OR REPLACE INTO marks VALUES (?, ?)', size, peaksText(frontier));
  }

  /** Forgets the oldest changes; the size from which on they are complete. */
  #trim(): number {
    const sql = 'SELECT size FROM changes ORDER BY size DESC, key LIMIT 1 OFFSET ?';
    const from = Number(this.#database.one(sql, KEPT_CHANGES)?.['size'] ?? 0);
    this.#database.run('DELETE FROM changes WHERE size <= ?', from);
    return from;
  }

  /** What changed after the log had this size; undefined when that is no longer known. */
  changesAfter(size: number): RowDelta[] | undefined {
    if (size < this.#changesFrom || size > this.#mark.size) return undefined;
    const merged = new Map<string, { key: Row; before: Row | undefined; after: Row | undefined }>();
    const sql = 'SELECT * FROM changes WHERE size > ? ORDER BY size';
    for (const found of this.#database.iterate(sql, size)) {
      const name = found['key'] as string;
      const [before, after] = [rowIn(found['before']), rowIn(found['after'])];
      const row = merged.get(name);
      if (row) row.after = after;
      else merged.set(name, { key: JSON.parse(name) as Row, before, after });
    }
    return [...merged.values()];
  }

  /** The nearest noted frontier at or before a size. */
  frontierBefore(size: number): Frontier {
    const sql = 'SELECT size, peaks FROM marks WHERE size <= ? ORDER BY size DESC LIMIT 1';
    const found = this.#database.one(sql, size);
    return found === undefined ? Frontier.empty : frontierIn(found);
  }

  select(query: Query, database = this.#database): Row[] {
    const { sql, values } = selectOf(query, this.table);
    return database.all(sql, ...values).map((found) => this.#cells(found));
  }

  /** How many rows there are, and the digest of all of them (ProjectionCheckpoint). */
  digest(): { rows: number; rowsDigest: `sha256:${string}` } {
    const hash = createHash('sha256');
    const key = this.table.columns.slice(0, this.table.keySize).map(({ name }) => `"${name}"`);
    let rows = 0;
    for (const found of this.#database.iterate(`SELECT * FROM rows ORDER BY ${key.join(', ')}`)) {
      hash.update(`${rowText(this.#cells(found), this.table.columns)}\n`);
      rows += 1;
    }
    return { rows, rowsDigest: `sha256:${hash.digest('hex')}` };
  }

  count(): number {
    return Number(this.#database.one('SELECT count(*) AS n FROM rows')?.['n']);
  }

  /** A reader of its own that stays at the rows as they are now. */
  pin(): Database {
    const reader = new Database({
      path: this.path,
      schema: '',
      format: PROJECTION_FORMAT,
      durability: 'off',
      readOnly: true,
    });
    reader.run('BEGIN');
    reader.one('SELECT size FROM state');
    return reader;
  }

  /** Waits for the disk once, so that the next start can go on from here. */
  close(): void {
    this.#database.transaction(() => {
      this.#write(this.#mark, this.#changesFrom);
      this.#database.run('UPDATE state SET is_closed = 1');
    });
    this.#database.run('PRAGMA synchronous = FULL');
    this.#database.one('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#database.close();
  }

  /** Closes it for good. */
  discard(): void {
    this.#database.close();
    removeFile(this.path);
  }

  #cells(found: SqlRow): Row {
    return Object.values(found) as Cell[];
  }
}

export function removeFile(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
}

function opened(path: string, table: Table): Database {
  const schema = `${SCHEMA}${rowsSchema(table)}`;
  return new Database({ path, schema, format: PROJECTION_FORMAT, durability: 'off' });
}

function sameBoot(boot: unknown): boolean {
  return typeof boot === 'string' && boot === bootId();
}

function markIn(state: SqlRow): Mark {
  return {
    size: Number(state['size']),
    frontier: frontierIn(state),
    chainTime: String(state['chain_time']),
    stateRoot: String(state['state_root']),
  };
}

function frontierIn(found: SqlRow): Frontier {
  const peaks = (JSON.parse(String(found['peaks'])) as string[]).map((each) =>
    Buffer.from(each, 'hex'),
  );
  const frontier = Frontier.restore({ size: Number(found['size']), peaks });
  if (!frontier.ok) throw new ProjectionFileFault(frontier.error.message);
  return frontier.value;
}

function peaksText(frontier: Frontier): string {
  const { peaks } = frontier.serialise();
  return JSON.stringify(peaks.map((peak) => Buffer.from(peak).toString('hex')));
}

function textOf(row: Row | undefined): string | null {
  return row === undefined ? null : JSON.stringify(row);
}

function rowIn(text: unknown): Row | undefined {
  return typeof text === 'string' ? (JSON.parse(text) as Row) : undefined;
}
