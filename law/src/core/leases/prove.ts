import { err, ok, type Result } from '@ioi/basis';
import type { ActionRules } from '@ioi/protocol';
import { compilePolicy, type Inclusion, includes, situationWords } from '../policy/index.ts';
import { type Rule, targetIncludes } from '../policy/rules.ts';

/** Requests that were tried for each statement; none of them went further. */
export type LeaseProof = {
  /** Whatever the lease lets go is asked about, or allowed, by the policy as it is. */
  readonly asked: number;
  /** With the region of the lease blocked in both, nothing goes further for the lease. */
  readonly elsewhere: number;
  /** With the lease everything still goes as far as without it. */
  readonly kept: number;
  /** The policy with the lease lies inside the ceiling; absent where there is none. */
  readonly bounded?: number;
};

/**
 * Shows what a lease is by inclusion of policies (decision 0010); otherwise says in words what
 * keeps it from being shown.
 */
export function proveLease(
  lease: Rule,
  policy: ActionRules,
  ceiling: ActionRules | undefined,
): Result<LeaseProof, string> {
  const counting = policy.rules.find((rule) => isAbout(rule, lease) && countsWhatItAsks(rule));
  if (counting) return err(`${counting.rule_id} counts what it asks about`);
  const blocking = policy.rules.filter(({ action }) => action === 'BLOCK');
  const draft = withLease(policy, lease);
  const region = withLease(policy, regionOf(lease)).rules;
  const asked = inclusion(
    { ...policy, rules: policy.rules.flatMap(asAllowing) },
    { ...policy, rules: [...blocking, lease] },
    'it would allow what is blocked',
  );
  if (!asked.ok) return asked;
  const elsewhere = inclusion(
    { ...policy, rules: region },
    { ...policy, rules: [...region, lease] },
    'it would change what it is not about',
  );
  if (!elsewhere.ok) return elsewhere;
  const kept = inclusion(draft, policy, 'it would hold back');
  if (!kept.ok) return kept;
  const bounded = ceiling && inclusion(ceiling, draft, 'it would go further than the ceiling');
  if (bounded && !bounded.ok) return bounded;
  return ok({
    asked: asked.value,
    elsewhere: elsewhere.value,
    kept: kept.value,
    ...(bounded ? { bounded: bounded.value } : {}),
  });
}

export function withLease(policy: ActionRules, lease: Rule): ActionRules {
  return { ...policy, rules: [...policy.rules, lease] };
}

function isAbout(rule: Rule, { target }: Rule): boolean {
  return rule.action === 'REQUIRE_APPROVAL' && targetIncludes(rule.target, target);
}

/** Once used up it blocks, and a lease must not let pass what it blocks. */
function countsWhatItAsks({ conditions }: Rule): boolean {
  const { rate_limit, rate_limit_per_origin, max_session_spend, max_day_spend } = conditions;
  return [rate_limit, rate_limit_per_origin, max_session_spend, max_day_spend].some(Boolean);
}

/**
 * What a rule asks about, allowed instead: an ALLOW rule of the same conditions is met by no more.
 * Not so where one of several values is enough, or none: such a rule vouches for nothing.
 */
function asAllowing(rule: Rule): readonly Rule[] {
  if (rule.action !== 'REQUIRE_APPROVAL') return [rule];
  const { allow_origins, block_flows, block_intents, block_text_pattern } = rule.conditions;
  const isByContent = [allow_origins, block_flows, block_intents, block_text_pattern].some(Boolean);
  return isByContent ? [] : [{ ...rule, action: 'ALLOW' }];
}

/** All that the lease could be about, as a rule that blocks. */
function regionOf({ conditions, ...lease }: Rule): Rule {
  const { rate_limit: _rate, expires: _expires, allow_origins: _origins, ...region } = conditions;
  return { ...lease, conditions: region, action: 'BLOCK' };
}

function inclusion(
  before: ActionRules,
  after: ActionRules,
  refusal: string,
): Result<number, string> {
  const found: Inclusion = includes(compilePolicy(before), compilePolicy(after));
  if (found.verdict === 'included') return ok(found.cells);
  if (found.verdict === 'undecided') return err(`not shown: ${found.reason}`);
  return err(`${refusal}: ${situationWords(found.witness.situation)}`);
}
