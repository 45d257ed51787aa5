import { encodeHex, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { canonicalJson, parseStrict } from '@ioi/canon';
import {
  asItStands,
  budgetsIn,
  canonicalize,
  evaluateReference,
  inclusionCells,
  policyHash,
  type Situation,
  subjectIn,
} from '@ioi/law';
import { leafHash, rootOf } from '@ioi/merkle';
import { type ActionRules, isActionRequest, isActionRules } from '@ioi/protocol';
import { mixedRequests } from './mixed-requests.ts';

/** What a certificate shows once it was checked. */
export type CheckedInclusion = {
  readonly before_hash: string;
  readonly after_hash: string;
  readonly cells: number;
  /** Requests beside the cells that were tried as well, of values of both policies at random. */
  readonly mixed: number;
};

export type InclusionFault = {
  readonly code:
    | 'certificate.unreadable'
    | 'certificate.mismatch'
    | 'certificate.undecided'
    | 'certificate.widens';
  readonly message: string;
};

const SUPPOSED = 'it rests on commands or texts that no request is known for';
const LIMITS = { maxBytes: 128 * 1024 * 1024 };
const MIXED = 2000;
const RANKS = ['BLOCK', 'REQUIRE_APPROVAL', 'ALLOW'] as const;
type Rank = (typeof RANKS)[number];

/**
 * Checks that one policy lies inside another (decision 0010). Everything the certificate says is
 * worked out again from the two policies in it, with the slow evaluator, and must be the same to
 * the byte. That the requests tried are enough is checked by others, of mixed values: none of them
 * may go further.
 */
export function verifyInclusionCertificate(
  bytes: Uint8Array,
): Result<CheckedInclusion, InclusionFault> {
  const parsed = parseStrict(bytes, LIMITS);
  if (!parsed.ok) return fault('certificate.unreadable', parsed.error.message);
  const given = parsed.value as { readonly before?: unknown; readonly after?: unknown } | null;
  const { before, after } = given ?? {};
  if (!isCanonical(before) || !isCanonical(after)) {
    return fault('certificate.unreadable', 'it holds no two policies in canonical form');
  }
  const targets = new Map<string, Uint8Array[]>();
  const judge = judgeOf(before, after);
  const { situations, undecided } = inclusionCells(before, after);
  for (const situation of situations) {
    const { decisions, widens } = judge(situation);
    if (widens) {
      const isShown = situation.supposed === undefined || judge(asItStands(situation)).widens;
      return isShown ? widened(situation, decisions) : fault('certificate.undecided', SUPPOSED);
    }
    const { target } = situation.request;
    const leaves = targets.get(target) ?? [];
    leaves.push(leafOf({ ...situation, ...decisions }));
    targets.set(target, leaves);
  }
  const reason = undecided();
  if (reason !== undefined) return fault('certificate.undecided', reason);
  const expected = certificateOver(before, after, targets);
  if (textOf(expected) !== textOf(given)) {
    return fault('certificate.mismatch', 'it does not say what follows from its policies');
  }
  let mixed = 0;
  for (const situation of mixedRequests(before, after, MIXED)) {
    if (!isActionRequest(situation.request)) continue;
    const { decisions, widens } = judge(situation);
    if (widens) return widened(situation, decisions);
    mixed += 1;
  }
  const { before_hash, after_hash, cells } = expected;
  return ok({ before_hash, after_hash, cells, mixed });
}

type Decisions = { readonly before: Rank; readonly after: Rank };
type Judge = (situation: Situation) => { readonly decisions: Decisions; readonly widens: boolean };

/** Decides as the slow evaluator does, on the rules that name the target or a namespace of it. */
function judgeOf(before: ActionRules, after: ActionRules): Judge {
  const slices = [sliceOf(before), sliceOf(after)];
  return (situation) => {
    const subject = subjectIn(situation);
    const budgets = budgetsIn(situation);
    const [was = 'BLOCK', is = 'ALLOW'] = slices.map(
      (slice) => evaluateReference(slice(subject.target), subject, budgets).verdict,
    );
    return {
      decisions: { before: was, after: is },
      widens: RANKS.indexOf(is) > RANKS.indexOf(was),
    };
  };
}

function sliceOf(policy: ActionRules): (target: string) => ActionRules {
  const slices = new Map<string, ActionRules>();
  return (target) => {
    const known = slices.get(target) ?? { ...policy, rules: rulesFor(policy, target) };
    slices.set(target, known);
    return known;
  };
}

function rulesFor({ rules }: ActionRules, target: string): ActionRules['rules'] {
  return rules.filter((rule) => {
    if (rule.target === target) return true;
    return rule.target.endsWith('::*') && target.startsWith(rule.target.slice(0, -1));
  });
}

function certificateOver(
  before: ActionRules,
  after: ActionRules,
  leavesByTarget: ReadonlyMap<string, readonly Uint8Array[]>,
) {
  const targets = [...leavesByTarget].map(([target, leaves]) => {
    const constants = constantsIn([...rulesFor(before, target), ...rulesFor(after, target)]);
    return { target, constants, cells: leaves.length, root: rootText(leaves) };
  });
  return {
    kind: 'ioi.policy-inclusion.v1',
    before_hash: policyHash(before),
    after_hash: policyHash(after),
    cells: targets.reduce((sum, { cells }) => sum + cells, 0),
    root: rootText(targets.map(leafOf)),
    targets,
    before,
    after,
  };
}

function constantsIn(rules: ActionRules['rules']): Record<string, number> {
  const pairs = rules.flatMap(({ conditions }) =>
    Object.entries(conditions).flatMap(([name, value]) => {
      return [value].flat().map((each: unknown) => [name, JSON.stringify(each)] as const);
    }),
  );
  const names = new Set(pairs.map(([name]) => name));
  const count = (name: string): number =>
    new Set(pairs.filter(([each]) => each === name).map(([, value]) => value)).size;
  return Object.fromEntries([...names].map((name) => [name, count(name)]));
}

function isCanonical(value: unknown): value is ActionRules {
  return isActionRules(value) && textOf(canonicalize(value)) === textOf(value);
}

function textOf(value: unknown): string | undefined {
  const text = canonicalJson(value);
  return text.ok ? text.value : undefined;
}

function leafOf(value: unknown): Uint8Array {
  return leafHash(encodeUtf8(textOf(value) ?? ''));
}

function rootText(leaves: readonly Uint8Array[]): string {
  return `sha256:${encodeHex(rootOf(leaves))}`;
}

function fault(code: InclusionFault['code'], message: string): Result<never, InclusionFault> {
  return err({ code, message });
}

function widened(
  { request }: Situation,
  { before, after }: Decisions,
): Result<never, InclusionFault> {
  const message = `${textOf(request)} goes from ${before} to ${after}`;
  return fault('certificate.widens', message);
}
