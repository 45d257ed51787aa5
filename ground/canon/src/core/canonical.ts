import { encodeUtf8, ok, type Result } from '@ioi/basis';
import type { CanonError } from './codes.ts';
import { DEFAULT_MAX_DEPTH } from './limits.ts';
import { canonicalReference } from './reference.ts';
import { Shape, ShapeBudget } from './shapes.ts';

// The engine's own JSON.stringify is RFC 8785 in all but member order. So a value is checked and,
// where members come out of order, copied in order, and then given to the engine. Whatever this
// cannot vouch for goes to the reference, which decides and names the place.
const DOUBTFUL = Symbol('doubtful');

/**
 * Which order the members of a shape go in, remembered from call to call: it depends on nothing
 * but the names, is bounded, and is what makes this faster than sorting each time.
 */
const known = { root: new Shape(undefined, ''), budget: new ShapeBudget() };

/**
 * The RFC 8785 text of a JSON value. Refuses what has no JSON form (undefined, functions, symbols,
 * bigints, anything but plain objects and arrays), numbers that are not finite or would print as
 * an integer beyond 2^53-1, lone surrogates, and nesting beyond 128, hence cycles.
 * Objects are data: only enumerable string-keyed members count, and getters must be stable.
 * `depth` is how deep the value stands in what its text is going to be a part of.
 */
export function canonicalJson(value: unknown, depth = 0): Result<string, CanonError> {
  for (const _ in Object.prototype) return canonicalReference(value, depth);
  const copy = ordered(value, depth, [], 0);
  if (copy === DOUBTFUL) return canonicalReference(value, depth);
  const text = JSON.stringify(copy);
  // How the engine writes a lone surrogate; or how a text about escapes reads.
  return text.includes('\\ud') ? canonicalReference(value, depth) : ok(text);
}

/** The UTF-8 of `canonicalJson`: what is hashed and signed (whitepaper 6.3.2). */
export function canonicalBytes(value: unknown): Result<Uint8Array, CanonError> {
  const text = canonicalJson(value);
  return text.ok ? ok(encodeUtf8(text.value)) : text;
}

/**
 * The value itself when its members are in order all the way down, else a copy that is.
 * `scratch` holds the members of the objects being read, this one's from `base` on: one array a
 * call instead of one an object.
 */
function ordered(value: unknown, depth: number, scratch: unknown[], base: number): unknown {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) {
    if (depth >= DEFAULT_MAX_DEPTH) return DOUBTFUL;
    if (Array.isArray(value)) return orderedArray(value, depth + 1, scratch, base);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return DOUBTFUL;
    return orderedObject(value as Record<string, unknown>, depth + 1, scratch, base);
  }
  if (typeof value === 'number') {
    const isPlain = value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER;
    return isPlain ? value : DOUBTFUL;
  }
  return typeof value === 'boolean' || value === null ? value : DOUBTFUL;
}

function orderedArray(
  values: readonly unknown[],
  depth: number,
  scratch: unknown[],
  base: number,
): unknown {
  let copy: unknown[] | undefined;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    const item = ordered(value, depth, scratch, base);
    if (item === DOUBTFUL) return DOUBTFUL;
    if (copy !== undefined) copy.push(item);
    else if (item !== value) copy = [...values.slice(0, at), item];
  }
  return copy ?? values;
}

function orderedObject(
  value: Readonly<Record<string, unknown>>,
  depth: number,
  scratch: unknown[],
  base: number,
): unknown {
  let shape = known.root;
  let isSame = true;
  let top = base;
  // `for in` reads members far faster than by name; the caller saw to it that none is inherited.
  for (const name in value) {
    const member = value[name];
    const next = shape.lastName === name ? shape.lastChild : undefined;
    shape = next ?? shape.child(name, known.budget);
    if (typeof member === 'string') {
      scratch[top] = member;
    } else {
      const item = ordered(member, depth, scratch, top);
      if (item === DOUBTFUL) return DOUBTFUL;
      if (item !== member) isSame = false;
      scratch[top] = item;
    }
    top += 1;
  }
  if (known.budget.isSpent) forget();
  const plan = shape.plan();
  if (plan.isSorted && isSame) return value;
  if (!plan.isCopyable) return DOUBTFUL;
  const copy: Record<string, unknown> = {};
  for (let at = 0; at < plan.order.length; at += 1) {
    copy[plan.order[at] as string] = scratch[base + (plan.from[at] as number)];
  }
  return copy;
}

function forget(): void {
  known.root = new Shape(undefined, '');
  known.budget = new ShapeBudget();
}
