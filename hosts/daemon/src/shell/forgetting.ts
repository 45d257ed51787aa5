import type { Artifact, ArtifactQuery } from '@ioi/agentgres';
import type { ArtifactStore } from '@ioi/agentgres/shell';
import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { contentKeys, type HoldHead, keys } from '@ioi/law';
import type { ArtifactClass, EntryPlace, ForgetContent, Rejection } from '@ioi/protocol';
import { artifactClasses, DAY_MS, firstCovering, type Retention } from '../core/index.ts';
import type { HeadReader } from './head-reader.ts';
import type { Writer } from './writer.ts';

export type ForgettingOptions = {
  readonly store: ArtifactStore;
  readonly reader: HeadReader;
  readonly writer: Pick<Writer, 'submit'>;
  readonly retention: () => Retention;
  /** Of what no action needs: whether a run that is open goes on from it. */
  readonly isNeeded: (digest: string) => boolean;
  readonly log: (message: string, about: object) => void;
};

/** What was sealed, where, and what it was about. */
export type Forgotten = {
  readonly digests: readonly Digest[];
  readonly bytes: number;
  readonly receipts: readonly EntryPlace[];
};

type Why = Omit<ForgetContent, 'digests'>;

/** Contents one entry may name. */
const BATCH = 256;

/** Forgets, holds and releases contents: the log first, then the keys. */
export class Forgetting {
  readonly #options: ForgettingOptions;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: ForgettingOptions) {
    this.#options = options;
  }

  /** Why a content cannot be forgotten now; undefined when it can. */
  sparedBy({ digest, requestHash }: Artifact): 'held' | 'in_use' | undefined {
    const { reader, isNeeded } = this.#options;
    if (this.matters(digest).length > 0) return 'held';
    if (isNeeded(digest)) return 'in_use';
    return reader.get(keys.open(requestHash)) === undefined ? undefined : 'in_use';
  }

  /** Matters that hold a content. */
  matters(digest: string): readonly string[] {
    return this.#options.reader.get<HoldHead>(contentKeys.hold(digest))?.matters ?? [];
  }

  /**
   * Seals that these are forgotten, then destroys their keys. What was sealed before a refusal
   * is forgotten all the same, and stands in no answer: whoever asks again is told what is left.
   */
  async forget(artifacts: readonly Artifact[], why: Why): Promise<Result<Forgotten, Rejection>> {
    const busy = artifacts.find((each) => this.sparedBy(each) === 'in_use');
    if (busy) {
      const message = this.#options.isNeeded(busy.digest)
        ? `a run that is not over was given ${busy.digest}: end it first (ioi worker runs)`
        : `the action of ${busy.digest} is not over`;
      return err({ code: 'content.in_use', message });
    }
    const receipts: EntryPlace[] = [];
    for (const batch of batches(artifacts)) {
      const digests = batch.map(({ digest }) => digest);
      const sealed = await this.#forgetBatch(digests, why);
      if (!sealed.ok) return sealed;
      receipts.push(sealed.value);
    }
    const bytes = artifacts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return ok({ digests: artifacts.map(({ digest }) => digest), bytes, receipts });
  }

  async setHold(
    operation: 'content/hold' | 'content/release',
    digests: readonly Digest[],
    matter: string,
  ): Promise<Result<readonly EntryPlace[], Rejection>> {
    const receipts: EntryPlace[] = [];
    for (const batch of batches(digests)) {
      const sealed = await this.#seal(operation, { digests: batch, matter });
      if (!sealed.ok) return sealed;
      receipts.push(sealed.value);
    }
    return ok(receipts);
  }

  /** Forgets what every class has kept too long or has too much of, oldest first. One at a time. */
  sweep(): Promise<void> {
    const swept = this.#sweeping.then(async () => {
      for (const artifactClass of artifactClasses) await this.#sweepClass(artifactClass);
    });
    // One that failed keeps no later one from it.
    this.#sweeping = swept.catch(() => {});
    return swept;
  }

  async #sweepClass(artifactClass: ArtifactClass): Promise<void> {
    const { store, reader, retention } = this.#options;
    const { keep_days: days, max_bytes: most } = retention()[artifactClass];
    const until = reader.chainTime() - days * DAY_MS;
    const expired = (chosen: readonly Artifact[]): Why => {
      const due = String(Math.max(...chosen.map(({ created }) => created)) + days * DAY_MS);
      return { reason: `kept for ${days} days`, authority: 'retention', due };
    };
    await this.#forgetFrom({ artifactClass, until }, (page) => page, expired);
    const bytes = store.totals().find((each) => each.artifactClass === artifactClass)?.bytes ?? 0;
    let excess = bytes - most;
    const why = (): Why => ({ reason: `more than ${most} bytes`, authority: 'retention' });
    const choose = (page: readonly Artifact[]): readonly Artifact[] => {
      const chosen = firstCovering(page, excess);
      excess -= chosen.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return chosen;
    };
    if (excess > 0) await this.#forgetFrom({ artifactClass }, choose, why);
  }

  /** Page by page, what is held or in use being left out; ends with a page that has nothing due. */
  async #forgetFrom(
    query: ArtifactQuery,
    choose: (page: readonly Artifact[]) => readonly Artifact[],
    whyOf: (chosen: readonly Artifact[]) => Why,
  ): Promise<void> {
    const { store, log } = this.#options;
    let last: Artifact | undefined;
    for (;;) {
      const page = store.select(query, BATCH, last);
      last = page.at(-1);
      if (last === undefined) return;
      const free = page.filter((artifact) => this.sparedBy(artifact) === undefined);
      const chosen = choose(free);
      if (chosen.length > 0) {
        const why = whyOf(chosen);
        const forgotten = await this.forget(chosen, why);
        if (!forgotten.ok) return log('sweep was refused', forgotten.error);
        log('swept', { class: query.artifactClass, count: chosen.length, reason: why.reason });
      }
      if (chosen.length < free.length) return;
    }
  }

  async #forgetBatch(digests: readonly Digest[], why: Why): Promise<Result<EntryPlace, Rejection>> {
    const { store } = this.#options;
    store.condemn(digests);
    const sealed = await this.#seal('content/forget', { digests, ...why });
    if (sealed.ok) store.destroy(digests);
    else store.pardon(digests);
    return sealed;
  }

  async #seal(operation: string, payload: object): Promise<Result<EntryPlace, Rejection>> {
    const submitted = await this.#options.writer.submit(operation, payload);
    if (!submitted.ok) return submitted;
    const { seq, operation_id, chain_time } = submitted.value.entry;
    return ok({ seq, operation_id, chain_time });
  }
}

function* batches<T>(all: readonly T[]): Generator<readonly T[], void> {
  for (let at = 0; at < all.length; at += BATCH) yield all.slice(at, at + BATCH);
}
