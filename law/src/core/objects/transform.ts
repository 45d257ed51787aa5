import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { TransformStep } from '@ioi/protocol';
import { type Exact, exactInteger, formatExact, readExact } from './exact.ts';
import type { Fault, JsonObject } from './pointer.ts';

type Fields = Map<string, Json>;

/**
 * Takes the fields of an object through the steps of a migration, in order. A step about a field
 * that is absent changes nothing, but `add`, which fills in what is absent.
 */
export function transform(
  value: JsonObject,
  steps: readonly TransformStep[],
): Result<JsonObject, Fault> {
  const fields: Fields = new Map(Object.entries(value));
  for (const step of steps) {
    const message = take(fields, step);
    if (message !== undefined) return err({ steps: [fieldOf(step)], message });
  }
  return ok(Object.fromEntries(fields));
}

/** Changes the fields; what is in the way, if anything is. */
function take(fields: Fields, step: TransformStep): string | undefined {
  switch (step.op) {
    case 'rename':
    case 'copy': {
      const found = fields.get(step.from);
      if (found === undefined) return undefined;
      if (fields.has(step.to)) return `there is a ${step.to} already`;
      fields.set(step.to, found);
      if (step.op === 'rename') fields.delete(step.from);
      return undefined;
    }
    case 'drop':
      fields.delete(step.field);
      return undefined;
    case 'add':
      if (!fields.has(step.field)) fields.set(step.field, step.value as Json);
      return undefined;
    case 'convert': {
      const found = fields.get(step.field);
      const made = found === undefined ? undefined : convert(found, step.to);
      if (made !== undefined) fields.set(step.field, made);
      return found !== undefined && made === undefined
        ? `no ${step.to} can be made of it`
        : undefined;
    }
  }
}

function fieldOf(step: TransformStep): string {
  return 'from' in step ? step.from : step.field;
}

type Target = Extract<TransformStep, { op: 'convert' }>['to'];

function convert(found: Json, to: Target): Json | undefined {
  if (to === 'text' && typeof found === 'string') return found;
  const number = numberOf(found);
  if (!number) return undefined;
  if (to !== 'integer') return formatExact(number);
  const integer = Number(number.units);
  return number.scale === 0 && Number.isSafeInteger(integer) ? integer : undefined;
}

function numberOf(found: Json): Exact | undefined {
  if (typeof found === 'string') return readExact(found);
  return Number.isSafeInteger(found) ? exactInteger(found as number) : undefined;
}
