import { setTimeout as sleep } from 'node:timers/promises';
import type { PendingItem } from '../core/pending-view.ts';
import type { GuardianApi } from '../shell/node-api.ts';

const LOOK_MS = 100;
const REASON = 'nobody is there to ask: ioi run --ci';

/** Denies what waits for a person, as it comes; nobody is there. */
export class RefuseWaiting {
  readonly #guardian: GuardianApi;
  readonly #passphrase: string;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;

  constructor(guardian: GuardianApi, passphrase: string) {
    this.#guardian = guardian;
    this.#passphrase = passphrase;
    this.#ended = this.#watch();
    // Thrown where the job ends.
    this.#ended.catch(() => {});
  }

  /** Once nothing waits any more. Rejects where something could not be denied. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
    await this.#denyAll();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#denyAll();
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #denyAll(): Promise<void> {
    for (const item of await this.#guardian.pending()) {
      try {
        await this.#guardian.deny(item.request_hash, this.#passphrase, REASON);
      } catch (fault) {
        // Whoever asked may have taken it back meanwhile.
        if (await this.#waits(item)) throw fault;
      }
    }
  }

  async #waits({ request_hash }: PendingItem): Promise<boolean> {
    const pending = await this.#guardian.pending();
    return pending.some((each) => each.request_hash === request_hash);
  }
}
