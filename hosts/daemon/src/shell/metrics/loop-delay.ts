import { monitorEventLoopDelay } from 'node:perf_hooks';

type IntervalHistogram = ReturnType<typeof monitorEventLoopDelay>;

const LOOK_MS = 20;
const WINDOW_MS = 60_000;
const PERCENTILES = { p50: 50, p99: 99, max: 100 };

type Delay = { readonly of: string; readonly seconds: number };

/** How late the daemon's own turns are; looked at from when somebody first asks. */
export class LoopDelay {
  #histogram: IntervalHistogram | undefined;
  #last: readonly Delay[] | undefined;

  /** Of the last whole minute, or of the time since it is looked at. Empty at first. */
  now(): readonly Delay[] {
    const histogram = this.#histogram ?? this.#begin();
    return this.#last ?? delaysOf(histogram);
  }

  #begin(): IntervalHistogram {
    const histogram = monitorEventLoopDelay({ resolution: LOOK_MS });
    histogram.enable();
    this.#histogram = histogram;
    setInterval(() => {
      this.#last = delaysOf(histogram);
      histogram.reset();
    }, WINDOW_MS).unref();
    return histogram;
  }
}

function delaysOf(histogram: IntervalHistogram): Delay[] {
  if (histogram.count === 0) return [];
  return Object.entries(PERCENTILES).map(([of, percentile]) => {
    const milliseconds = histogram.percentile(percentile) / 1e6;
    // The time between two looks is counted with it.
    return { of, seconds: Math.max(0, milliseconds - LOOK_MS) / 1000 };
  });
}
