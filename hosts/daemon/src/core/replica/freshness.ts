/** What a store said of its writer, at a moment of this machine's clock. */
export type Seen = {
  readonly at: number;
  readonly term: number;
  /** The writer counts; whoever starts counts below nought. */
  readonly beat: number;
};

/**
 * How old what is served may be. No two clocks are compared: it counts from the moment when the
 * store was looked at, all that it had told by then being verified here, and its writer having
 * stirred since the look before.
 */
export class Freshness {
  #last: Seen | undefined;
  /** A look at which more was told than is verified: it counts once that is. */
  #owed: { readonly at: number; readonly sizes: ReadonlyMap<string, number> } | undefined;
  #freshAt: number | undefined;

  /** `told`: entries of each log that is followed, as the store had them at this look. */
  looked(seen: Seen, told: ReadonlyMap<string, number>): void {
    const isStirring = this.#last === undefined || differs(seen, this.#last);
    if (!isStirring) return;
    this.#last = seen;
    this.#owed ??= { at: seen.at, sizes: told };
  }

  /** What is verified of each log by now. */
  verified(sizes: ReadonlyMap<string, number>): void {
    const owed = this.#owed;
    if (owed === undefined) return;
    for (const [domain, size] of owed.sizes) if ((sizes.get(domain) ?? 0) < size) return;
    this.#freshAt = owed.at;
    this.#owed = undefined;
  }

  /** Milliseconds since then; undefined before anything was ever verified. */
  age(now: number): number | undefined {
    return this.#freshAt === undefined ? undefined : Math.max(0, now - this.#freshAt);
  }
}

/** A term below one that was seen is of a server that lags: nothing stirs there. */
function differs({ term, beat }: Seen, last: Seen): boolean {
  return term > last.term || (term === last.term && beat !== last.beat);
}
