import { newTally, type Tally } from '../tally.ts';
import type { Tested } from './junit.ts';

/** Tests whose name has this in it do not hold here, by a ruling of ours. */
export type Departure = { readonly test: string; readonly why: string };

/** What of a report counts; a departure that no test departs by any more is a failure too. */
export function judged(tests: readonly Tested[], departures: readonly Departure[]): Tally {
  const tally = newTally();
  const unused = new Set(departures);
  const skipped = new Map<string, number>();
  for (const { name, outcome, why } of tests) {
    if (outcome === 'skipped') {
      skipped.set(why, (skipped.get(why) ?? 0) + 1);
      continue;
    }
    tally.cases += 1;
    if (outcome === 'passed') continue;
    const departure = departures.find((each) => name.includes(each.test));
    if (departure === undefined) tally.failed.push(`${name}: ${why}`);
    else {
      unused.delete(departure);
      tally.excepted.push(`${name}: ${departure.why}`);
    }
  }
  for (const { test } of unused) {
    const isThere = tests.some((each) => each.name.includes(test) && each.outcome === 'passed');
    if (isThere) tally.failed.push(`${test} is named as a departure, and passes`);
  }
  for (const [why, count] of skipped) tally.skipped.push(`${count}: ${why}`);
  return tally;
}
