import { err, ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { ActionRules } from '@ioi/protocol';
import { isOpenFolder } from '../learn/learn.ts';
import { exampleOf, type Neighbour, neighboursOf, withExamples } from '../learn/reach.ts';
import { compilePolicy, evaluate, loadPolicy, subjectOf } from '../policy/index.ts';
import type { Conditions, Rule } from '../policy/rules.ts';
import { type Answered, type Group, groupsOf, type Member, unusedAt } from './answered.ts';
import { type LeaseProof, proveLease, withLease } from './prove.ts';
import { leaseReach } from './reach.ts';
import { regionsOf } from './regions.ts';

export type LeaseTerms = {
  /** Chain Time, in milliseconds, as are all of these. */
  readonly now: bigint;
  readonly lasts: bigint;
  /** Calls while it lasts, 1000 at most. */
  readonly calls: number;
  /** Approvals of one kind without which nothing is proposed. */
  readonly atLeast: number;
  /** The only session it is for; any of the node without it. */
  readonly session?: string;
  /** Rules of an organisation, where they bound the node. */
  readonly ceiling?: ActionRules;
};

export type ProposedLease = {
  readonly rule: Rule;
  /** The rule that asks today. */
  readonly asked_by: string;
  /** Approvals it rests on. */
  readonly hits: number;
  /** What else it would let go ahead, in words. */
  readonly reach: string;
  readonly match: readonly Neighbour[];
  /** Requests beside it, and such as a person denied: they are asked about as before. */
  readonly notMatch: readonly Neighbour[];
  readonly denied: readonly Neighbour[];
  readonly proof: LeaseProof;
  /** The policy with it, in canonical form. */
  readonly draft: ActionRules;
};

export type NotProposed = {
  readonly target: string;
  readonly asked_by: string;
  readonly hits: number;
  readonly reason: string;
};

export type Leases = {
  readonly leases: readonly ProposedLease[];
  readonly left: readonly NotProposed[];
};

const PREFIX = 'lease_';

/**
 * Leases over what a person approved again and again under a policy (whitepaper 2.6.7, A.2): each
 * an ALLOW rule with an end and so many calls, over the least region that can be said, proved to
 * take nothing but asking away, and met by nothing a person denied.
 */
export function proposeLeases(
  answered: readonly Answered[],
  policy: ActionRules,
  terms: LeaseTerms,
): Leases {
  const base = withoutEnded(policy, terms.now);
  const asked = answered.filter(({ request }) => {
    return terms.session === undefined || request.context.session_id === terms.session;
  });
  const approved = asked.filter(({ isApproved }) => isApproved);
  const denied = answered.filter(({ isApproved }) => !isApproved);
  const leases: ProposedLease[] = [];
  const left: NotProposed[] = [];
  for (const group of groupsOf(approved, compilePolicy(base), terms.now)) {
    const found = leaseOver(group, { base, denied, terms });
    const { ruleId: asked_by, members } = group;
    const target = members[0]?.request.target ?? '';
    if (found.ok) leases.push(found.value);
    else left.push({ target, asked_by, hits: members.length, reason: found.error });
  }
  return { leases, left };
}

/** A policy without leases that are over: they allow nothing any more. */
function withoutEnded(policy: ActionRules, now: bigint): ActionRules {
  const rules = policy.rules.filter(({ rule_id: id, conditions: { expires } }) => {
    return !id.startsWith(PREFIX) || expires === undefined || BigInt(expires) > now;
  });
  return { ...policy, rules };
}

type Asked = {
  readonly base: ActionRules;
  readonly denied: readonly Answered[];
  readonly terms: LeaseTerms;
};

function leaseOver(group: Group, asked: Asked): Result<ProposedLease, string> {
  const { ruleId, members } = group;
  const { base, terms } = asked;
  if (members.length < terms.atLeast) return err(`${terms.atLeast} approvals are needed`);
  const asking = base.rules.find(({ rule_id: id }) => id === ruleId);
  if (asking === undefined) return err('the rule that asks is not to be found');
  const { block_flows, block_intents, block_text_pattern } = asking.conditions;
  if ([block_flows, block_intents, block_text_pattern].some(Boolean)) {
    return err('it asks because of what a request holds or a session has read');
  }
  const blocking = base.rules.filter(({ action }) => action === 'BLOCK');
  const roots = [...new Set(members.map(({ facts }) => facts.workspace_root ?? ''))];
  const regions = regionsOf(members, asking, (folder) => isOpenFolder(folder, roots, blocking));
  let last: Result<ProposedLease, string> = err('no condition bounds what was approved');
  for (const region of regions) {
    last = leaseIn(region, group, asked);
    if (last.ok) return last;
  }
  return last;
}

function leaseIn(
  region: Conditions,
  { ruleId, members }: Group,
  { base, denied, terms }: Asked,
): Result<ProposedLease, string> {
  const rule = ruleOver(region, members, terms);
  if (rule === undefined) return err('its region has no canonical form');
  const loaded = loadPolicy(JSON.stringify(withLease(base, rule)));
  if (!loaded.ok) return err(loaded.error[0]?.message ?? 'no rule can say it');
  const draft = loaded.value.rules;
  const refused = whatWasDenied(rule, denied, terms);
  if (refused !== undefined) return err(refused);
  const proof = proveLease(rule, base, terms.ceiling);
  if (!proof.ok) return proof;
  const missed = whatItMisses(rule, members, draft, terms);
  if (missed !== undefined) return err(missed);
  const examples = members.map(exampleOf);
  const facts = examples[0]?.facts ?? {};
  const ends = [...new Set([examples[0], examples.at(-1)])].filter((each) => each !== undefined);
  const proposed = withExamples({ rule, match: ends, notMatch: neighboursOf(rule, facts) });
  const { target } = rule;
  const near = denied.filter(({ request }) => request.target === target).map(exampleOf);
  return ok({
    asked_by: ruleId,
    hits: members.length,
    reach: leaseReach(rule, members),
    denied: near.slice(0, 3),
    proof: proof.value,
    draft,
    ...(proposed ?? { rule, match: [], notMatch: [] }),
  });
}

/** Named by what it is about, not by when: the same approvals give the same name. */
function ruleOver(
  region: Conditions,
  [first]: readonly Member[],
  { now, lasts, calls, session }: LeaseTerms,
): Rule | undefined {
  const target = first?.request.target ?? '';
  const bound = session === undefined ? {} : { allow_sessions: [session] };
  const conditions: Conditions = { ...region, ...bound };
  const digest = digestOf({ target, conditions });
  if (!digest.ok) return undefined;
  return {
    rule_id: `${PREFIX}${digest.value.slice('sha256:'.length).slice(0, 12)}`,
    target,
    conditions: {
      ...conditions,
      rate_limit: { count: calls, window_ms: Number(lasts) },
      expires: String(now + lasts),
    },
    action: 'ALLOW',
  };
}

/** The evaluator that decides for real has to let every one of them go by this very rule. */
function whatItMisses(
  { rule_id }: Rule,
  members: readonly Member[],
  draft: ActionRules,
  { now }: LeaseTerms,
): string | undefined {
  const compiled = compilePolicy(draft);
  const isMet = members.every(({ subject }) => {
    const { verdict, ruleId } = evaluate(compiled, subject, unusedAt(now));
    return verdict === 'ALLOW' && ruleId === rule_id;
  });
  return isMet ? undefined : 'no rule inside the ones that ask lets all of them go';
}

function whatWasDenied(
  lease: Rule,
  denied: readonly Answered[],
  { now }: LeaseTerms,
): string | undefined {
  // By itself and in any session: what was denied in one is not for another.
  const { allow_sessions: _, ...conditions } = lease.conditions;
  const rules = [{ ...lease, conditions }];
  const alone = compilePolicy({ policy_id: 'lease', defaults: 'deny_all', rules });
  const isCovered = denied.some(({ request, facts }) => {
    return evaluate(alone, subjectOf(request, facts), unusedAt(now)).verdict === 'ALLOW';
  });
  return isCovered ? 'a request like these was denied' : undefined;
}
