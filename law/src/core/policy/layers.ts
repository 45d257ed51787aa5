import type { Layer, PolicyBundle, Reservation } from '@ioi/protocol';
import type { BudgetView } from './budgets.ts';
import type { CompiledPolicy } from './compile.ts';
import type { Decision } from './decision.ts';
import { budgetIdsFor, evaluate } from './evaluate.ts';
import { rankOf } from './rules.ts';
import type { Subject } from './subject.ts';

/** The rules an organisation bounds a node with. */
export type Ceiling = {
  readonly policy: CompiledPolicy;
  /** What follows from their being too old; absent while they are not. */
  readonly stale?: PolicyBundle['stale'];
};

/** What decides: the policy of the owner, and the ceiling above it where there is one. */
export type Layers = {
  readonly local: CompiledPolicy | undefined;
  readonly ceiling?: Ceiling;
};

/** `layer` is absent where there is one layer. */
export type LayeredDecision = Decision & { readonly layer?: Layer };

const NONE_ACTIVE: Decision = { verdict: 'BLOCK', code: 'policy.none_active', reservations: [] };

const TOO_OLD = { field: 'max_age_ms', layer: 'organisation' } as const;

/**
 * Decides by all layers: the more restrictive answer stands, of equals the local one. What goes
 * ahead takes from the budgets of both.
 */
export function decideLayers(
  { local, ceiling }: Layers,
  subject: Subject,
  budgets: BudgetView,
): LayeredDecision {
  const inner = local ? evaluate(local, subject, budgets) : NONE_ACTIVE;
  if (ceiling === undefined) return inner;
  if (ceiling.stale === 'block') {
    return { verdict: 'BLOCK', code: 'policy.bundle_stale', ...TOO_OLD, reservations: [] };
  }
  const outer = evaluate(ceiling.policy, subject, budgets);
  const isBounded = rankOf(outer.verdict) < rankOf(inner.verdict);
  const stands = isBounded ? outer : inner;
  const layer: Layer = isBounded ? 'organisation' : 'local';
  if (stands.verdict === 'BLOCK') return { ...stands, layer };
  const reservations = joined(inner.reservations, outer.reservations);
  if (ceiling.stale === 'ask' && stands.verdict === 'ALLOW') {
    return { verdict: 'REQUIRE_APPROVAL', code: 'approval.required', ...TOO_OLD, reservations };
  }
  return { ...stands, layer, reservations };
}

/** Every policy in force, the local one first. */
export function policiesIn({ local, ceiling }: Layers): readonly CompiledPolicy[] {
  return [...(local ? [local] : []), ...(ceiling ? [ceiling.policy] : [])];
}

/** Ids of every budget that deciding this request may read or reserve. */
export function budgetIdsIn(layers: Layers, subject: Subject): readonly string[] {
  return [...new Set(policiesIn(layers).flatMap((policy) => budgetIdsFor(policy, subject)))];
}

/** Of one budget as much of its history is kept as either layer looks at. */
function joined(
  inner: readonly Reservation[],
  outer: readonly Reservation[],
): readonly Reservation[] {
  const taken = new Map(inner.map((each) => [each.budget_id, each]));
  for (const each of outer) {
    const same = taken.get(each.budget_id);
    taken.set(each.budget_id, same ? longer(same, each) : each);
  }
  return [...taken.values()];
}

/** What is taken of one budget is the same in both; only how long it is kept may differ. */
function longer(one: Reservation, other: Reservation): Reservation {
  if (one.window_ms === undefined || other.window_ms === undefined) return one;
  const window_ms = Math.max(one.window_ms, other.window_ms);
  return { ...one, window_ms, most: Math.max(one.most ?? 0, other.most ?? 0) };
}
