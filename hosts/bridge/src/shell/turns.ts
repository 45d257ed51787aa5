import type { SqlError } from '../core/index.ts';

/** A place in the line for the engine. */
export type Turn = { done(): void };

type Waiting = {
  readonly holder: object;
  readonly go: (turn: Turn) => void;
  readonly refuse: (fault: TurnRefused) => void;
};

export class TurnRefused extends Error {
  readonly error: SqlError;

  constructor(error: SqlError) {
    super(error.message);
    this.error = error;
  }
}

/** Whoever has the engine keeps it until a transaction is over; the others wait in their order. */
export class Turns {
  #holder: object | undefined;
  readonly #waiting: Waiting[] = [];

  take(holder: object): Promise<Turn> {
    return new Promise((go, refuse) => {
      this.#waiting.push({ holder, go, refuse });
      this.#next();
    });
  }

  /** Whoever waits is refused; false when it does not wait. */
  refuse(holder: object, error: SqlError): boolean {
    const at = this.#waiting.findIndex((each) => each.holder === holder);
    const [found] = at < 0 ? [] : this.#waiting.splice(at, 1);
    found?.refuse(new TurnRefused(error));
    return found !== undefined;
  }

  #next(): void {
    if (this.#holder !== undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    const turn: Turn = {
      done: () => {
        if (this.#holder !== turn) return;
        this.#holder = undefined;
        this.#next();
      },
    };
    this.#holder = turn;
    next.go(turn);
  }
}
