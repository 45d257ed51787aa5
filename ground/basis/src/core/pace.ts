const SECOND_MS = 1000;

/** So many in each second and no more, whoever asks; told the time, it keeps none of its own. */
export class Pace {
  readonly #most: number;
  #since = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(mostASecond: number) {
    this.#most = mostASecond;
  }

  isWithin(nowMs: number): boolean {
    if (nowMs - this.#since >= SECOND_MS) {
      this.#since = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#most;
  }
}
