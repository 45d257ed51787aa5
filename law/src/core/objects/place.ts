import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import { type Exact, exactInteger, readExact } from './exact.ts';
import type { Kind } from './expression.ts';
import { type Fault, faultHere, type JsonObject, readPointer, valueAt } from './pointer.ts';
import type { Declared } from './type-declaration.ts';

/** A place in the objects of a class, and what the schema says stands there. */
export type Place = {
  readonly pointer: string;
  readonly steps: readonly string[];
  readonly type: Declared['type'];
  readonly declared: Declared | undefined;
  readonly at: (value: JsonObject | undefined) => Json | undefined;
};

/** Refuses a pointer to what the schema does not have, or into a list. */
export function readPlace(json: Json | undefined, schema: Declared): Result<Place, Fault> {
  const steps = readPointer(json);
  if (typeof json !== 'string' || !steps || steps.length === 0) {
    return err(faultHere('expected a pointer to a field'));
  }
  const declared = declaredAt(schema, steps);
  if (!declared) return err(faultHere(`the schema has no ${json}`));
  const type = declared === 'anything' ? 'json' : declared.type;
  return ok({
    pointer: json,
    steps,
    type,
    declared: declared === 'anything' ? undefined : declared,
    at: (value) => valueAt(value, steps),
  });
}

function declaredAt(schema: Declared, steps: readonly string[]): Declared | 'anything' | undefined {
  let at: Declared | undefined = schema;
  for (const step of steps) {
    if (at?.type === 'json') return 'anything';
    at = at?.fields ? at.fields.get(step) : at?.values;
  }
  return at;
}

/** A list of 1 to 8 pointers, or of none where `least` is 0. */
export function readPlaces(
  json: Json | undefined,
  schema: Declared,
  least = 1,
): Result<readonly Place[], Fault> {
  if (!Array.isArray(json) || json.length < least || json.length > 8) {
    return err(faultHere(`expected a list of ${least} to 8 pointers`));
  }
  const places: Place[] = [];
  for (const [at, pointer] of json.entries()) {
    const place = readPlace(pointer, schema);
    if (!place.ok) return err({ steps: [at], message: place.error.message });
    places.push(place.value);
  }
  return ok(places);
}

/** How expressions treat what stands there. */
export function kindOf({ type }: Place): Kind {
  switch (type) {
    case 'integer':
    case 'decimal':
    case 'time':
      return 'number';
    case 'text':
    case 'digest':
    case 'ref':
    case 'enum':
      return 'text';
    case 'boolean':
      return 'boolean';
    case 'json':
      return 'unknown';
    default:
      return 'size';
  }
}

/** The number that stands there; undefined when there is none. */
export function numberAt(place: Place, value: JsonObject | undefined): Exact | undefined {
  const found = place.at(value);
  if (typeof found === 'number') {
    return Number.isSafeInteger(found) ? exactInteger(found) : undefined;
  }
  return typeof found === 'string' && kindOf(place) === 'number' ? readExact(found) : undefined;
}
