import { type SeededRandom, seededRandom } from '@ioi/basis';

/** Everything a run leaves to chance comes from here, so that a seed is a run. */
export class Chance {
  readonly #random: SeededRandom;

  constructor(seed: number | string) {
    this.#random = seededRandom(seed);
  }

  below(limit: number): number {
    return this.#random.below(limit);
  }

  /** True once in so many times; never for 0. */
  oneIn(times: number): boolean {
    return times > 0 && this.#random.below(times) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.#random.below(from.length)] as T;
  }

  /** By weight. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const names = Object.keys(weights) as T[];
    let left = this.#random.below(names.reduce((sum, name) => sum + weights[name], 0));
    for (const name of names) {
      left -= weights[name];
      if (left < 0) return name;
    }
    return names[0] as T;
  }

  bytes(count: number): Uint8Array {
    return this.#random.bytes(count);
  }
}
