import { BoundedMap } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { unsaltedText } from '@ioi/law';
import type { GuardianNotice, Payloads } from '../core/index.ts';

const MOST_TEXTS = 256;
const LONGEST_TEXT = 1024 * 1024;

/**
 * Contents that a person is shown beside a request, as the daemon brings them: only what has the
 * digest that the guardian's own copy names is taken. Kept in memory, and few.
 */
export class ShownContents {
  readonly #texts = new BoundedMap<string, string>(MOST_TEXTS);
  readonly #wanted = new Map<string, () => void>();

  /** Without its salt; undefined until it was brought. */
  text(digest: string): string | undefined {
    return this.#texts.get(digest);
  }

  /** Asks for those that are not there, and waits for them, but not for long. */
  async bring(
    digests: readonly string[],
    notify: (notice: GuardianNotice) => void,
    patienceMs: number,
  ): Promise<void> {
    const missing = digests.filter((digest) => this.#texts.get(digest) === undefined);
    if (missing.length === 0) return;
    const brought = missing.map(
      (digest) => new Promise<void>((resolve) => this.#wanted.set(digest, resolve)),
    );
    notify({ kind: 'wanted', digests: missing });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([Promise.all(brought), late]);
    clearTimeout(timer);
    for (const digest of missing) this.#wanted.delete(digest);
  }

  /** What was not asked for, or is not what it says, is passed over. */
  take(payloads: Payloads): void {
    for (const [digest, salted] of Object.entries(payloads)) {
      const taken = this.#wanted.get(digest);
      if (taken === undefined || salted.length > LONGEST_TEXT) continue;
      const text = digestBytes(salted) === digest ? unsaltedText(salted) : undefined;
      if (text === undefined) continue;
      this.#texts.set(digest, text);
      taken();
    }
  }
}
