import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Database } from '@ioi/sqlite';
import type { Accepted, WitnessCode, WitnessedHead } from '../core/index.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS identity (
    one INTEGER PRIMARY KEY CHECK (one = 1), state_id TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS heads (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root TEXT NOT NULL,
    note TEXT NOT NULL, seen INTEGER NOT NULL, log_key TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS contradicted (
    origin TEXT PRIMARY KEY, at INTEGER NOT NULL, times INTEGER NOT NULL, code TEXT NOT NULL,
    held_size INTEGER NOT NULL, note TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
const FORMAT = 2;
const FORKED: WitnessCode = 'witness.other_root';
const MARKER_FORMAT = 'ioi-witness/1';

type Marker = {
  readonly format: typeof MARKER_FORMAT;
  readonly name: string;
  readonly state_id: string;
};

/** What is remembered of a log. */
export type StoredHead = WitnessedHead & {
  /** As the log signed it. */
  readonly note: string;
  /** Seconds since 1970 when it was first seen. */
  readonly seen: number;
  /** Verifier key of a log that was trusted on first use. */
  readonly logKey: string | undefined;
};

export type Swap = {
  readonly before: WitnessedHead | undefined;
  readonly accepted: Accepted;
  readonly seen: number;
  readonly logKey?: string | undefined;
};

/** A log signed what does not continue what was cosigned: the first time is kept, or a fork. */
export type Contradiction = {
  readonly at: number;
  readonly times: number;
  readonly code: string;
  /** What was cosigned then. */
  readonly held_size: number;
  /** As the log signed it. */
  readonly note: string;
};

/** One log, for whoever watches over many. Times are in seconds since 1970. */
export type WatchedLog = {
  readonly origin: string;
  readonly size: number;
  /** When it grew last: all else could be sent again by anybody. */
  readonly seen: number;
  readonly contradiction?: Contradiction;
};

/** The state is not the one that was made for this witness: a person has to look. */
export class WitnessStateFault extends Error {
  readonly code: 'witness.state_missing' | 'witness.state_exists' | 'witness.other_state';

  constructor(code: WitnessStateFault['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The promise of a witness on disk: one row a log, never replaced but by compare and swap. A
 * marker beside the database says that it was made, so that a lost one is never made again.
 */
export class WitnessStore {
  /** Under which this witness cosigns. */
  readonly name: string;
  readonly #database: Database;

  private constructor(database: Database, name: string) {
    this.#database = database;
    this.name = name;
  }

  /** Makes the state of a new witness, once. */
  static create(folder: string, name: string): void {
    if (existsSync(markerPath(folder)) || existsSync(databasePath(folder))) {
      const message = `there is a witness in ${folder}; what it promised is never forgotten`;
      throw new WitnessStateFault('witness.state_exists', message);
    }
    const stateId = randomUUID();
    const marker: Marker = { format: MARKER_FORMAT, name, state_id: stateId };
    // Before the database: whatever is interrupted is refused, never begun anew.
    writeFileSync(markerPath(folder), `${JSON.stringify(marker)}\n`, { mode: 0o600, flag: 'wx' });
    const database = databaseIn(folder);
    database.run('INSERT INTO identity VALUES (1, ?)', stateId);
    database.close();
  }

  static open(folder: string): WitnessStore {
    if (!existsSync(databasePath(folder))) {
      const message = existsSync(markerPath(folder))
        ? `the state of the witness in ${folder} is lost: it may not cosign any more`
        : `there is no witness in ${folder}`;
      throw new WitnessStateFault('witness.state_missing', message);
    }
    const database = databaseIn(folder);
    const stateId = database.one('SELECT state_id FROM identity')?.['state_id'];
    const marker = markerIn(folder);
    if (marker !== undefined && stateId === marker.state_id) {
      return new WitnessStore(database, marker.name);
    }
    database.close();
    const message = `the state in ${folder} is not the one that was made for this witness`;
    throw new WitnessStateFault('witness.other_state', message);
  }

  head(origin: string): StoredHead | undefined {
    const row = this.#database.one('SELECT * FROM heads WHERE origin = ?', origin);
    if (row === undefined) return undefined;
    const { size, root, note, seen, log_key: logKey } = row;
    return { size, root, note, seen, logKey: logKey ?? undefined } as StoredHead;
  }

  /** Logs it remembers. */
  count(): number {
    return Number(this.#database.one('SELECT count(*) AS logs FROM heads')?.['logs']);
  }

  /**
   * Never forgotten: whoever put a log back may go on as if nothing had been. A fork stands in
   * place of what was only not shown, which somebody on the way may have made.
   */
  contradict(origin: string, { at, code, held_size, note }: Omit<Contradiction, 'times'>): void {
    const first =
      'INSERT INTO contradicted VALUES (?, ?, 0, ?, ?, ?) ON CONFLICT DO UPDATE ' +
      'SET at = excluded.at, code = excluded.code, held_size = excluded.held_size, ' +
      'note = excluded.note WHERE excluded.code = ? AND code <> excluded.code';
    const count = 'UPDATE contradicted SET times = times + 1 WHERE origin = ?';
    this.#database.transaction(() => {
      this.#database.run(first, origin, at, code, held_size, note, FORKED);
      this.#database.run(count, origin);
    });
  }

  /** All that it cosigned anything of, by origin. */
  watched(): readonly WatchedLog[] {
    const sql =
      'SELECT h.origin, h.size, h.seen, c.at, c.times, c.code, c.held_size, c.note ' +
      'FROM heads h LEFT JOIN contradicted c ON c.origin = h.origin ORDER BY h.origin';
    return this.#database.all(sql).map((row) => {
      const { origin, size, seen, ...contradiction } = row;
      const log = { origin, size, seen } as WatchedLog;
      if (contradiction['code'] === null) return log;
      return { ...log, contradiction: contradiction as Contradiction };
    });
  }

  /** Durable when it returns true; false when the log was not at `before` any more. */
  swap(swap: Swap): boolean {
    let isDone = false;
    this.#database.transaction(() => {
      isDone = swap.before === undefined ? this.#insert(swap) : this.#update(swap, swap.before);
    });
    return isDone;
  }

  #insert({ accepted, seen, logKey }: Swap): boolean {
    const { note, checkpoint } = accepted;
    const { origin, size, root } = checkpoint;
    const sql = 'INSERT INTO heads VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1';
    return this.#database.one(sql, origin, size, root, note, seen, logKey ?? null) !== undefined;
  }

  #update({ accepted, seen }: Swap, before: WitnessedHead): boolean {
    const { note, checkpoint } = accepted;
    const { origin, size, root } = checkpoint;
    const sql =
      'UPDATE heads SET size = ?, root = ?, note = ?, seen = ? ' +
      'WHERE origin = ? AND size = ? AND root = ? RETURNING 1';
    const place = [origin, before.size, before.root] as const;
    return this.#database.one(sql, size, root, note, seen, ...place) !== undefined;
  }

  close(): void {
    this.#database.close();
  }
}

function databaseIn(folder: string): Database {
  const path = databasePath(folder);
  return new Database({ path, schema: SCHEMA, format: FORMAT, durability: 'full' });
}

function databasePath(folder: string): string {
  return join(folder, 'witness.db');
}

function markerPath(folder: string): string {
  return join(folder, 'witness.json');
}

function markerIn(folder: string): Marker | undefined {
  try {
    const marker = JSON.parse(readFileSync(markerPath(folder), 'utf8')) as Marker;
    return marker.format === MARKER_FORMAT ? marker : undefined;
  } catch {
    return undefined;
  }
}
