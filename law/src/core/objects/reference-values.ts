import type { Json } from '@ioi/canon';
import {
  add,
  compare,
  type Exact,
  exactInteger,
  formatExact,
  multiply,
  readExact,
  subtract,
} from './exact.ts';
import type { JsonObject } from './pointer.ts';

/** What stands at a pointer without escapes. */
export function pick(value: JsonObject, pointer: string): Json | undefined {
  let at: Json | undefined = value;
  for (const step of pointer.split('/').slice(1)) {
    at = typeof at === 'object' && at !== null && !Array.isArray(at) ? at[step] : undefined;
  }
  return at;
}

/** A number, also as text: nothing here has text that looks like one. */
export function numberIn(value: unknown): Exact | undefined {
  if (typeof value === 'number') return exactInteger(value);
  return typeof value === 'string' ? readExact(value) : undefined;
}

/** Values at pointers as one text, equal when they are; undefined when one is absent. */
export function tupleText(value: JsonObject, pointers: readonly string[]): string | undefined {
  const parts = pointers.map((pointer) => {
    const found = pick(value, pointer) ?? null;
    const number = numberIn(found);
    return number ? formatExact(number) : found;
  });
  return parts.includes(null) ? undefined : JSON.stringify(parts);
}

/** The types that the reference knows, said once more. */
export function conforms(type: JsonObject, value: Json): boolean {
  const { min, max, values, max_length } = type;
  switch (type['type']) {
    case 'object': {
      const fields = type['fields'] as Record<string, JsonObject>;
      const held = value as JsonObject;
      return (
        Object.keys(held).every((name) => Object.keys(fields).includes(name)) &&
        Object.entries(fields).every(([name, field]) =>
          held[name] === undefined ? field['optional'] === true : conforms(field, held[name]),
        )
      );
    }
    case 'text':
      return typeof value === 'string' && value.length <= Number(max_length ?? 4096);
    case 'enum':
      return (values as Json[]).includes(value);
    case 'integer':
      return (
        Number.isSafeInteger(value) &&
        (min === undefined || Number(value) >= Number(min)) &&
        (max === undefined || Number(value) <= Number(max))
      );
    case 'decimal':
      return typeof value === 'string' && readExact(value) !== undefined;
    case 'time':
      return typeof value === 'string' && /^[0-9]+$/.test(value);
    default:
      return typeof value === 'string' && value !== '';
  }
}

/** What a leaf of an expression stands for; a list of numbers stands for their sum. */
export type Look = (leaf: JsonObject) => unknown;

export function truth(expression: unknown, look: Look): boolean {
  return evaluate(expression as JsonObject, look) === true;
}

function evaluate(expression: JsonObject, look: Look): unknown {
  if ('value' in expression) return plain(expression['value']);
  if (!('op' in expression)) return plain(look(expression));
  const values = (expression['args'] as JsonObject[]).map((each) => evaluate(each, look));
  const [left, right] = values;
  switch (expression['op']) {
    case 'and':
      return values.includes(false) ? false : values.includes(undefined) ? undefined : true;
    case 'or':
      return values.includes(true) ? true : values.includes(undefined) ? undefined : false;
    case 'not':
      return left === undefined ? undefined : !left;
    case 'exists':
      return left !== undefined;
    default:
      if (left === undefined || right === undefined) return undefined;
      return binary(String(expression['op']), left, right);
  }
}

function binary(op: string, left: unknown, right: unknown): unknown {
  if (typeof left !== 'object' || typeof right !== 'object') {
    return op === 'eq' ? left === right : left !== right;
  }
  const [a, b] = [left as Exact, right as Exact];
  const arithmetic = { add, subtract, multiply }[op];
  if (arithmetic) return arithmetic(a, b);
  const order = compare(a, b);
  const comparisons: Record<string, boolean> = {
    eq: order === 0,
    ne: order !== 0,
    lt: order < 0,
    le: order <= 0,
    gt: order > 0,
    ge: order >= 0,
  };
  return comparisons[op];
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return (value as Exact[]).reduce(add, exactInteger(0));
  return numberIn(value) ?? value;
}
