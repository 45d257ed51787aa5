import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import type { Rejection } from '@ioi/protocol';
import { foldProjection, type Table, tableOf } from '../../core/index.ts';
import { LogFault } from '../log-faults.ts';
import { CommitReader, type FoldedCommit, type Mark, rootText } from './commit-reader.ts';
import { ProjectionFile, type RowDelta, removeFile } from './projection-file.ts';
import type { SealedLog } from './sealed-log.ts';

/** What became of the rows of a projection; without deltas the rows have to be read anew. */
export type ProjectionNews = {
  readonly file: ProjectionFile;
  readonly deltas: readonly (readonly RowDelta[])[] | undefined;
};

export type EngineOptions = {
  /** One file per definition in it; of one domain. */
  readonly folder: string;
  readonly domain: string;
  readonly log: SealedLog;
  readonly say: (message: string, about: object) => void;
  readonly onNews: (news: ProjectionNews) => void;
  readonly onProgress?: (progress: Progress) => void;
};

export type Progress = {
  readonly projection: string;
  readonly folded: number;
  readonly of: number;
};

/**
 * Whether somebody listens. `resumable`: nobody does, but those who did before the node stopped may
 * come back for what changed.
 */
export type Attendance = 'watched' | 'resumable' | 'unwatched';

export type Sealed = { readonly size: number; readonly root: `sha256:${string}` };

/** A projection as it stands. `building` is folded beside the one that serves. */
export type ProjectionState = {
  readonly table: Table;
  readonly serving: ProjectionFile | undefined;
  readonly building: ProjectionFile | undefined;
};

/** `isBehind`: changes were folded of which nobody was told. */
type Build = { file: ProjectionFile; isFresh: boolean; isBehind: boolean };
type Slot = { table: Table; serving: Build | undefined; building: Build | undefined };

/** Entries folded in one step: what a read waits for at most. */
const STEP_ENTRIES = 512;
/** Nearer to the seal than this, changes are kept for subscriptions. */
const NEAR_ENTRIES = 4_096;
/** Hash of the definition, then a number that only grows. */
export const PROJECTION_FILE = /^([0-9a-f]{64})\.([0-9]{1,9})\.db$/;

/**
 * Keeps projections at the sealed log (whitepaper 3.3). Those at the same watermark are folded
 * together; a new one, or one that is rebuilt, is folded beside the old, which serves until both
 * are at the same watermark. A file that cannot be used is thrown away and folded again.
 */
export class ProjectionEngine {
  readonly #options: EngineOptions;
  readonly #slots = new Map<string, Slot>();
  #sealed: Sealed | undefined;
  /** Stands at the mark: whoever is there folds what it reads next. */
  #reader: { readonly reader: CommitReader; readonly mark: Mark } | undefined;
  #fault: LogFault | undefined;
  /** Somebody wants to be told what became of each row. */
  #attendance: Attendance = 'watched';

  constructor(options: EngineOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  }

  /** Rejects with `projection.invalid`. A definition that is there already stays as it is. */
  define(definition: unknown): Result<Table, Rejection> {
    const table = tableOf(definition);
    if (!table.ok) return table;
    const name = table.value.definition.projection;
    const slot = this.#slots.get(name) ?? {
      table: table.value,
      serving: undefined,
      building: undefined,
    };
    this.#slots.set(name, slot);
    const isServed = slot.serving?.file.table.hash === table.value.hash;
    if (isServed && slot.building === undefined) return table;
    if (slot.building) slot.building.file.discard();
    slot.building = undefined;
    slot.table = table.value;
    if (isServed) return table;
    slot.building = this.#open(table.value);
    this.#reader = undefined;
    return table;
  }

  /** Whether a file was kept of exactly this definition, which may or may not be of use. */
  isKept({ hash }: Table): boolean {
    return this.#files().some((file) => `sha256:${file.hash}` === hash);
  }

  /** Folds it again from the beginning, beside the one that serves. */
  rebuild(name: string): Result<Table, Rejection> {
    const slot = this.#slots.get(name);
    if (slot === undefined) return unknown(name);
    slot.building?.file.discard();
    slot.building = this.#create(slot.table);
    return ok(slot.table);
  }

  /** A reader found that the file cannot be used. */
  distrust(name: string, fault: unknown): void {
    const slot = this.#slots.get(name);
    if (slot?.serving) this.#replace(slot, slot.serving, fault);
  }

  remove(name: string): Result<Table, Rejection> {
    const slot = this.#slots.get(name);
    if (slot === undefined) return unknown(name);
    for (const build of [slot.serving, slot.building]) build?.file.discard();
    this.#slots.delete(name);
    return ok(slot.table);
  }

  /** Removes files of definitions that are no longer there. */
  prune(): void {
    const known = new Set([...this.#slots.values()].flatMap(buildsOf).map(({ file }) => file.path));
    for (const { path } of this.#files()) if (!known.has(path)) removeFile(path);
  }

  get(name: string): ProjectionState | undefined {
    const slot = this.#slots.get(name);
    return slot && stateOf(slot);
  }

  list(): ProjectionState[] {
    return [...this.#slots.values()].map(stateOf);
  }

  /** The log is sealed up to here; nothing beyond is read. */
  sealed(sealed: Sealed, attendance: Attendance = 'watched'): void {
    this.#attendance = attendance;
    if (sealed.size >= (this.#sealed?.size ?? 0)) this.#sealed = sealed;
  }

  /** Somebody listens from now on, also to what was sealed while nobody did. */
  watch(): void {
    this.#attendance = 'watched';
  }

  get sealedSize(): number {
    return this.#sealed?.size ?? 0;
  }

  /** Why nothing is folded any more; undefined while all is well. */
  get fault(): LogFault | undefined {
    return this.#fault;
  }

  /** Folds a bounded part of what is missing; true when more may be. */
  step(): boolean {
    if (this.#fault) return false;
    try {
      return this.#step();
    } catch (fault) {
      if (!(fault instanceof LogFault)) throw fault;
      this.#fault = fault;
      this.#options.say('projections stopped', { code: fault.code, reason: fault.message });
      return false;
    }
  }

  #step(): boolean {
    const group = this.#group();
    const [first] = group;
    if (first === undefined || this.#sealed === undefined) return this.#settle();
    const { mark } = first.build.file;
    if (this.#reader === undefined || !sameLog(this.#reader.mark, mark)) {
      const reader = new CommitReader(this.#options.log, mark.frontier, this.#types());
      this.#reader = { reader, mark };
    }
    const commits = this.#reader.reader.read(STEP_ENTRIES, this.#sealed.size);
    const last = commits.at(-1)?.mark;
    if (last === undefined) return true;
    this.#reader = { ...this.#reader, mark: last };
    const isServed = group.some(({ slot, build }) => build === slot.serving);
    if (isServed && last.size === this.sealedSize) this.#checkSeal(last);
    for (const { slot, build } of group) this.#fold(slot, build, commits);
    this.#settle();
    return true;
  }

  /** Builds that lag, at the lowest of their watermarks. Those that serve go before all others. */
  #group(): { slot: Slot; build: Build }[] {
    const size = this.sealedSize;
    const all = [...this.#slots.values()].flatMap((slot) =>
      buildsOf(slot).map((build) => ({ slot, build })),
    );
    const lagging = all.filter(({ build }) => build.file.mark.size < size);
    const serving = lagging.filter(({ slot, build }) => build === slot.serving);
    const candidates = serving.length > 0 ? serving : lagging;
    const bySize = candidates.sort(
      (one, other) => one.build.file.mark.size - other.build.file.mark.size,
    );
    const lowest = bySize[0]?.build.file.mark;
    return lowest ? lagging.filter(({ build }) => sameLog(build.file.mark, lowest)) : [];
  }

  #types(): Set<string> {
    const tables = [...this.#slots.values()].flatMap(buildsOf).map(({ file }) => file.table);
    return new Set(tables.flatMap((table) => [...table.rules.keys()]));
  }

  #fold(slot: Slot, build: Build, commits: readonly FoldedCommit[]): void {
    const { file } = build;
    const projected = commits.map(({ mark, entries }) => ({
      mark,
      changes: entries.flatMap((entry) => foldProjection(file.table, entry)),
    }));
    const last = commits.at(-1)?.mark as Mark;
    const isNear = this.sealedSize - last.size < NEAR_ENTRIES;
    try {
      const isTold = isNear && this.#isAttended(file);
      const deltas = isTold ? file.fold(projected) : file.foldQuickly(projected);
      // Whoever comes later is given the rows as they are then, and misses nothing.
      if (build === slot.serving && this.#attendance === 'watched') this.#tell(build, deltas);
    } catch (fault) {
      if (fault instanceof LogFault) throw fault;
      this.#replace(slot, build, fault);
    }
    const { projection } = file.table.definition;
    this.#options.onProgress?.({ projection, folded: last.size, of: this.sealedSize });
  }

  #isAttended({ keepsChanges }: ProjectionFile): boolean {
    return this.#attendance === 'watched' || (this.#attendance === 'resumable' && keepsChanges);
  }

  /** Who is far behind reads the rows anew once, not after every step. */
  #tell(build: Build, deltas: ProjectionNews['deltas']): void {
    const wasBehind = build.isBehind;
    build.isBehind = deltas === undefined;
    if (build.isBehind) return;
    this.#options.onNews({ file: build.file, deltas: wasBehind ? undefined : deltas });
  }

  #replace(slot: Slot, build: Build, fault: unknown): void {
    const { projection } = build.file.table.definition;
    const reason = fault instanceof Error ? fault.message : String(fault);
    this.#options.say('a projection is folded again', { projection, reason });
    if (build.isFresh && build.file.mark.size === 0) throw asLogFault(fault);
    build.file.discard();
    if (slot.serving === build) slot.serving = undefined;
    if (slot.building === undefined || slot.building === build) {
      slot.building = this.#create(slot.table);
    }
  }

  /** What has arrived at the seal is checked and, where something else served, takes its place. */
  #settle(): boolean {
    let isChanged = false;
    for (const slot of this.#slots.values()) {
      const { serving, building } = slot;
      if (building === undefined || this.sealedSize === 0) continue;
      const { size } = building.file.mark;
      const servedSize = serving?.file.mark.size ?? size;
      if (size < this.sealedSize || servedSize !== size) continue;
      isChanged = true;
      const wrong = this.#wrongWith(building);
      if (wrong !== undefined) this.#replace(slot, building, wrong);
      else this.#swap(slot, building);
    }
    return isChanged;
  }

  /** An old file may be of another log; what was folded from the first entry on is of this one. */
  #wrongWith({ file, isFresh }: Build): Error | undefined {
    try {
      this.#checkSeal(file.mark);
      return undefined;
    } catch (fault) {
      if (isFresh) throw fault;
      return fault as LogFault;
    }
  }

  #checkSeal({ size, frontier }: Mark): void {
    if (size === this.sealedSize && rootText(frontier) === this.#sealed?.root) return;
    const message = `the first ${size} entries are not those that were sealed`;
    throw new LogFault('log.differs_from_seal', message);
  }

  #swap(slot: Slot, building: Build): void {
    building.file.serve();
    slot.serving?.file.discard();
    slot.serving = building;
    slot.building = undefined;
    this.#options.onNews({ file: building.file, deltas: undefined });
  }

  /** The newest file of a definition that can be used; the others are removed. */
  #open(table: Table): Build {
    let found: ProjectionFile | undefined;
    for (const { path, hash } of this.#files().reverse()) {
      if (`sha256:${hash}` !== table.hash) continue;
      const file = found ? undefined : this.#tryOpen(path, table);
      if (file) found = file;
      else removeFile(path);
    }
    return found ? { file: found, isFresh: false, isBehind: false } : this.#create(table);
  }

  #tryOpen(path: string, table: Table): ProjectionFile | undefined {
    const { domain, say } = this.#options;
    try {
      return new ProjectionFile(path, table, domain);
    } catch (fault) {
      const { projection } = table.definition;
      const reason = fault instanceof Error ? fault.message : String(fault);
      say('a projection is folded again', { projection, reason });
      return undefined;
    }
  }

  #create(table: Table): Build {
    const hash = table.hash.slice('sha256:'.length);
    const last = Math.max(0, ...this.#files().map((file) => file.number));
    const path = join(this.#options.folder, `${hash}.${last + 1}.db`);
    return {
      file: new ProjectionFile(path, table, this.#options.domain),
      isFresh: true,
      isBehind: false,
    };
  }

  #files(): { path: string; hash: string; number: number }[] {
    const { folder } = this.#options;
    const files = readdirSync(folder).flatMap((name) => {
      const [, hash = '', digits = ''] = PROJECTION_FILE.exec(name) ?? [];
      return hash === '' ? [] : [{ path: join(folder, name), hash, number: Number(digits) }];
    });
    return files.sort((left, right) => left.number - right.number);
  }

  close(): void {
    for (const { serving, building } of this.#slots.values()) {
      serving?.file.close();
      building?.file.discard();
    }
  }
}

function buildsOf({ serving, building }: Slot): Build[] {
  return [serving, building].filter((build) => build !== undefined);
}

function stateOf({ table, serving, building }: Slot): ProjectionState {
  return { table, serving: serving?.file, building: building?.file };
}

/** Not only the same size: a file on disk may be of another log. */
function sameLog(one: Mark, other: Mark): boolean {
  return one.size === other.size && rootText(one.frontier) === rootText(other.frontier);
}

function asLogFault(fault: unknown): LogFault {
  const message = fault instanceof Error ? fault.message : String(fault);
  return new LogFault('log.in_doubt', `a projection cannot be written: ${message}`, fault);
}

function unknown(name: string): Result<never, Rejection> {
  return err({ code: 'projection.unknown', message: `there is no projection ${name}` });
}
