import { err, ok, type Result } from '@ioi/basis';
import type { Digest, Json } from '@ioi/canon';
import type { IndexedConstraint } from './constraint.ts';
import { compare, exactInteger, formatExact } from './exact.ts';
import { misfitIn } from './members.ts';
import { isObjectClass } from './names.ts';
import { kindOf, numberAt, type Place, readPlace, readPlaces } from './place.ts';
import { type Fault, faultHere, type JsonObject, within } from './pointer.ts';
import { tupleDigest } from './tuple.ts';
import type { Declared } from './type-declaration.ts';

type Read = Result<Omit<IndexedConstraint, 'definition'>, Fault>;

/** No two objects have the same values there; one that lacks a value takes no part. */
export function readUnique(expression: JsonObject, schema: Declared): Read {
  const misfit = misfitIn(expression, ['pointers']);
  if (misfit) return err(misfit);
  const places = readPlaces(expression['pointers'], schema);
  if (!places.ok) return err(within('pointers', places.error));
  return ok({
    index: 'unique',
    pointer: pointersOf(places.value),
    entry: (value) => {
      const id = keyAt(places.value, value);
      return id === undefined ? undefined : { id };
    },
  });
}

/** The id there is of an object of the class; such an object is not deleted. */
export function readForeignReference(expression: JsonObject, schema: Declared): Read {
  const misfit = misfitIn(expression, ['pointer', 'object_class']);
  if (misfit) return err(misfit);
  const place = readPlace(expression['pointer'], schema);
  if (!place.ok) return err(within('pointer', place.error));
  const targetClass = expression['object_class'];
  if (!isObjectClass(targetClass)) return err(within('object_class', faultHere('no class')));
  const { declared, type } = place.value;
  const isFitting = type === 'text' || (type === 'ref' && declared?.objectClass === targetClass);
  if (!isFitting) return err(within('pointer', faultHere('no text or ref of that class')));
  return ok({
    index: 'reference',
    pointer: place.value.pointer,
    targetClass,
    entry: (value) => {
      const id = place.value.at(value);
      return typeof id === 'string' ? { id } : undefined;
    },
  });
}

/** Under equal values at `pointers`, ranges from `from` to before `to` do not overlap. */
export function readExclusion(expression: JsonObject, schema: Declared): Read {
  const misfit = misfitIn(expression, ['pointers', 'from', 'to']);
  if (misfit) return err(misfit);
  const places = readPlaces(expression['pointers'], schema, 0);
  if (!places.ok) return err(within('pointers', places.error));
  const from = readNumber(expression, 'from', schema);
  if (!from.ok) return from;
  const to = readNumber(expression, 'to', schema);
  if (!to.ok) return to;
  const bounds = (value: JsonObject) => [numberAt(from.value, value), numberAt(to.value, value)];
  return ok({
    index: 'range',
    pointer: from.value.pointer,
    violation: (value) => {
      const [first, end] = bounds(value);
      if (!first || !end || compare(first, end) < 0) return undefined;
      return { steps: to.value.steps, message: `not after ${from.value.pointer}` };
    },
    entry: (value) => {
      const id = keyAt(places.value, value);
      const [first, end] = bounds(value);
      if (id === undefined || !first || !end) return undefined;
      return { id, range: { from: formatExact(first), to: formatExact(end) } };
    },
  });
}

function readNumber(expression: JsonObject, name: string, schema: Declared) {
  const place = readPlace(expression[name], schema);
  if (!place.ok) return err(within(name, place.error));
  return kindOf(place.value) === 'number' ? place : err(within(name, faultHere('no number')));
}

/** How many objects there are with equal values at `pointers`; without pointers, how many. */
export function readCardinality(expression: JsonObject, schema: Declared): Read {
  const misfit = misfitIn(expression, [], ['min', 'max', 'pointers']);
  if (misfit) return err(misfit);
  const { min = 0, max } = expression;
  const isSound = isCount(min) && (max === undefined || (isCount(max) && min <= max));
  if (!isSound) return err(faultHere('min and max are counts, in this order'));
  const bounds = { min: exactInteger(min), max: max === undefined ? max : exactInteger(max) };
  const places = readPlaces(expression['pointers'] ?? [], schema, 0);
  if (!places.ok) return err(within('pointers', places.error));
  return ok({
    index: 'group',
    pointer: pointersOf(places.value),
    bounds,
    entry: (value) => {
      const id = keyAt(places.value, value);
      return id === undefined ? undefined : { id };
    },
  });
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

const pointersOf = (places: readonly Place[]) => places.map((place) => place.pointer).join(' ');

/** Equal exactly when the values are: numbers by what they are worth, not how they are spelled. */
function keyAt(places: readonly Place[], value: JsonObject): Digest | undefined {
  const tuple: Json[] = [];
  for (const place of places) {
    const number = numberAt(place, value);
    const found = number ? formatExact(number) : place.at(value);
    if (found === undefined || found === null) return undefined;
    tuple.push(found);
  }
  return tupleDigest(tuple);
}
