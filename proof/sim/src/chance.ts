import { type SeededRandom, seededRandom } from '@ioi/basis';

const RARE = 10;
const MUCH = 25;

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

  /** How long something takes: up to so long, and now and then much longer. */
  delay(usual: number): number {
    return 1 + this.below(this.oneIn(RARE) ? usual * MUCH : usual);
  }

  bytes(count: number): Uint8Array {
    return this.#random.bytes(count);
  }
}
