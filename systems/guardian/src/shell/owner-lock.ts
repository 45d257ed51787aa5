import { err, type Result } from '@ioi/basis';
import { type HybridKey, openKeyFile } from '@ioi/crypto/shell';
import type { Refusal } from '../core/index.ts';

const MAX_FREE_FAILURES = 3;

type OpenKey = (passphrase: string) => Promise<Result<HybridKey, Refusal>>;
/** One try of one passphrase, at the owner's key or at what else it may open. */
type Attempt<T> = (openKey: OpenKey) => Promise<Result<T, Refusal>>;

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
    return this.guess((openKey) => openKey(passphrase));
  }

  /** Wrong passphrases cost time, wherever they are tried: after three, each doubles the wait. */
  guess<T>(attempt: Attempt<T>): Promise<Result<T, Refusal>> {
    const turn = this.#unlocking.then(() => this.#try(attempt));
    this.#unlocking = turn.catch(() => {});
    return turn;
  }

  async #openKey(passphrase: string): Promise<Result<HybridKey, Refusal>> {
    const opened = await openKeyFile(this.#keyFile, passphrase);
    if (opened.ok) return opened;
    return err({ code: `approver.${opened.error.code}`, message: opened.error.message });
  }

  async #try<T>(attempt: Attempt<T>): Promise<Result<T, Refusal>> {
    const now = this.#now();
    if (now < this.#lockedUntil) {
      const seconds = Math.ceil((this.#lockedUntil - now) / 1000);
      return err({ code: 'approver.locked', message: `too many attempts; try in ${seconds} s` });
    }
    const opened = await attempt((passphrase) => this.#openKey(passphrase));
    if (opened.ok) this.#failures = 0;
    else {
      this.#failures += 1;
      const over = this.#failures - MAX_FREE_FAILURES;
      if (over > 0) this.#lockedUntil = now + Math.min(2 ** over, 300) * 1000;
    }
    return opened;
  }
}
