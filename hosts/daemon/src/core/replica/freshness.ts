/** What a store said of its writer. */
export type Seen = {
  /** A moment of this machine's clock: so much before the look as the server lags. */
  readonly at: number;
  readonly term: number;
  /** The writer counts; whoever starts counts below nought. */
  readonly beat: number;
};

/** A look at which more was told than is verified: it counts once that is. */
type Owed = { readonly at: number; readonly sizes: ReadonlyMap<string, number> };

/**
 * How old what is served may be. No two clocks are compared: it counts from the moment when the
 * store was looked at, all that it had told by then being verified here, and its writer having
 * stirred since the look before.
 */
export class Freshness {
  #last: Seen | undefined;
  /** The first that is owed, and the last. */
  #owed: Owed | undefined;
  #later: Owed | undefined;
  #fresh: Owed | undefined;

  /** `told`: entries of each log that is followed, as the store had them at this look. */
  looked(seen: Seen, told: ReadonlyMap<string, number>): void {
    const last = this.#last;
    const isSame = seen.term === last?.term && seen.beat === last.beat;
    if (last !== undefined && !isSame && !stirs(seen, last)) return;
    // One that did not stir makes nothing younger: it may tell of more logs.
    // A server that lags brings nothing older than was seen: its writer stirred since.
    const at = isSame ? last.at : Math.max(seen.at, last?.at ?? seen.at);
    if (!isSame) this.#last = { ...seen, at };
    const owed = { at, sizes: told };
    if (this.#owed === undefined) this.#owed = owed;
    else this.#later = owed;
  }

  /** What is verified of each log by now. */
  verified(sizes: ReadonlyMap<string, number>): void {
    const isHere = ([domain, size]: readonly [string, number]) => (sizes.get(domain) ?? 0) >= size;
    for (const each of [this.#owed, this.#later]) {
      if (each === undefined || ![...each.sizes].every(isHere)) return;
      this.#fresh = each;
      this.#owed = each === this.#owed ? this.#later : undefined;
      this.#later = undefined;
    }
  }

  /** Whether a log was among those that were told; one that is followed from now on was not. */
  covers(domain: string): boolean {
    return (this.#fresh?.sizes.get(domain) ?? 0) > 0;
  }

  /** Milliseconds since then; undefined before anything was ever verified. */
  age(now: number): number | undefined {
    return this.#fresh === undefined ? undefined : Math.max(0, now - this.#fresh.at);
  }
}

/**
 * A term below one that was seen is of a server that lags, and so is a count of its writer below
 * one that was: nothing stirs there.
 */
function stirs({ term, beat }: Seen, last: Seen): boolean {
  if (term !== last.term) return term > last.term;
  const [isWriting, wasWriting] = [beat > 0, last.beat > 0];
  return isWriting === wasWriting ? Math.abs(beat) > Math.abs(last.beat) : isWriting;
}
