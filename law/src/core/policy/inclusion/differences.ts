import { finish } from '@ioi/basis';
import type { CompiledPolicy } from '../compile.ts';
import { rankOf } from '../rules.ts';
import { cells, withoutPauses } from './cells.ts';
import { type Difference, decide } from './includes.ts';
import { asItStands, type Situation } from './situation.ts';
import { leastOf } from './witness.ts';
import { MOST_STEPS, Work } from './work.ts';

export type Differences = {
  /** One example for each pair of rules that decide differently on a target. */
  readonly examples: readonly Difference[];
  /** Why there may be more than those; absent where there are not. */
  readonly reason?: string;
};

const MOST_EXAMPLES = 500;

/** What a change means for single requests, both ways: what goes further, and what less far. */
export function differencesOf(before: CompiledPolicy, after: CompiledPolicy): Differences {
  const examples = new Map<string, Difference>();
  const work = new Work(MOST_STEPS);
  const look = (situation: Situation): void => {
    const found = decide(before, after, situation);
    const kind = kindOf(found);
    if (found.before.verdict === found.after.verdict || examples.has(kind)) return;
    const isSame = (each: Situation): boolean => kindOf(decide(before, after, each)) === kind;
    examples.set(kind, decide(before, after, finish(leastOf(situation, isSame))));
  };
  for (const [one, other] of [
    [before, after],
    [after, before],
  ] as const) {
    for (const situation of withoutPauses(cells(one, other, work))) {
      if (!work.spend(2) || examples.size >= MOST_EXAMPLES) break;
      look(asItStands(situation));
    }
  }
  const { undecided: reason } = work;
  const sorted = [...examples.values()].sort((left, right) => gainOf(right) - gainOf(left));
  return { examples: sorted, ...(reason === undefined ? {} : { reason }) };
}

function kindOf({ situation, before, after }: Difference): string {
  const sides = [before, after].map(({ verdict, ruleId }) => `${verdict} ${ruleId}`);
  return [situation.request.target, ...sides].join('|');
}

function gainOf({ before, after }: Difference): number {
  return rankOf(after.verdict) - rankOf(before.verdict);
}
