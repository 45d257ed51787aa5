import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Modules } from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { Append, LogStore, Sealed } from '../core/index.ts';
import { LogFault } from './log-faults.ts';
import { catchUp, FOLD_CHUNK } from './open-log.ts';
import type { PostgresStore } from './postgres-store.ts';
import { SqliteStore } from './sqlite-store.ts';

/** What a log that is open and sealed is, to whoever copies it. */
export type Copied = {
  readonly store: PostgresStore;
  readonly frontier: Frontier;
  readonly modules: Modules;
};

const FILES = ['log.db', 'heads.db'].flatMap((name) =>
  ['', '-wal', '-shm'].map((end) => name + end),
);

/**
 * A log that is kept elsewhere, copied to a folder of this machine, where others read it at once.
 * Nothing is decided by it: what it lacks is fetched, and one that differs is made anew.
 */
export class ReadCopy {
  readonly #folder: string;
  #copy: SqliteStore | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Brings the copy up to the log, all of which is sealed; from then on it takes every write. */
  async follow(log: Copied): Promise<void> {
    try {
      return await this.#fill(log);
    } catch {
      // It holds what the log does not, or cannot be read: nothing of it is needed.
      this.close();
    }
    for (const name of FILES) rmSync(join(this.#folder, name), { force: true });
    await this.#fill(log);
  }

  /** Before it follows, nothing is taken: `follow` fetches it. */
  append(write: Append): void {
    this.#copy?.append(write);
  }

  applySealed(sealed: Sealed): void {
    this.#copy?.applySealed(sealed);
  }

  close(): void {
    this.#copy?.close();
    this.#copy = undefined;
  }

  async #fill({ store, frontier, modules }: Copied): Promise<void> {
    const copy = new SqliteStore(this.#folder, { isCopy: true });
    this.#copy = copy;
    const end = BigInt(frontier.size);
    copy.claim();
    for (let from = copy.size(); from < end; from = copy.size()) {
      copy.append(await store.appended(from, from + BigInt(FOLD_CHUNK)));
    }
    const reached = await catchUp({ store: copy, modules }, frontier.size);
    const isSame = Buffer.from(reached.root()).equals(frontier.root());
    if (copy.size() !== end || !isSame) {
      throw new LogFault('log.damaged', 'the copy is not what was copied');
    }
  }
}

/** A store with a copy that follows it: written to both, read from the store itself. */
export function withCopy(store: LogStore, copy: ReadCopy): LogStore {
  return {
    claim: () => store.claim(),
    size: () => store.size(),
    append: async (write) => {
      await store.append(write);
      // What stands beside the log is the store's to keep.
      copy.append({ ...write, beside: [] });
    },
    watermark: () => store.watermark(),
    applySealed: async (sealed) => {
      copy.applySealed(sealed);
      await store.applySealed(sealed);
    },
    seqsOf: (prefix, limit) => store.seqsOf(prefix, limit),
    known: (references) => store.known(references),
    resetHeads: () => store.resetHeads(),
    headsAt: (keys) => store.headsAt(keys),
    headsAfter: (key, limit) => store.headsAfter(key, limit),
    snapshot: () => store.snapshot(),
    saveSnapshot: (snapshot) => store.saveSnapshot(snapshot),
    entries: (from, to) => store.entries(from, to),
    leaves: (from, to) => store.leaves(from, to),
    nodes: (seqs) => store.nodes(seqs),
    payload: (digest) => store.payload(digest),
    beside: () => store.beside(),
    publish: (seal) => store.publish?.(seal),
    held: () => store.held(),
    saveCheckpoint: (size, note) => store.saveCheckpoint(size, note),
    checkpoint: (size) => store.checkpoint(size),
    close: async () => {
      copy.close();
      await store.close();
    },
  };
}
