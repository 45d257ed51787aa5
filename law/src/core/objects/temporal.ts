import { err, ok, type Result } from '@ioi/basis';
import type { LocalConstraint } from './constraint.ts';
import { compare, exactInteger } from './exact.ts';
import { misfitIn } from './members.ts';
import { numberAt, type Place, readPlace, readPlaces } from './place.ts';
import { type Fault, faultHere, type JsonObject, within } from './pointer.ts';
import { isSame } from './same.ts';
import type { Declared } from './type-declaration.ts';

type Violation = LocalConstraint['violation'];
type Temporal = { readonly isTimed: boolean; readonly violation: Violation };

/**
 * `order`: one time is not after another. `clock`: a time, when written, is on one side of Chain
 * Time. `immutable_after`: from a time on, fields stay and the object stays. `transitions`: which
 * values of an enumeration follow which.
 */
export function readTemporal(expression: JsonObject, schema: Declared): Result<Temporal, Fault> {
  switch (expression['kind']) {
    case 'order':
      return temporal(false, readOrder(expression, schema));
    case 'clock':
      return temporal(true, readClock(expression, schema));
    case 'immutable_after':
      return temporal(true, readImmutable(expression, schema));
    case 'transitions':
      return temporal(false, readTransitions(expression, schema));
    default:
      return err(within('kind', faultHere('unknown')));
  }
}

/** Whether it speaks of changes alone, so that it holds for whatever is there already. */
export function isOfChanges(expression: JsonObject): boolean {
  return expression['kind'] !== 'order';
}

function temporal(isTimed: boolean, read: Result<Violation, Fault>): Result<Temporal, Fault> {
  return read.ok ? ok({ isTimed, violation: read.value }) : read;
}

function readTime(expression: JsonObject, name: string, schema: Declared): Result<Place, Fault> {
  const place = readPlace(expression[name], schema);
  if (!place.ok) return err(within(name, place.error));
  return place.value.type === 'time'
    ? place
    : err(within(name, faultHere('no field of type time')));
}

function readOrder(expression: JsonObject, schema: Declared): Result<Violation, Fault> {
  const misfit = misfitIn(expression, ['kind', 'earlier', 'later'], ['strict']);
  if (misfit) return err(misfit);
  const earlier = readTime(expression, 'earlier', schema);
  if (!earlier.ok) return earlier;
  const later = readTime(expression, 'later', schema);
  if (!later.ok) return later;
  const most = expression['strict'] === true ? -1 : 0;
  return ok((_base, after) => {
    const [from, to] = [numberAt(earlier.value, after), numberAt(later.value, after)];
    if (!from || !to || compare(from, to) <= most) return undefined;
    return { steps: later.value.steps, message: `not after ${earlier.value.pointer}` };
  });
}

function readClock(expression: JsonObject, schema: Declared): Result<Violation, Fault> {
  const misfit = misfitIn(expression, ['kind', 'pointer', 'relation']);
  if (misfit) return err(misfit);
  const place = readTime(expression, 'pointer', schema);
  if (!place.ok) return place;
  const { relation } = expression;
  if (relation !== 'not_before' && relation !== 'not_after') {
    return err(within('relation', faultHere('not_before or not_after')));
  }
  return ok((base, after, chainTime) => {
    const time = numberAt(place.value, after);
    if (!time || isSame(place.value.at(base), place.value.at(after))) return undefined;
    const side = compare(time, exactInteger(chainTime));
    const holds = relation === 'not_before' ? side >= 0 : side <= 0;
    return holds ? undefined : { steps: place.value.steps, message: `${relation} Chain Time` };
  });
}

function readImmutable(expression: JsonObject, schema: Declared): Result<Violation, Fault> {
  const misfit = misfitIn(expression, ['kind', 'pointers', 'after']);
  if (misfit) return err(misfit);
  const places = readPlaces(expression['pointers'], schema);
  if (!places.ok) return err(within('pointers', places.error));
  const from = readTime(expression, 'after', schema);
  if (!from.ok) return from;
  return ok((base, after, chainTime) => {
    const since = numberAt(from.value, base);
    if (!since || compare(exactInteger(chainTime), since) < 0) return undefined;
    const moved = [from.value, ...places.value].find((p) => !isSame(p.at(base), p.at(after)));
    return moved && { steps: moved.steps, message: `immutable after ${from.value.pointer}` };
  });
}

function readTransitions(expression: JsonObject, schema: Declared): Result<Violation, Fault> {
  const misfit = misfitIn(expression, ['kind', 'pointer', 'allowed'], ['initial']);
  if (misfit) return err(misfit);
  const place = readPlace(expression['pointer'], schema);
  if (!place.ok) return err(within('pointer', place.error));
  const states = new Set<unknown>(place.value.declared?.members ?? []);
  if (states.size === 0) return err(within('pointer', faultHere('no field of type enum')));
  const { allowed, initial } = expression;
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((state) => states.has(state));
  if (!Array.isArray(allowed) || allowed.length > 256 || !allowed.every(isPair)) {
    return err(within('allowed', faultHere('expected pairs of its values')));
  }
  const first =
    initial === undefined ? states : new Set<unknown>(Array.isArray(initial) ? initial : [null]);
  if (![...first].every((state) => states.has(state))) {
    return err(within('initial', faultHere('expected some of its values')));
  }
  const steps = new Set(allowed.map((pair) => JSON.stringify(pair)));
  return ok((base, after) => {
    const [from, to] = [place.value.at(base), place.value.at(after)];
    if (after === undefined || from === to) return undefined;
    const mayBe = from === undefined ? first.has(to) : steps.has(JSON.stringify([from, to]));
    const message = `${String(from ?? 'nothing')} to ${String(to ?? 'nothing')}`;
    return mayBe ? undefined : { steps: place.value.steps, message };
  });
}
