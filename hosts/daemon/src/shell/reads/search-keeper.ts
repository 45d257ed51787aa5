import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { type SealedLog, SearchFile, type SearchQuestion } from '@ioi/agentgres/shell';
import { err, ok } from '@ioi/basis';
import type { Answer } from './projection-messages.ts';

export type KeeperOptions = {
  /** Where the file is kept. */
  readonly folder: string;
  readonly log: SealedLog;
  /** From when somebody asks, not from the start. */
  readonly isOnDemand: boolean;
  readonly now: () => number;
  readonly say: (message: string, about: object) => void;
};

/** Entries looked at in one step: what another read waits for at most. */
const STEP_ENTRIES = 512;
/** What nobody asks for is looked at together, not beside the act that was just sealed. */
const GATHER_MS = 2_000;
/** How long a question waits for what is not looked at yet. */
const PATIENCE_MS = 1_000;

/** Keeps what entries are looked up by at the sealed log, behind whatever else is done. */
export class SearchKeeper {
  readonly #options: KeeperOptions;
  #file: SearchFile | undefined;
  #sealed = 0;
  /** Who waits for it to be folded. */
  #asking = 0;
  #gathering: NodeJS.Timeout | undefined;
  #folding: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  sealed(size: number): void {
    this.#sealed = Math.max(this.#sealed, size);
    if (this.#options.isOnDemand && this.#file === undefined) return;
    const isFar = this.#sealed - (this.#file?.size ?? 0) >= STEP_ENTRIES;
    if (isFar) void this.#fold();
    else this.#gathering ??= setTimeout(() => void this.#fold(), GATHER_MS).unref();
  }

  /** In all that is sealed; where that takes too long, in what is looked at so far. */
  async answer(question: SearchQuestion): Promise<Answer<'search'>> {
    const patience = new AbortController();
    const { signal } = patience;
    const late = sleep(PATIENCE_MS, undefined, { signal }).catch(() => {});
    this.#asking += 1;
    await Promise.race([this.#fold(), late]);
    this.#asking -= 1;
    patience.abort();
    const searched = this.#tried((file) => file.search(question));
    if (searched !== undefined) return ok({ ...searched, indexed: this.#file?.size ?? 0 });
    void this.#fold();
    const message = 'what entries are found by cannot be read; it is made again';
    return err({ code: 'projection.fault', message });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#gathering);
    this.#file?.close();
  }

  #fold(): Promise<void> {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#folding ??= this.#foldAll().finally(() => {
      this.#folding = undefined;
    });
    return this.#folding;
  }

  async #foldAll(): Promise<void> {
    for (;;) {
      if (this.#isClosed) return;
      const since = this.#options.now();
      const size = this.#tried((file) => {
        if (file.size < this.#sealed) file.fold(STEP_ENTRIES, this.#sealed);
        return file.size;
      });
      if (size === undefined || size >= this.#sealed) return;
      // While nobody waits for it, it takes half of what there is of a processor.
      const took = this.#options.now() - since;
      await (this.#asking > 0 ? turn() : sleep(took, undefined, { ref: false }));
    }
  }

  /** Undefined where it failed: then it is made again from when it is next wanted. */
  #tried<T>(work: (file: SearchFile) => T): T | undefined {
    const { folder, log, now, say } = this.#options;
    try {
      this.#file ??= new SearchFile(folder, log, { now });
      return work(this.#file);
    } catch (fault) {
      say('entries are looked through again', { reason: messageOf(fault) });
      this.#begin();
      return undefined;
    }
  }

  #begin(): void {
    try {
      this.#file?.reset();
    } catch (fault) {
      this.#file = undefined;
      this.#options.say('entries cannot be looked up', { reason: messageOf(fault) });
    }
  }
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
