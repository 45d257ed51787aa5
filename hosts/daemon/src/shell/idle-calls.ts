import type { Digest } from '@ioi/canon';
import type { Call } from '../core/index.ts';

/** Paused actions nobody waits for, by what they are about. */
export class IdleCalls {
  readonly #hashes = new Map<Digest, Set<Digest>>();

  add({ intent, requestHash }: Call): void {
    const hashes = this.#hashes.get(intent) ?? new Set();
    this.#hashes.set(intent, hashes.add(requestHash));
  }

  forget({ intent, requestHash }: Call): void {
    const hashes = this.#hashes.get(intent);
    hashes?.delete(requestHash);
    if (hashes?.size === 0) this.#hashes.delete(intent);
  }

  /** Those about the same. */
  like({ intent }: Call): readonly Digest[] {
    return [...(this.#hashes.get(intent) ?? [])];
  }
}
