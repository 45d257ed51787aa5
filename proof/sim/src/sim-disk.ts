import type { StoreFiles } from '@ioi/agentgres/shell';
import type { DatabaseOptions, OpenDatabase } from '@ioi/sqlite';
import { Blob } from './blob.ts';
import type { Chance } from './chance.ts';
import { DiskFaults } from './disk-faults.ts';
import { Medium, type MediumCopy } from './medium.ts';
import { SimDatabase } from './sim-database.ts';
import type { SimProcess } from './sim-process.ts';
import type { Trace } from './trace.ts';

/** What its databases do otherwise than they should. */
export type DiskHabits = {
  /** Flushes are forgotten. */
  readonly isForgetful?: boolean;
  /** Does this instead of what it is told. */
  readonly sql?: (sql: string) => string;
};

export type DiskCopy = {
  readonly media: ReadonlyMap<string, MediumCopy>;
  readonly blobs: ReadonlyMap<string, Uint8Array | undefined>;
};

/** A machine's disk: databases and plain files, and what may go wrong with them. */
export class SimDisk {
  readonly faults: DiskFaults;
  readonly #chance: Chance;
  readonly #trace: Trace;
  readonly #media = new Map<string, Medium>();
  readonly #blobs = new Map<string, Blob>();
  readonly #habits: DiskHabits;

  constructor(chance: Chance, trace: Trace, habits: DiskHabits = {}) {
    this.#chance = chance;
    this.#trace = trace;
    this.#habits = habits;
    this.faults = new DiskFaults(chance, trace);
  }

  /** The disk as one process uses it. */
  files(process: SimProcess): StoreFiles {
    return {
      openDatabase: (options) => this.#open(options, process),
      read: (path) => {
        this.faults.read(process, path);
        const { bytes } = this.#blob(path);
        if (bytes === undefined) throw new Error(`no file ${path}`);
        return bytes;
      },
      replace: (path, bytes) => this.#write(process, path, Uint8Array.from(bytes)),
      remove: (path) => this.#write(process, path, undefined),
    };
  }

  losePower(): void {
    for (const medium of this.#media.values()) medium.losePower();
    for (const blob of this.#blobs.values()) blob.losePower();
  }

  copy(): DiskCopy {
    const media = [...this.#media].map(([path, medium]) => [path, medium.copy()] as const);
    const blobs = [...this.#blobs].map(([path, { bytes }]) => [path, bytes] as const);
    return { media: new Map(media), blobs: new Map(blobs) };
  }

  /** Only while no process has anything open. */
  restore({ media, blobs }: DiskCopy): void {
    for (const [path, copy] of media) this.#media.get(path)?.restore(copy);
    for (const [path, blob] of this.#blobs) blob.bytes = blobs.get(path);
  }

  /** Flips a bit in one of the files; names it. */
  flipBit(): string {
    const path = this.#chance.pick([...this.#media.keys(), ...this.#blobs.keys()]);
    this.#media.get(path)?.flipBit();
    this.#blobs.get(path)?.flipBit();
    this.#trace.note('disk', `a bit flips in ${path}`);
    return path;
  }

  /** Every bit is again as it was written. */
  repair(): void {
    for (const medium of this.#media.values()) medium.repair();
    for (const blob of this.#blobs.values()) blob.repair();
  }

  #open({ path, schema, durability }: DatabaseOptions, process: SimProcess): OpenDatabase {
    const { faults } = this;
    faults.read(process, path);
    const medium = this.#media.get(path) ?? new Medium(path, schema, this.#chance);
    this.#media.set(path, medium);
    const { isForgetful, sql } = this.#habits;
    const isSynced = durability === 'full' && isForgetful !== true;
    return new SimDatabase({ medium, process, faults, isSynced, ...(sql ? { sql } : {}) });
  }

  #blob(path: string): Blob {
    const blob = this.#blobs.get(path) ?? new Blob(this.#chance);
    this.#blobs.set(path, blob);
    return blob;
  }

  #write(process: SimProcess, path: string, bytes: Uint8Array | undefined): void {
    const { extent, raise } = this.faults.write(process, path);
    if (extent !== 'none') this.#blob(path).bytes = bytes;
    raise?.();
  }
}
