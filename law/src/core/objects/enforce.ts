import { err, ok, type Result } from '@ioi/basis';
import type { ConstraintDefinitionEnvelope, Rejection, View } from '@ioi/protocol';
import { type HeadOverlay, headName } from '../ledger/heads.ts';
import type { Change } from './change.ts';
import type { IndexedConstraint } from './constraint.ts';
import type { IndexChange } from './events.ts';
import { compare, exactInteger } from './exact.ts';
import { keys, type Range, type RangesHead, type UniqueHead } from './heads.ts';
import { deltasOf, type IndexDelta } from './index-deltas.ts';
import { applyIndex, compareNumbers, keyOf, totalOf } from './indexes.ts';
import { formatPointer } from './pointer.ts';
import { nameOf, type Refused, violated } from './violation.ts';

type Mode = ConstraintDefinitionEnvelope['enforcement_mode'];

/** Most ranges that are kept under one key of an exclusion. */
const MAX_RANGES = 256;

/** What a step changes in every index, after all that is immediate was seen to hold. */
export function enforceStep(
  change: Change,
  after: HeadOverlay,
): Result<readonly IndexDelta[], Rejection> {
  const { form, base, value } = change;
  for (const { definition, violation } of form.local) {
    const fault = violation(base, value, 0n);
    if (fault) return violated(definition, change, formatPointer(fault.steps), fault.message);
  }
  const deltas = deltasOf(change);
  if (!deltas.ok) return deltas;
  const enforced = enforceIndexed([change], deltas.value, 'immediate', after);
  return enforced.ok ? deltas : enforced;
}

/** The same for what was deferred, over all steps at once. */
export function enforceDeferred(
  changes: readonly Change[],
  deltas: readonly IndexDelta[],
  after: HeadOverlay,
): Result<undefined, Rejection> {
  return enforceIndexed(changes, deltas, 'deferred', after);
}

/** First everything lets go, then everything is taken: two objects may swap what they hold. */
function enforceIndexed(
  changes: readonly Change[],
  all: readonly IndexDelta[],
  mode: Mode,
  after: HeadOverlay,
): Result<undefined, Rejection> {
  const deltas = all.filter((each) => each.constraint.definition.enforcement_mode === mode);
  for (const { release, change } of deltas) {
    if (release) after.apply([applyIndex(after, release, change.id)]);
  }
  for (const { claim, change, constraint } of deltas) {
    if (!claim) continue;
    const refused = refusedClaim(claim, { change, constraint, after });
    if (refused) return refused;
    after.apply([applyIndex(after, claim, change.id)]);
  }
  return outOfBounds(deltas, after) ?? stillReferenced(changes, mode, after) ?? ok(undefined);
}

type Claiming = {
  readonly change: Change;
  readonly constraint: IndexedConstraint;
  readonly after: View;
};

function refusedClaim(claim: IndexChange, claiming: Claiming): Refused | undefined {
  const { change, constraint, after } = claiming;
  const { definition, pointer, targetClass } = constraint;
  if (claim.index === 'unique') {
    const holder = after.get<UniqueHead>(keyOf(claim))?.id;
    if (holder === undefined || holder === change.id) return undefined;
    return violated(definition, change, pointer, `${holder} has it`);
  }
  if (claim.index === 'range') return refusedRange(claim, claiming);
  if (targetClass === undefined || after.get(keys.object(targetClass, claim.id))) return undefined;
  return violated(definition, change, pointer, `there is no ${targetClass}/${claim.id}`);
}

function refusedRange(
  claim: Extract<IndexChange, { index: 'range' }>,
  { change, constraint, after }: Claiming,
): Refused | undefined {
  const { definition, pointer } = constraint;
  const ranges = after.get<RangesHead>(keyOf(claim))?.ranges ?? [];
  const others = ranges.filter((each) => each.id !== change.id);
  if (others.length >= MAX_RANGES) {
    const message = `${nameOf(definition, change, pointer)}: ${MAX_RANGES} ranges are kept for it`;
    return err({ code: 'constraint.exclusion_full', message });
  }
  const { range } = claim;
  const overlapped = range && others.find((each) => overlap(each, range));
  return overlapped && violated(definition, change, pointer, `overlaps ${overlapped.id}`);
}

function overlap(left: Range, right: Range): boolean {
  return compareNumbers(left.from, right.to) < 0 && compareNumbers(right.from, left.to) < 0;
}

/** A group that grew is within its maximum; one that shrank did not fall below its minimum. */
function outOfBounds(deltas: readonly IndexDelta[], after: View): Refused | undefined {
  const grown = new Map<string, number>();
  const bounded = deltas.filter((each) => each.constraint.bounds !== undefined);
  const add = (change: IndexChange | undefined, by: number) => {
    if (!change) return;
    const name = headName(keyOf(change));
    grown.set(name, (grown.get(name) ?? 0) + by);
  };
  for (const { release, claim } of bounded) {
    add(release, -1);
    add(claim, 1);
  }
  for (const { release, claim, change, constraint } of bounded) {
    const { min, max } = constraint.bounds!;
    for (const each of [release, claim]) {
      const by = each ? (grown.get(headName(keyOf(each))) ?? 0) : 0;
      if (!each || by === 0) continue;
      const total = totalOf(after, keyOf(each));
      const isBelow = by < 0 && compare(total, min) < 0;
      const isAbove = by > 0 && max !== undefined && compare(total, max) > 0;
      if (!isBelow && !isAbove) continue;
      const message = isBelow ? 'fewer than its minimum' : 'more than its maximum';
      return violated(constraint.definition, change, constraint.pointer, message);
    }
  }
  return undefined;
}

/** An object that others refer to is not deleted. */
function stillReferenced(changes: readonly Change[], mode: Mode, after: View): Refused | undefined {
  for (const { objectClass, id, value, compiled } of changes) {
    if (value !== undefined) continue;
    for (const { constraint_id, enforcement_mode } of compiled.head.referenced_by) {
      const references = keys.references(constraint_id, id);
      if (enforcement_mode !== mode || compare(totalOf(after, references), NONE) === 0) continue;
      const definition = { constraint_id, constraint_type: 'foreign_ref' } as const;
      return violated(definition, { objectClass, id }, '', 'others refer to it');
    }
  }
  return undefined;
}

const NONE = exactInteger(0);
