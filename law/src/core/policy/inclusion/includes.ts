import { finish, type Pausing } from '@ioi/basis';
import type { InclusionResult } from '@ioi/protocol';
import type { CompiledPolicy } from '../compile.ts';
import type { Decision } from '../decision.ts';
import { evaluate } from '../evaluate.ts';
import { rankOf } from '../rules.ts';
import { cells } from './cells.ts';
import { asItStands, budgetsIn, type Situation, subjectIn } from './situation.ts';
import { leastOf } from './witness.ts';
import { incomparable, MOST_STEPS, Work } from './work.ts';

/** A request that two policies decide differently. */
export type Difference = {
  readonly situation: Situation;
  readonly before: Decision;
  readonly after: Decision;
};

export type Inclusion =
  | { readonly verdict: 'included'; readonly cells: number }
  | { readonly verdict: 'refused'; readonly witness: Difference }
  | { readonly verdict: 'undecided'; readonly reason: string };

/** Of what is supposed of a request, not all can be. */
const SUPPOSED = 'no request is found with the commands and texts for which it would go further';

/**
 * Whether `after` lies inside `before` (whitepaper 2.6.11, 9.4.3): there is no request, with any
 * facts and any budgets, that it lets go further. To ask goes further than to block, and to allow
 * further than to ask.
 */
export function includes(
  before: CompiledPolicy,
  after: CompiledPolicy,
  most = MOST_STEPS,
): Inclusion {
  return finish(proveInclusion(before, after, most));
}

/** The same with pauses, a thousandth of a second or so after one another. */
export function* proveInclusion(
  before: CompiledPolicy,
  after: CompiledPolicy,
  most = MOST_STEPS,
): Pausing<Inclusion> {
  const work = new Work(most);
  let count = 0;
  for (const situation of cells(before, after, work)) {
    if (situation === undefined) {
      yield;
      continue;
    }
    count += 1;
    if (!work.spend(2)) break;
    if (!isWidened(decide(before, after, situation))) continue;
    const real = asItStands(situation);
    if (isWidened(decide(before, after, real))) {
      const least = yield* leastOf(real, (each) => isWidened(decide(before, after, each)));
      return { verdict: 'refused', witness: decide(before, after, least) };
    }
    work.doubt(SUPPOSED);
  }
  const reason = work.undecided ?? incomparable(before.rules, after.rules);
  if (reason !== undefined) return { verdict: 'undecided', reason };
  return { verdict: 'included', cells: count };
}

/** The same as receipts say it. */
export function inclusionOfPolicies(
  before: CompiledPolicy,
  after: CompiledPolicy,
): InclusionResult {
  if (before.policyHash === after.policyHash) return 'unchanged';
  return inclusionResult(includes(before, after));
}

export function inclusionResult({ verdict }: Inclusion): InclusionResult {
  if (verdict === 'included') return 'narrower';
  return verdict === 'refused' ? 'wider' : 'undecided';
}

/** Whether a change needs an approval beside the owner's signature (whitepaper 9.4.3). */
export function mayWiden(inclusion: InclusionResult): boolean {
  return inclusion !== 'unchanged' && inclusion !== 'narrower';
}

/** Both policies' answers in one situation, from the evaluator that decides for real. */
export function decide(
  before: CompiledPolicy,
  after: CompiledPolicy,
  situation: Situation,
): Difference {
  const subject = subjectIn(situation);
  const budgets = budgetsIn(situation);
  return {
    situation,
    before: evaluate(before, subject, budgets),
    after: evaluate(after, subject, budgets),
  };
}

export function isWidened({ before, after }: Difference): boolean {
  return rankOf(after.verdict) > rankOf(before.verdict);
}
