import { rmSync } from 'node:fs';
import { type SeededRandom, seededRandom } from '@ioi/basis';
import { type Evidence, type Progress, sideBySide, sumOf } from './evidence.ts';
import { faultyLife, plainCalls } from './fault-life.ts';
import { type FileCall, tracingProblem } from './file-calls.ts';
import type { Homes } from './homes.ts';

export type FaultOptions = {
  /** Of the calls of each kind, one in so many fails; 1 for all. */
  readonly every: number;
  readonly seed: number;
  /** At most so many failures, spread over the kinds. */
  readonly most: number;
};

type Fault = { readonly at: FileCall; readonly error: string };

const ERRORS = ['EIO', 'ENOSPC'] as const;

/**
 * Runs a node with a domain that takes some operations, counts its calls that change files, and
 * runs it again for each of them, with that one call failing: the first of a kind with each error,
 * those after it with one after the other.
 */
export async function runFaults(
  homes: Homes,
  options: FaultOptions,
  onProgress: Progress,
): Promise<Evidence> {
  const problem = tracingProblem();
  if (problem !== undefined) return { findings: [`no faults: ${problem}`], counts: {} };
  const calls = await plainCalls(homes.fresh());
  const faults = chosen(calls, options);
  let done = 0;
  const parts = await sideBySide(faults, async ({ at, error }) => {
    const home = homes.fresh();
    const evidence = await faultyLife(home, at, error);
    rmSync(home, { recursive: true, force: true });
    done += 1;
    onProgress(done, faults.length, 'faults', evidence.findings);
    return evidence;
  });
  const { findings, counts } = sumOf(parts);
  return { findings, counts: { file_calls: calls.length, faults: done, ...counts } };
}

/** Of every kind of call at least one, so that those made once are not overlooked. */
function chosen(calls: readonly FileCall[], { every, seed, most }: FaultOptions): Fault[] {
  const random = seededRandom(seed);
  const kinds = Map.groupBy(unlike(calls), kindOf);
  const faults = [...kinds.values()].flatMap((kind) => {
    const from = random.below(Math.min(every, kind.length));
    const some = kind.filter((_, at) => at % every === from);
    return some.flatMap((at, rank) => {
      const errors = rank === 0 ? ERRORS : ERRORS.slice(rank % ERRORS.length).slice(0, 1);
      return errors.map((error) => ({ at, error }));
    });
  });
  return spread(faults, most, random);
}

/** Every projection makes the same calls: the n-th of a kind fails for one of them. */
function unlike(calls: readonly FileCall[]): FileCall[] {
  const byName = new Map(calls.map((call) => [`${kindOf(call)} ${call.nth}`, call]));
  return [...byName.values()];
}

/** The projections are files of one kind, however many there are. */
function kindOf({ process, call, path }: FileCall): string {
  return `${process} ${call} ${path.replace(/projections\/[0-9a-f]+\.\d+/, 'projections/')}`;
}

/** At most so many, one of each kind before a second of any. */
function spread(faults: readonly Fault[], most: number, random: SeededRandom): Fault[] {
  const kinds = [...Map.groupBy(faults, ({ at }) => kindOf(at)).values()];
  const ranked = kinds.flatMap((kind) =>
    shuffled(kind, random).map((fault, rank) => ({ fault, rank })),
  );
  const order = shuffled(ranked, random).sort((one, other) => one.rank - other.rank);
  return order.slice(0, most).map(({ fault }) => fault);
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(random.below(rest.length), 1));
}
