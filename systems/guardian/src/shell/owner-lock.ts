import { err, ok, type Result } from '@ioi/basis';
import { type HybridKey, openKeyFile } from '@ioi/crypto/shell';
import type { Refusal } from '../core/index.ts';

const MAX_FREE_FAILURES = 3;

/** The owner's key behind its passphrase: open for one decision at a time, kept by nobody. */
export class OwnerLock {
  readonly #keyFile: string;
  /** Milliseconds that only rise. */
  readonly #now: () => number;
  #failures = 0;
  #lockedUntil = 0;
  /** One passphrase at a time, so that parallel guesses wait like any others. */
  #unlocking: Promise<unknown> = Promise.resolve();

  constructor(keyFile: string, now: () => number) {
    this.#keyFile = keyFile;
    this.#now = now;
  }

  open(passphrase: string): Promise<Result<HybridKey, Refusal>> {
    const turn = this.#unlocking.then(() => this.#tryPassphrase(passphrase));
    this.#unlocking = turn;
    return turn;
  }

  /** Wrong passphrases cost time: after three, each one doubles the wait. */
  async #tryPassphrase(passphrase: string): Promise<Result<HybridKey, Refusal>> {
    const now = this.#now();
    if (now < this.#lockedUntil) {
      const seconds = Math.ceil((this.#lockedUntil - now) / 1000);
      return err({ code: 'approver.locked', message: `too many attempts; try in ${seconds} s` });
    }
    const opened = await openKeyFile(this.#keyFile, passphrase);
    if (!opened.ok) {
      this.#failures += 1;
      const over = this.#failures - MAX_FREE_FAILURES;
      if (over > 0) this.#lockedUntil = now + Math.min(2 ** over, 300) * 1000;
      return err({ code: `approver.${opened.error.code}`, message: opened.error.message });
    }
    this.#failures = 0;
    return ok(opened.value);
  }
}
