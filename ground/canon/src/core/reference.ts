import { err, ok, type Result } from '@ioi/basis';
import type { CanonCode, CanonError } from './codes.ts';
import { DEFAULT_MAX_DEPTH, isUnsafeInteger } from './limits.ts';
import { pointerStep } from './pointer.ts';

type Outcome = Result<string, CanonError>;
type Place = { readonly pointer: string; readonly depth: number };

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

/**
 * RFC 8785 as its sections read, without a thought for speed. `canonicalJson` must agree with it,
 * and asks it to name the place whenever a value is refused.
 */
export function canonicalReference(value: unknown, depth = 0): Outcome {
  return writeValue(value, { pointer: '', depth });
}

function writeValue(value: unknown, place: Place): Outcome {
  switch (typeof value) {
    case 'boolean':
      return ok(value ? 'true' : 'false');
    case 'number':
      return writeNumber(value, place);
    case 'string':
      return writeString(value, place);
    case 'object':
      if (value === null) return ok('null');
      return writeContainer(value, place);
    default:
      return refuse('canon.not_json', place, `${typeof value} has no JSON form`);
  }
}

/** RFC 8785 3.2.2.3: as ECMAScript prints a double; minus zero prints as zero. */
function writeNumber(value: number, place: Place): Outcome {
  if (!Number.isFinite(value)) {
    return refuse('canon.not_finite', place, 'NaN and infinities have no JSON form');
  }
  if (isUnsafeInteger(value)) {
    const message = 'an integer beyond 2^53-1 must be written as a decimal string';
    return refuse('canon.unsafe_integer', place, message);
  }
  return ok(String(value));
}

/** RFC 8785 3.2.2.2: escape only what JSON must escape, in the shortest form. */
function writeString(text: string, place: Place): Outcome {
  if (!text.isWellFormed()) {
    return refuse('canon.lone_surrogate', place, 'a string holds half of a surrogate pair');
  }
  let out = '';
  for (const character of text) {
    const short = SHORT_ESCAPES[character];
    const code = character.charCodeAt(0);
    if (short !== undefined) out += short;
    else if (code < 0x20) out += `\\u${code.toString(16).padStart(4, '0')}`;
    else out += character;
  }
  return ok(`"${out}"`);
}

function writeContainer(value: object, place: Place): Outcome {
  if (place.depth >= DEFAULT_MAX_DEPTH) {
    return refuse('canon.too_deep', place, `nested deeper than ${DEFAULT_MAX_DEPTH}, or cyclic`);
  }
  if (Array.isArray(value)) return writeArray(value, place);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return refuse('canon.not_json', place, 'only plain objects and arrays have a JSON form');
  }
  return writeObject(value as Record<string, unknown>, place);
}

function writeArray(values: readonly unknown[], place: Place): Outcome {
  const parts: string[] = [];
  for (let at = 0; at < values.length; at += 1) {
    const part = writeValue(values[at], inside(place, at));
    if (!part.ok) return part;
    parts.push(part.value);
  }
  return ok(`[${parts.join(',')}]`);
}

/** RFC 8785 3.2.3: members sorted by the UTF-16 code units of their names. */
function writeObject(value: Readonly<Record<string, unknown>>, place: Place): Outcome {
  const parts: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const name = writeString(key, place);
    if (!name.ok) return name;
    const part = writeValue(value[key], inside(place, key));
    if (!part.ok) return part;
    parts.push(`${name.value}:${part.value}`);
  }
  return ok(`{${parts.join(',')}}`);
}

function inside(place: Place, step: string | number): Place {
  return { pointer: place.pointer + pointerStep(step), depth: place.depth + 1 };
}

function refuse(code: CanonCode, place: Place, message: string): Outcome {
  return err({ code, pointer: place.pointer, message });
}
