/**
 * Steps that a guest asked for and was not answered yet. Their texts take room outside of it, where
 * its own limit does not count: together they are as long as that at most.
 */
export class Unanswered {
  readonly #most: number;
  readonly #sizes: number[] = [];
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** In the order of their indexes; false for one that there is no room for. */
  asked(size: number): boolean {
    this.#sizes.push(size);
    this.#size += size;
    return this.#size <= this.#most;
  }

  answered(index: number): void {
    this.#size -= this.#sizes[index] ?? 0;
    this.#sizes[index] = 0;
  }
}
