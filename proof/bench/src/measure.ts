export type Rounds = {
  /** Calls timed together, so that the clock's own step does not show. */
  readonly batch: number;
  readonly rounds: number;
  /** First rounds that are not counted: compilation and caches. */
  readonly warmUp: number;
};

/** What is measured returns a number that depends on its work, so that none of it is elided. */
export type Candidate = () => number;

/** Microseconds a call, one sample a round and candidate. */
export type Samples<Name extends string> = Readonly<Record<Name, readonly number[]>>;

/**
 * Times candidates side by side: they take turns in every round, so that whatever else the machine
 * does meanwhile falls on all of them.
 */
export function interleave<Name extends string>(
  candidates: Readonly<Record<Name, Candidate>>,
  { batch, rounds, warmUp }: Rounds,
): Samples<Name> {
  const names = Object.keys(candidates) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  let sink = 0;
  for (let round = 0; round < warmUp + rounds; round += 1) {
    for (const name of names) {
      const candidate = candidates[name];
      const start = process.hrtime.bigint();
      for (let call = 0; call < batch; call += 1) sink += candidate();
      const elapsed = Number(process.hrtime.bigint() - start);
      if (round >= warmUp) samples[name]?.push(elapsed / 1000 / batch);
    }
  }
  if (!Number.isFinite(sink)) throw new Error('a candidate returned no number');
  return samples as Record<Name, number[]>;
}

/** The value below which a share of the samples lies, for a share from 0 to 1. */
export function percentile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new Error('no samples were taken');
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.ceil(share * sorted.length) - 1;
  return sorted[Math.max(rank, 0)] as number;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}
