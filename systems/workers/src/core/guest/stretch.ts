/** Of the limit: what it may have computed before anybody looked. */
const UNSEEN = 1 / 8;
/** Of the limit, by the clock: beyond that it does not matter who had the processor. */
const MOST_BY_CLOCK = 10;

/**
 * One stretch of computing, held to a limit of processor time: on a machine that is busy with
 * others a guest may do as much as on a quiet one. Times are milliseconds.
 */
export class Stretch {
  readonly #limit: number;
  readonly #from: number;
  #first: { readonly spent: number; readonly unseen: number } | undefined;

  /** `from` by a clock that never goes back. */
  constructor(limit: number, from: number) {
    this.#limit = limit;
    this.#from = from;
  }

  /** Between two looks. */
  get every(): number {
    return Math.max(1, this.#limit * UNSEEN);
  }

  /** Whether to ask what was spent, which costs something itself. */
  isWorthALook(now: number): boolean {
    return now - this.#from >= this.every;
  }

  /** `spent` is all of a thread, since whenever; undefined where that is not known yet. */
  isOver(now: number, spent: number | undefined): boolean {
    const passed = now - this.#from;
    if (passed >= this.#limit * MOST_BY_CLOCK) return true;
    if (spent === undefined) return false;
    this.#first ??= { spent, unseen: Math.min(passed, this.every) };
    return this.#first.unseen + spent - this.#first.spent >= this.#limit;
  }
}

/** What a thread spent, of the processor time that Node tells of it. */
export function spentMs({ user, system }: { readonly user: number; readonly system: number }) {
  return (user + system) / 1000;
}
