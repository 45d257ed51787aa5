import type { Append, LogStore, Sealed, StoredEntry, TreeSnapshot } from '@ioi/agentgres';
import type { HeadText } from '@ioi/law';
import type { FrontierState } from '@ioi/merkle';
import type { HeadKey } from '@ioi/protocol';
import type { Chance } from './chance.ts';
import type { Schedule } from './schedule.ts';

/** How far away a store is. */
export type Distance = {
  readonly schedule: Schedule;
  readonly chance: Chance;
  /** Milliseconds that a call takes at most, each way. */
  readonly slowness: number;
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

  size(): Promise<bigint> {
    return this.#call(() => this.#store.size());
  }

  append(write: Append): Promise<void> {
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
      this.#there = Math.max(this.#there, schedule.now + 1 + chance.below(slowness));
      schedule.at(this.#there, () => {
        const back = (settle: () => void): void => schedule.within(slowness, settle);
        try {
          const value = work();
          back(() => resolve(value));
        } catch (fault) {
          back(() => reject(fault));
        }
      });
    });
  }
}
