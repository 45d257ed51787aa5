import type { Append, Beside, LogStore, Sealed, StoredEntry, TreeSnapshot } from '@ioi/agentgres';
import type { HeadText } from '@ioi/law';
import type { FrontierState } from '@ioi/merkle';
import type { HeadKey } from '@ioi/protocol';
import type { Chance } from './chance.ts';
import type { Schedule } from './schedule.ts';
import type { SimProcess } from './sim-process.ts';

/** How much later than usual something stuck arrives. */
export const STUCK = 60;

/** How far away a store is. */
export type Distance = {
  readonly schedule: Schedule;
  readonly chance: Chance;
  /** Milliseconds that a call takes as a rule, each way. */
  readonly slowness: number;
  readonly client: SimProcess;
  /** Whether the client dies right now, an append of its under way. */
  readonly diesAppending: () => boolean;
};

/**
 * A store across a network: calls arrive in order, later, and so do their results. What was sent
 * before its caller died still arrives.
 */
export class RemoteStore implements LogStore {
  readonly #store: LogStore;
  readonly #distance: Distance;
  #there = 0;

  constructor(store: LogStore, distance: Distance) {
    this.#store = store;
    this.#distance = distance;
  }

  claim(): Promise<void> {
    return this.#call(() => this.#store.claim());
  }

  held(): Promise<void> {
    return this.#call(() => this.#store.held());
  }

  size(): Promise<bigint> {
    return this.#call(() => this.#store.size());
  }

  append(write: Append): Promise<void> {
    const { schedule, client, diesAppending } = this.#distance;
    if (diesAppending()) schedule.at(schedule.now, () => client.end());
    return this.#call(() => this.#store.append(write));
  }

  watermark(): Promise<FrontierState> {
    return this.#call(() => this.#store.watermark());
  }

  applySealed(sealed: Sealed): Promise<void> {
    return this.#call(() => this.#store.applySealed(sealed));
  }

  seqsOf(prefix: string, limit: number): Promise<bigint[]> {
    return this.#call(() => this.#store.seqsOf(prefix, limit));
  }

  known(references: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#call(() => this.#store.known(references));
  }

  resetHeads(): Promise<void> {
    return this.#call(() => this.#store.resetHeads());
  }

  headsAt(keys: readonly HeadKey[]): Promise<HeadText[]> {
    return this.#call(() => this.#store.headsAt(keys));
  }

  headsAfter(key: HeadKey | undefined, limit: number): Promise<HeadText[]> {
    return this.#call(() => this.#store.headsAfter(key, limit));
  }

  snapshot(): Promise<TreeSnapshot | undefined> {
    return this.#call(() => this.#store.snapshot());
  }

  saveSnapshot(snapshot: TreeSnapshot): Promise<void> {
    return this.#call(() => this.#store.saveSnapshot(snapshot));
  }

  entries(from: bigint, to: bigint): Promise<StoredEntry[]> {
    return this.#call(() => this.#store.entries(from, to));
  }

  leaves(from: bigint, to: bigint): Promise<Uint8Array[]> {
    return this.#call(() => this.#store.leaves(from, to));
  }

  nodes(seqs: readonly number[]): Promise<Uint8Array[]> {
    return this.#call(() => this.#store.nodes(seqs));
  }

  payload(digest: string): Promise<string | undefined> {
    return this.#call(() => this.#store.payload(digest));
  }

  beside(): Promise<Beside[]> {
    return this.#call(() => this.#store.beside());
  }

  saveCheckpoint(size: bigint, note: string): Promise<void> {
    return this.#call(() => this.#store.saveCheckpoint(size, note));
  }

  checkpoint(size: bigint): Promise<string | undefined> {
    return this.#call(() => this.#store.checkpoint(size));
  }

  close(): Promise<void> {
    return this.#call(() => this.#store.close());
  }

  #call<T>(work: () => T | Promise<T>): Promise<T> {
    const { schedule, chance, slowness } = this.#distance;
    return new Promise((resolve, reject) => {
      this.#there = Math.max(this.#there, schedule.now + chance.delay(slowness));
      const arrive = (): void => {
        const back = (settle: () => void): void => schedule.within(slowness, settle);
        try {
          const value = work();
          back(() => resolve(value));
        } catch (fault) {
          back(() => reject(fault));
        }
      };
      schedule.at(this.#there, () => this.#mayBeStuck(arrive));
    });
  }

  /** What a client sent before it died may hang in the network until others took its place. */
  #mayBeStuck(arrive: () => void): void {
    const { schedule, chance, slowness, client } = this.#distance;
    if (client.isAlive || chance.oneIn(2)) arrive();
    else schedule.within(slowness * STUCK, arrive);
  }
}
