import { ok, type Result } from '@ioi/basis';
import type { Rejection } from '@ioi/protocol';
import type { Change } from './change.ts';
import type { IndexEntry, IndexedConstraint } from './constraint.ts';
import type { IndexChange } from './events.ts';
import { keys, type Range } from './heads.ts';
import { formatPointer } from './pointer.ts';
import { violated } from './violation.ts';

/** What one object lets go of, and takes, in the index of one constraint. */
export type IndexDelta = {
  readonly change: Change;
  readonly constraint: IndexedConstraint;
  readonly release?: IndexChange;
  readonly claim?: IndexChange;
};

/** What a change lets go of, and takes, in every index of its class. */
export function deltasOf(change: Change): Result<readonly IndexDelta[], Rejection> {
  const { form, beforeForm, before, value } = change;
  const deltas: IndexDelta[] = [];
  for (const constraint of form.indexed) {
    const { constraint_id } = constraint.definition;
    const fault = value && constraint.violation?.(value);
    if (fault) {
      const pointer = formatPointer(fault.steps);
      return violated(constraint.definition, change, pointer, fault.message);
    }
    const earlier = beforeForm.indexed.find((c) => c.definition.constraint_id === constraint_id);
    const held = before && earlier?.entry(before.value);
    const taken = value && constraint.entry(value);
    if (held?.id === taken?.id && isSameRange(held?.range, taken?.range)) continue;
    deltas.push({
      change,
      constraint,
      ...(held ? { release: releaseOf(constraint, held) } : {}),
      ...(taken ? { claim: claimOf(constraint, taken) } : {}),
    });
  }
  return ok([...deltas, ...droppedDeltas(change)]);
}

/** What an object lets go of in constraints that end with the migration that takes it along. */
function droppedDeltas(change: Change): readonly IndexDelta[] {
  const { form, beforeForm, before } = change;
  if (form === beforeForm || !before) return [];
  const kept = new Set(form.indexed.map((each) => each.definition.constraint_id));
  return beforeForm.indexed.flatMap((constraint) => {
    if (kept.has(constraint.definition.constraint_id)) return [];
    const held = constraint.entry(before.value);
    const { bounds: _, ...unbounded } = constraint;
    return held ? [{ change, constraint: unbounded, release: releaseOf(constraint, held) }] : [];
  });
}

function isSameRange(left: Range | undefined, right: Range | undefined): boolean {
  return left?.from === right?.from && left?.to === right?.to;
}

const INDEX_KEYS = {
  unique: 'unique',
  range: 'ranges',
  reference: 'references',
  group: 'group',
} as const;

/** The head in which an entry stands. */
export function headOf({ definition, index }: IndexedConstraint, { id }: IndexEntry) {
  const { headClass } = keys[INDEX_KEYS[index]](definition.constraint_id, id);
  return { head_class: headClass, id };
}

function releaseOf(constraint: IndexedConstraint, entry: IndexEntry): IndexChange {
  const head = headOf(constraint, entry);
  switch (constraint.index) {
    case 'unique':
      return { index: 'unique', ...head, claims: false };
    case 'range':
      return { index: 'range', ...head };
    default:
      return { index: 'tally', ...head, by: '-1' };
  }
}

function claimOf(constraint: IndexedConstraint, entry: IndexEntry): IndexChange {
  const head = headOf(constraint, entry);
  switch (constraint.index) {
    case 'unique':
      return { index: 'unique', ...head, claims: true };
    case 'range':
      return { index: 'range', ...head, ...(entry.range ? { range: entry.range } : {}) };
    default:
      return { index: 'tally', ...head, by: '1' };
  }
}
