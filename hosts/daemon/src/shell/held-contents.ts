import { err, ok, type Result } from '@ioi/basis';
import { notAtHand } from './not-at-hand.ts';

/** Contents on their way at once. */
const AT_ONCE = 4;

type Held = { readonly text: string; count: number };

/** Texts that acts refer to, at hand until whoever performs them lets them go. */
export class HeldContents {
  readonly #held = new Map<string, Held>();

  text(digest: string): string | undefined {
    return this.#held.get(digest)?.text;
  }

  /**
   * All of them at hand, a few fetched at a time, and how to let them go; or why one cannot be
   * read. What has no text is left out. After the first fault no other is asked for.
   */
  async hold(
    digests: Iterable<string>,
    read: (digest: string) => Promise<string | undefined>,
  ): Promise<Result<() => void, string>> {
    const taken: string[] = [];
    const letGo = (): void => {
      for (const digest of taken) this.#release(digest);
    };
    const faults: unknown[] = [];
    const waiting = [...digests][Symbol.iterator]();
    const takeTurns = async (): Promise<void> => {
      for (const digest of waiting) {
        if (faults.length > 0) return;
        try {
          const text = await read(digest);
          if (text !== undefined) taken.push(this.#take(digest, text));
        } catch (fault) {
          faults.push(fault);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, takeTurns));
    if (faults.length === 0) return ok(letGo);
    letGo();
    const [fault] = faults;
    return err(notAtHand(fault));
  }

  #take(digest: string, text: string): string {
    const held = this.#held.get(digest) ?? { text, count: 0 };
    held.count += 1;
    this.#held.set(digest, held);
    return digest;
  }

  #release(digest: string): void {
    const held = this.#held.get(digest);
    if (held !== undefined && --held.count === 0) this.#held.delete(digest);
  }
}
