import { err, ok, type Result } from '@ioi/basis';
import type { ObjectStep, Rejection, View } from '@ioi/protocol';
import { HeadOverlay, timeless } from '../ledger/heads.ts';
import { type Change, resolve } from './change.ts';
import type { ClassCache } from './class-cache.ts';
import { enforceDeferred, enforceStep } from './enforce.ts';
import type { IndexChange, ObjectEvent } from './events.ts';
import { exactInteger, formatExact, subtract, ZERO } from './exact.ts';
import type { Form } from './form.ts';
import { BEHIND_ID, keys } from './heads.ts';
import type { IndexDelta } from './index-deltas.ts';
import { applyIndex } from './indexes.ts';
import type { JsonObject } from './pointer.ts';

/** What steps would bring about, before anyone asks who takes them and when. */
export type Plan = {
  readonly changes: readonly Change[];
  readonly events: readonly ObjectEvent[];
  /** The heads as they would be. */
  readonly after: View;
};

/**
 * Takes steps one after another on heads of their own: values, immediate constraints, kept
 * numbers; then what was deferred to the end.
 */
export function plan(
  steps: readonly ObjectStep[],
  view: View,
  classes: ClassCache,
): Result<Plan, Rejection> {
  const after = new HeadOverlay(timeless(view));
  const taken: Taken[] = [];
  for (const step of steps) {
    if (taken.some(({ change }) => isOf(change, step))) {
      const message = `${step.object_class}/${step.id} is named twice`;
      return err({ code: 'object.named_twice', message });
    }
    const resolved = resolve(step, after, classes);
    if (!resolved.ok) return resolved;
    const change = resolved.value;
    const { objectClass, id, value } = change;
    const tallies = aggregateChanges(change);
    after.apply([{ key: keys.object(objectClass, id), value: value && { value } }]);
    for (const each of tallies) after.apply([applyIndex(after, each, id)]);
    const deltas = enforceStep(change, after);
    if (!deltas.ok) return deltas;
    taken.push({ change, deltas: deltas.value, tallies });
  }
  const changes = taken.map((each) => each.change);
  const deltas = taken.flatMap((each) => each.deltas);
  const deferred = enforceDeferred(changes, deltas, after);
  if (!deferred.ok) return deferred;
  const broken = brokenInvariant(changes, after, classes);
  if (broken) return err(broken);
  return ok({ changes, events: taken.map(eventOf), after });
}

type Taken = {
  readonly change: Change;
  readonly deltas: readonly IndexDelta[];
  readonly tallies: readonly IndexChange[];
};

function brokenInvariant(
  changes: readonly Change[],
  after: View,
  classes: ClassCache,
): Rejection | undefined {
  const ids = new Set(changes.flatMap(({ compiled }) => compiled.head.invariants));
  for (const id of ids) {
    if (classes.invariant(id, after)?.holds(after) !== false) continue;
    return { code: 'invariant.broken', message: `${id} would no longer hold` };
  }
  return undefined;
}

function isOf(change: Change, step: ObjectStep): boolean {
  return change.id === step.id && change.objectClass === step.object_class;
}

function eventOf({ change, deltas, tallies }: Taken): ObjectEvent {
  const indexes = [...indexChanges(deltas), ...tallies];
  const { objectClass, id, before, value, form } = change;
  const named = { object_class: objectClass, id };
  if (value === undefined) {
    const version = before?.version ?? '0';
    return { type: 'object.deleted', ...named, version, indexes };
  }
  return {
    type: 'object.put',
    ...named,
    version: String(Number(before?.version ?? 0) + 1),
    schema_version: form.schemaVersion,
    value,
    ...(change.keepsOriginal ? { keeps_original: true } : {}),
    indexes,
  };
}

function indexChanges(deltas: readonly IndexDelta[]): IndexChange[] {
  return deltas.flatMap(({ release, claim }) => [release ?? [], claim ?? []].flat());
}

/** How kept numbers of the class change: its aggregates, and how many objects are behind. */
function aggregateChanges(change: Change): IndexChange[] {
  const { objectClass, before, value, form, beforeForm } = change;
  const changes: IndexChange[] = [];
  form.aggregates.forEach((aggregate, at) => {
    const gained = value ? aggregate.share(value) : ZERO;
    const lost = before ? shareOf(beforeForm, at, before.value) : ZERO;
    const by = subtract(gained, lost);
    if (by.units !== 0n) changes.push(tally(objectClass, aggregate.id, formatExact(by)));
  });
  if (change.wasBehind) {
    changes.push(tally(objectClass, BEHIND_ID, formatExact(exactInteger(-1))));
  }
  return changes;
}

function shareOf(form: Form, at: number, value: JsonObject) {
  return form.aggregates[at]?.share(value) ?? ZERO;
}

function tally(objectClass: string, id: string, by: string): IndexChange {
  const key = keys.tally(objectClass, id);
  return { index: 'tally', head_class: key.headClass, id: key.id, by };
}
