import type { Sample } from './exposition.ts';

/** From 100 us to 10 s, in seconds. */
const BOUNDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** How long something took, each time, since the daemon started. */
export class Histogram {
  /** One for each bound, and one for what took longer than all. */
  readonly #counts = new Array<number>(BOUNDS.length + 1).fill(0);
  #sum = 0;

  saw(milliseconds: number): void {
    const seconds = Math.max(0, milliseconds) / 1000;
    const at = BOUNDS.findIndex((bound) => seconds <= bound);
    const place = at === -1 ? BOUNDS.length : at;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#sum += seconds;
  }

  samples(): Sample[] {
    let below = 0;
    const buckets = this.#counts.map((count, at): Sample => {
      below += count;
      const bound = BOUNDS[at];
      const le = bound === undefined ? '+Inf' : String(bound);
      return { suffix: '_bucket', labels: { le }, value: below };
    });
    return [...buckets, { suffix: '_sum', value: this.#sum }, { suffix: '_count', value: below }];
  }
}
