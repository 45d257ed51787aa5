/** Gives a place back, once. */
export type Leave = () => void;

type Waiting = { readonly name: string; readonly give: (leave: Leave | undefined) => void };

/**
 * So many at once, and the others in the order in which they came. Who has a place and waits for
 * something else says so, and gives it up as soon as somebody needs it.
 */
export class Places {
  #free: number;
  readonly #queue: Waiting[] = [];
  /** The longest first. */
  readonly #spare = new Set<() => void>();

  constructor(most: number) {
    this.#free = most;
  }

  /** One now, if nobody waits for one. */
  take(): Leave | undefined {
    if (this.#queue.length > 0) return undefined;
    this.#makeRoom(() => this.#free > 0);
    return this.#free > 0 ? this.#given() : undefined;
  }

  /** One when it is its turn; undefined where it is not wanted any more. */
  next(name: string, signal: AbortSignal): Promise<Leave | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<Leave | undefined>();
    const onAbort = (): void => give(undefined);
    const give = (leave: Leave | undefined): void => {
      signal.removeEventListener('abort', onAbort);
      const at = this.#queue.indexOf(waiting);
      if (at >= 0) this.#queue.splice(at, 1);
      resolve(leave);
    };
    const waiting: Waiting = { name, give };
    signal.addEventListener('abort', onAbort);
    this.#queue.push(waiting);
    this.#serve();
    return promise;
  }

  /** How many are before it; undefined where it does not wait. */
  ahead(name: string): number | undefined {
    const at = this.#queue.findIndex((each) => each.name === name);
    return at < 0 ? undefined : at;
  }

  /** `giveUp` gives its place back if it is called; it is not after what this returns. */
  spare(giveUp: () => void): () => void {
    const own = (): void => giveUp();
    this.#spare.add(own);
    this.#serve();
    return () => void this.#spare.delete(own);
  }

  #serve(): void {
    const isEnough = (): boolean => this.#free > 0 || this.#queue.length === 0;
    for (;;) {
      this.#makeRoom(isEnough);
      const [first] = this.#queue;
      if (first === undefined || this.#free === 0) return;
      first.give(this.#given());
    }
  }

  /** By one after the other: what one gives up may have been enough. */
  #makeRoom(isEnough: () => boolean): void {
    for (const giveUp of this.#spare) {
      if (isEnough()) return;
      this.#spare.delete(giveUp);
      giveUp();
    }
  }

  #given(): Leave {
    this.#free -= 1;
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      this.#free += 1;
      this.#serve();
    };
  }
}
