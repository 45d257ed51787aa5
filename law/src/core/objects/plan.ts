import { err, ok, type Result } from '@ioi/basis';
import type { ObjectStep, Rejection, View } from '@ioi/protocol';
import { HeadOverlay } from '../ledger/heads.ts';
import { type Change, resolve } from './change.ts';
import type { ClassCache } from './class-cache.ts';
import { enforceDeferred, enforceStep, type IndexDelta } from './enforce.ts';
import type { IndexChange, ObjectEvent } from './events.ts';
import { exactInteger, formatExact, subtract, ZERO } from './exact.ts';
import type { Form } from './form.ts';
import { BEHIND_ID, keys } from './heads.ts';
import { applyIndex, keyOf } from './indexes.ts';
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
  const after = new HeadOverlay(view);
  const changes: Change[] = [];
  const taken: { readonly change: Change; readonly deltas: IndexDelta[] }[] = [];
  for (const step of steps) {
    if (changes.some((each) => each.id === step.id && each.objectClass === step.object_class)) {
      const message = `${step.object_class}/${step.id} is named twice`;
      return err({ code: 'object.named_twice', message });
    }
    const change = resolve(step, after, classes);
    if (!change.ok) return change;
    const { objectClass, id, value } = change.value;
    after.apply([{ key: keys.object(objectClass, id), value: value && { value } }]);
    const deltas = enforceStep(change.value, after);
    if (!deltas.ok) return deltas;
    changes.push(change.value);
    taken.push({ change: change.value, deltas: deltas.value });
  }
  const deferred = enforceDeferred(taken, after);
  if (!deferred.ok) return deferred;
  const events = taken.map(({ change, deltas }) => {
    const tallies = aggregateChanges(change);
    after.apply(tallies.map((each) => applyIndex(after, each, change.id)));
    return eventOf(change, [...indexChanges(deltas), ...tallies]);
  });
  return ok({ changes, events, after });
}

function eventOf(change: Change, indexes: readonly IndexChange[]): ObjectEvent {
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

/** A release and a claim of one key are one change. */
function indexChanges(deltas: readonly IndexDelta[]): IndexChange[] {
  return deltas.flatMap(({ release, claim }) => {
    if (release && claim && keyOf(release).id === keyOf(claim).id) return [claim];
    return [...(release ? [release] : []), ...(claim ? [claim] : [])];
  });
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
