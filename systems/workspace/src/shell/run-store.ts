import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Database } from '@ioi/sqlite';
import {
  type BytePath,
  type Change,
  changesBetween,
  inBareRepository,
  type Tree,
} from '../core/index.ts';
import { copyFolder } from './copy-folder.ts';
import { ObjectStore } from './object-store.ts';
import { isHeld } from './overlays.ts';
import { removeTree } from './remove-tree.ts';
import { isRunning, startOf } from './running.ts';
import { type Known, type Limits, snapshot } from './snapshot.ts';

/** One folder of a run: its real path, and its trees by their digests where it was looked at. */
export type RunFolder = {
  readonly root: string;
  /** Where the copy of it lies that the run was given in its place. */
  readonly at?: string | undefined;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
};

type Recorded = { readonly seq: string; readonly operation_id: string; readonly salt: string };

export type Overlay = {
  /** Last part of the agent id it ran under. */
  readonly name: string;
  /** Of the commitment to what it changed. */
  readonly salt: string;
  readonly isDiscarded?: boolean;
};

export type RunRecord = {
  readonly run_id: string;
  /** An undo is a run of ours: it can be undone like any other. */
  readonly kind: 'run' | 'undo' | 'merge';
  /** Which run it put back, or brought in. */
  readonly of?: string | undefined;
  readonly command: readonly string[];
  readonly began: string;
  readonly ended?: string | undefined;
  /** What it did, it did to copies, and waits to be merged. */
  readonly overlay?: Overlay | undefined;
  /** Where the log commits to what changed, and with which salt. */
  readonly recorded?: Recorded | undefined;
  /** Whose it is while it lasts. */
  readonly process: { readonly id: number; readonly start: string };
  readonly folders: readonly RunFolder[];
  /** Paths in them that are not looked at. */
  readonly apart: readonly string[];
};

export type Beginning = Pick<
  RunRecord,
  'run_id' | 'kind' | 'of' | 'command' | 'apart' | 'overlay'
> & {
  readonly roots: readonly string[];
};

export type Retention = { readonly runs: number; readonly bytes: number };

/** Of runs that have ended; the newest one always stays. */
const RETENTION: Retention = { runs: 50, bytes: 4 * 1024 * 1_048_576 };

const SCHEMA = `
CREATE TABLE IF NOT EXISTS known (stamp TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run (
  at INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, record TEXT NOT NULL
) STRICT`;
/** Somebody else may be taking a snapshot of a large folder. */
const PATIENCE_MS = 600_000;

/** What folders were before and after each run. Whoever takes or prunes snapshots does it alone. */
export class RunStore {
  readonly objects: ObjectStore;
  readonly #database: Database;
  readonly #undoing: string;
  readonly #overlays: string;
  readonly #limits: Partial<Limits>;
  readonly #known: Known = {
    digestOf: (stamp) => {
      const row = this.#database.one('SELECT digest FROM known WHERE stamp = ?', stamp);
      return row && String(row['digest']);
    },
    learn: (stamp, digest) => {
      this.#database.run('INSERT OR REPLACE INTO known VALUES (?, ?)', stamp, digest);
    },
  };

  constructor(folder: string, limits: Partial<Limits> = {}) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'runs.db');
    const options = { path, schema: SCHEMA, format: 1, durability: 'normal' } as const;
    this.#database = new Database(options);
    this.#database.one(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
    this.#undoing = join(folder, 'undoing.db');
    this.#limits = limits;
    this.#overlays = join(realpathSync(folder), 'overlays');
    this.objects = new ObjectStore(join(folder, 'objects'));
  }

  begin({ roots, ...about }: Beginning): RunRecord {
    return this.#alone(() => {
      const record: RunRecord = {
        ...about,
        began: new Date().toISOString(),
        process: { id: process.pid, start: startOf(process.pid) ?? '' },
        folders: this.#begun(outermost(roots), about),
      };
      const text = JSON.stringify(record);
      this.#database.run('INSERT INTO run (run_id, record) VALUES (?, ?)', about.run_id, text);
      return record;
    });
  }

  /** With everything as it is now. A run that nobody ended is ended when somebody asks. */
  end({ run_id }: Pick<RunRecord, 'run_id'>): RunRecord {
    const ended = this.#alone(() => {
      const record = this.find(run_id);
      if (record === undefined) throw new Error(`no run is ${run_id}`);
      if (record.ended !== undefined) return record;
      const folders = record.folders.map((each) =>
        each.before === undefined ? each : { ...each, after: this.#lookAt(each, record) },
      );
      return this.#write({ ...record, ended: new Date().toISOString(), folders });
    });
    // What is to be merged is kept by then.
    if (ended.overlay !== undefined) removeTree(join(this.#overlays, run_id));
    return ended;
  }

  /** It goes on by this process: nobody merges or sweeps away what is worked on. */
  takeUp(runId: string): void {
    this.#alone(() => {
      const record = this.find(runId);
      if (record === undefined || record.ended !== undefined) return;
      this.#write({ ...record, process: { id: process.pid, start: startOf(process.pid) ?? '' } });
    });
  }

  recorded(record: RunRecord, recorded: Recorded): RunRecord {
    return this.#write({ ...record, recorded });
  }

  /** What it changed will not be merged any more. */
  discard(record: RunRecord, overlay: Overlay): RunRecord {
    return this.#write({ ...record, overlay: { ...overlay, isDiscarded: true } });
  }

  /** As if it had never begun: nothing of it stands anywhere. */
  forget(runId: string): void {
    this.#drop(runId);
  }

  find(runId: string): RunRecord | undefined {
    const row = this.#database.one('SELECT record FROM run WHERE run_id = ?', runId);
    return row && (JSON.parse(String(row['record'])) as RunRecord);
  }

  /** The newest first. */
  list(): RunRecord[] {
    const rows = this.#database.all('SELECT record FROM run ORDER BY at DESC');
    return rows.map((row) => JSON.parse(String(row['record'])) as RunRecord);
  }

  /** Undefined where the folder was not looked at both times. */
  changesIn({ before, after }: RunFolder): Change[] | undefined {
    if (before !== undefined && before === after) return [];
    const [was, is] = [before, after].map((digest) => digest && this.objects.tree(digest));
    return was && is ? changesBetween(was as Tree, is as Tree) : undefined;
  }

  /** Tells what lay, after the run, in what git takes for a repository. */
  inRepository({ before, after }: RunFolder): (path: BytePath) => boolean {
    const tree = before === after ? undefined : after && this.objects.tree(after);
    return inBareRepository(tree || new Map());
  }

  /** How a folder is now, as a snapshot that no run holds. */
  now(root: string, apart: readonly string[]): Tree | undefined {
    return this.#alone(() => snapshot(this.#options(root, apart)));
  }

  /** Forgets the oldest runs beyond what is retained, and gives how many. */
  prune({ runs, bytes }: Retention = RETENTION): number {
    return this.#alone(() => {
      const all = this.list();
      const ended = all.filter((record) => !isRunning(record) && !isHeld(record, all));
      this.#sweepOverlays();
      const gone = ended.slice(Math.max(1, runs));
      for (const { run_id } of gone) this.#drop(run_id);
      if (gone.length > 0) this.#sweep();
      const left = ended.slice(1, Math.max(1, runs));
      for (let last = left.pop(); last !== undefined; last = left.pop()) {
        if (this.objects.bytes() <= bytes) break;
        this.#drop(last.run_id);
        gone.push(last);
        this.#sweep();
      }
      return gone.length;
    });
  }

  /**
   * One undo at a time: two that write the same file would take each other's drafts. It lasts as
   * long as its process, so that a crash leaves nothing locked.
   */
  undoing<T>(work: () => T): T {
    const path = this.#undoing;
    const lock = new Database({ path, schema: '', format: 1, durability: 'off' });
    lock.one(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
    try {
      return within(lock, work);
    } finally {
      lock.close();
    }
  }

  close(): void {
    this.#database.close();
  }

  #write(record: RunRecord): RunRecord {
    const text = JSON.stringify(record);
    this.#database.run('UPDATE run SET record = ? WHERE run_id = ?', text, record.run_id);
    return record;
  }

  #drop(runId: string): void {
    this.#database.run('DELETE FROM run WHERE run_id = ?', runId);
  }

  #sweep(): void {
    const trees = this.list().flatMap(({ folders }) =>
      folders.flatMap(({ before, after }) => [before, after].filter((each) => each !== undefined)),
    );
    const kept = new Set(trees);
    for (const digest of new Set(trees)) {
      for (const entry of this.objects.tree(digest)?.values() ?? []) {
        if (entry.kind === 'file') kept.add(entry.digest);
      }
    }
    this.objects.keepOnly(kept);
    this.#database.run('DELETE FROM known');
  }

  #begun(roots: readonly string[], about: Pick<RunRecord, 'run_id' | 'apart' | 'overlay'>) {
    return roots.map((root, index): RunFolder => {
      if (about.overlay === undefined) return { root, before: this.#take(root, about.apart) };
      const at = join(this.#overlays, about.run_id, String(index));
      mkdirSync(at, { recursive: true, mode: 0o700 });
      copyFolder({ from: root, to: at, apart: about.apart });
      for (const path of copied({ root, at }, about.apart)) standFor(path);
      const before = this.#lookAt({ root, at }, about);
      if (before === undefined) throw new Error('there is too much in it to be looked at');
      return { root, at, before };
    });
  }

  #lookAt({ root, at }: RunFolder, { apart }: Pick<RunRecord, 'apart'>): string | undefined {
    if (at === undefined) return this.#take(root, apart);
    return this.#take(at, copied({ root, at }, apart));
  }

  /** Copies that nobody uses any more, of runs that were cut short. */
  #sweepOverlays(): void {
    if (!existsSync(this.#overlays)) return;
    for (const runId of readdirSync(this.#overlays)) {
      const record = this.find(runId);
      const isUsed = record !== undefined && record.ended === undefined;
      if (!isUsed) removeTree(join(this.#overlays, runId));
    }
  }

  #take(root: string, apart: readonly string[]): string | undefined {
    const tree = snapshot(this.#options(root, apart));
    return tree && this.objects.putTree(tree);
  }

  #options(root: string, apart: readonly string[]) {
    return { root, apart, objects: this.objects, known: this.#known, limits: this.#limits };
  }

  #alone<T>(work: () => T): T {
    return within(this.#database, work);
  }
}

function within<T>(database: Database, work: () => T): T {
  let done: { readonly value: T } | undefined;
  database.transaction(() => {
    done = { value: work() };
  });
  return (done as unknown as { readonly value: T }).value;
}

type Copy = { readonly root: string; readonly at: string };

/** Where paths in a folder lie in a copy of it. */
function copied({ root, at }: Copy, paths: readonly string[]) {
  const start = `${root}/`;
  const inside = paths.filter((path) => path.startsWith(start));
  return inside.map((path) => join(at, path.slice(start.length)));
}

/** A folder for what is to be there although it is not: something will lie over it. */
function standFor(path: string): void {
  try {
    mkdirSync(path);
  } catch {
    // It is there, or there is no place for it.
  }
}

/** Without those that lie in others. */
function outermost(roots: readonly string[]): string[] {
  const distinct = [...new Set(roots)];
  return distinct.filter((path) => !distinct.some((each) => path.startsWith(`${each}/`)));
}
