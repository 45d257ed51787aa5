import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Row } from '@ioi/sqlite';
import type { Chance } from './chance.ts';
import type { Fate } from './disk-faults.ts';

export type Value = string | number | bigint | null | Uint8Array;
export type Statement = { readonly sql: string; readonly values: readonly Value[] };
type Transaction = { readonly statements: readonly Statement[]; readonly isSynced: boolean };

/** A database file as it was at some time. */
export type MediumCopy = {
  readonly image: Uint8Array;
  readonly journal: readonly Transaction[];
};

/**
 * One database file on a simulated disk. The engine is the real one, over memory; what would be
 * left of it is an image and the transactions after it, in order, the last of them perhaps not on
 * the disk yet. A crash keeps any number of those; a torn one is none, as its checksum says.
 */
export class Medium {
  readonly path: string;
  readonly #chance: Chance;
  #image: Uint8Array;
  #journal: Transaction[] = [];
  /** Written by a transaction that failed: seen again by whoever opens the file next, or not. */
  #ghost: Transaction | undefined;
  #engine: Engine | undefined;
  #connections = 0;

  constructor(path: string, schema: string, chance: Chance) {
    this.path = path;
    this.#chance = chance;
    const engine = new Engine();
    engine.exec(schema);
    this.#image = engine.image();
    this.#engine = engine;
  }

  connect(): void {
    if (this.#connections === 0) this.#recover();
    this.#connections += 1;
  }

  disconnect(): void {
    this.#connections -= 1;
  }

  query(sql: string, values: readonly Value[]): Row[] {
    return this.#open().all(sql, values);
  }

  begin(): void {
    this.#open().exec('BEGIN IMMEDIATE');
  }

  rollback(): void {
    this.#open().exec('ROLLBACK');
  }

  /** Ends the open transaction as fate has it. */
  commit(statements: readonly Statement[], { extent, raise }: Fate, isSynced: boolean): void {
    if (extent === 'ghost') this.#ghost = { statements, isSynced: false };
    if (extent === 'whole') {
      this.#open().exec('COMMIT');
      this.#journal.push({ statements, isSynced });
      this.#ghost = undefined;
    } else this.rollback();
    raise?.();
  }

  /** The power fails: what is not on the disk may be lost, the last first. */
  losePower(): void {
    this.#recover();
    const synced = this.#journal.findLastIndex((each) => each.isSynced) + 1;
    const kept = synced + this.#chance.below(this.#journal.length - synced + 1);
    this.#journal = this.#journal.slice(0, kept).map((each) => ({ ...each, isSynced: true }));
    this.#engine = undefined;
  }

  copy(): MediumCopy {
    return { image: this.#image, journal: [...this.#journal] };
  }

  restore({ image, journal }: MediumCopy): void {
    this.#image = image;
    this.#journal = [...journal];
    this.#ghost = undefined;
    this.#engine = undefined;
  }

  /** Flips one bit of what is stored; the journal, and so a copy made before, stays right. */
  flipBit(): void {
    const image = Uint8Array.from(this.#open().image());
    const used = [...image.keys()].filter((at) => image[at] !== 0);
    const at = this.#chance.pick(used);
    image[at] = (image[at] as number) ^ (1 << this.#chance.below(8));
    this.#engine = new Engine(image);
  }

  repair(): void {
    this.#engine = undefined;
  }

  /** What a failed transaction left comes to light when nobody has the file open. */
  #recover(): void {
    const ghost = this.#ghost;
    this.#ghost = undefined;
    if (ghost === undefined || this.#chance.oneIn(2)) return;
    this.#journal.push(ghost);
    this.#engine = undefined;
  }

  #open(): Engine {
    if (this.#engine) return this.#engine;
    const engine = new Engine(this.#image);
    for (const { sql, values } of this.#journal.flatMap(({ statements }) => statements)) {
      engine.all(sql, values);
    }
    this.#engine = engine;
    return engine;
  }
}

/** A database in memory with its prepared statements. */
class Engine {
  readonly #database = new DatabaseSync(':memory:');
  readonly #statements = new Map<string, StatementSync>();

  constructor(image?: Uint8Array) {
    if (image) this.#database.deserialize(image);
  }

  image(): Uint8Array {
    return this.#database.serialize();
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  all(sql: string, values: readonly Value[]): Row[] {
    const known = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, known);
    return known.all(...values);
  }
}
