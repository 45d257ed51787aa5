import { setTimeout as sleep } from 'node:timers/promises';
import type { PendingItem } from '../core/pending-view.ts';
import type { GuardianApi } from '../shell/node-api.ts';

const LOOK_MS = 100;
const REASON = 'nobody is there to ask: ioi run --ci';

/** Denies what waits for a person, as it comes; nobody is there. */
export class RefuseWaiting {
  readonly denied: PendingItem[] = [];
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
  async stop(): Promise<readonly PendingItem[]> {
    this.#stopping.abort();
    await this.#ended;
    await this.#denyAll();
    return this.denied;
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
      await this.#guardian.deny(item.request_hash, this.#passphrase, REASON);
      this.denied.push(item);
    }
  }
}
