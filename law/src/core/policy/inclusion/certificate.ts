import { assert, encodeHex, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { canonicalJson, type Digest } from '@ioi/canon';
import { leafHash, rootOf } from '@ioi/merkle';
import type { ActionRules } from '@ioi/protocol';
import type { CompiledPolicy } from '../compile.ts';
import { cells, withoutPauses } from './cells.ts';
import { decide, type Inclusion, includes, isWidened } from './includes.ts';
import { incomparable, MOST_STEPS, Work } from './work.ts';

/**
 * What shows that one policy lies inside another, for whoever was not there: both policies, and a
 * commitment to every request that was tried, with what each decides. Stored as JSON.
 */
export type InclusionCertificate = {
  readonly kind: 'ioi.policy-inclusion.v1';
  readonly before_hash: Digest;
  readonly after_hash: Digest;
  readonly cells: number;
  /** RFC 6962 root over what is said of the targets, in their order. */
  readonly root: Digest;
  readonly targets: readonly CertifiedTarget[];
  readonly before: ActionRules;
  readonly after: ActionRules;
};

export type CertifiedTarget = {
  readonly target: string;
  /** How many different values the rules of both policies give each condition. */
  readonly constants: Readonly<Record<string, number>>;
  readonly cells: number;
  /** RFC 6962 root over the requests that were tried, with the decisions. */
  readonly root: Digest;
};

/** The certificate where `after` lies inside `before`; otherwise what `includes` says. */
export function certify(
  before: CompiledPolicy,
  after: CompiledPolicy,
): Result<InclusionCertificate, Inclusion> {
  const work = new Work(MOST_STEPS);
  const byTarget = new Map<string, Uint8Array[]>();
  for (const situation of withoutPauses(cells(before, after, work))) {
    const found = decide(before, after, situation);
    if (isWidened(found)) return err(includes(before, after));
    const { target } = situation.request;
    const decisions = { before: found.before.verdict, after: found.after.verdict };
    const leaf = leafOf({ ...situation, ...decisions });
    const leaves = byTarget.get(target);
    if (leaves === undefined) byTarget.set(target, [leaf]);
    else leaves.push(leaf);
    if (!work.spend(2)) break;
  }
  const reason = work.undecided ?? incomparable(before.rules, after.rules);
  if (reason !== undefined) return err({ verdict: 'undecided', reason });
  const targets = [...byTarget].map(([target, leaves]): CertifiedTarget => {
    const constants = constantsOf([before, after], target);
    return { target, constants, cells: leaves.length, root: digestOfRoot(leaves) };
  });
  return ok({
    kind: 'ioi.policy-inclusion.v1',
    before_hash: before.policyHash,
    after_hash: after.policyHash,
    cells: targets.reduce((sum, each) => sum + each.cells, 0),
    root: digestOfRoot(targets.map(leafOf)),
    targets,
    before: before.rules,
    after: after.rules,
  });
}

function constantsOf(
  policies: readonly CompiledPolicy[],
  target: string,
): Readonly<Record<string, number>> {
  const groups = policies.flatMap((policy) => policy.applicable(target).groups);
  const values = new Map<string, Set<string>>();
  for (const { rule } of groups.flatMap(({ rules }) => rules)) {
    for (const [name, value] of Object.entries(rule.conditions)) {
      const known = values.get(name) ?? new Set();
      values.set(name, known);
      for (const each of Array.isArray(value) ? value : [value]) known.add(JSON.stringify(each));
    }
  }
  return Object.fromEntries([...values].map(([name, { size }]) => [name, size]));
}

function leafOf(value: unknown): Uint8Array {
  const text = canonicalJson(value);
  assert(text.ok, 'what was tried has a canonical form');
  return leafHash(encodeUtf8(text.value));
}

function digestOfRoot(leaves: readonly Uint8Array[]): Digest {
  return `sha256:${encodeHex(rootOf(leaves))}`;
}
