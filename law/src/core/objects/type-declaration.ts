import { err, ok, type Result } from '@ioi/basis';
import { isDigest, type Json } from '@ioi/canon';
import { compilePattern } from '../policy/pattern.ts';
import { compare, readExact } from './exact.ts';
import { isObjectClass, isObjectId } from './names.ts';
import { type Fault, faultHere, isObject, within } from './pointer.ts';

/** Says why a value is not of a type; undefined when it is. */
export type Check = (value: Json) => Fault | undefined;

/** A type declaration that was read: what a pointer can find in it, and its check. */
export type Declared = {
  readonly type: TypeName;
  readonly check: Check;
  readonly isOptional: boolean;
  readonly fields?: ReadonlyMap<string, Declared>;
  /** Of the members of a map. */
  readonly values?: Declared;
  readonly objectClass?: string;
  readonly members?: readonly string[];
};

type TypeName = keyof typeof MEMBERS;

const isCount = (value: Json) => Number.isSafeInteger(value) && (value as number) >= 0;
const isInteger = (value: Json) => Number.isSafeInteger(value);
const isDecimal = (value: Json) => typeof value === 'string' && readExact(value) !== undefined;
const isText = (value: Json) => typeof value === 'string' && value.length <= 256;
const isNested = (value: Json) => isObject(value);
const isValues = (value: Json) =>
  Array.isArray(value) && value.length > 0 && value.length <= 256 && value.every(isText);

/** What each type may and, where marked, must say beside its name. */
const MEMBERS = {
  text: { min_length: isCount, max_length: isCount, pattern: isText },
  integer: { min: isInteger, max: isInteger },
  decimal: { min: isDecimal, max: isDecimal, max_scale: isCount },
  boolean: {},
  digest: {},
  time: {},
  ref: { object_class: isObjectClass },
  enum: { values: isValues },
  list: { items: isNested, max_items: isCount },
  map: { values: isNested, max_items: isCount },
  object: { fields: isNested },
  json: {},
} as const satisfies Record<string, Readonly<Record<string, (value: Json) => boolean>>>;

const REQUIRED: Readonly<Partial<Record<TypeName, string>>> = {
  ref: 'object_class',
  enum: 'values',
  list: 'items',
  map: 'values',
  object: 'fields',
};

const MAX_DEPTH = 16;
const MAX_NODES = 512;
const DEFAULT_LENGTH = 4096;
const DEFAULT_ITEMS = 1024;
const FIELD = /^[a-z][a-z0-9_]{0,63}$/;
const KEY_LENGTH = 256;
const UINT64_END = 1n << 64n;

/** Counts down what is left of a declaration's allowance. */
type Allowance = { nodes: number };
type Members = Readonly<Record<string, Json>>;

/** Reads a type declaration; refuses what it does not know, with its place. */
export function readType(json: Json): Result<Declared, Fault> {
  return read(json, { nodes: MAX_NODES }, 0);
}

function read(json: Json, allowance: Allowance, depth: number): Result<Declared, Fault> {
  allowance.nodes -= 1;
  if (allowance.nodes < 0 || depth > MAX_DEPTH) return refuse('the declaration is too large');
  if (!isObject(json)) return refuse('a type declaration is an object');
  const type = json['type'];
  if (typeof type !== 'string' || !Object.hasOwn(MEMBERS, type)) return refuse('unknown type');
  const name = type as TypeName;
  const misfit = misfitIn(json, name);
  if (misfit) return err(misfit);
  const isOptional = json['optional'] === true;
  const base = { type: name, isOptional };
  switch (name) {
    case 'object':
      return readFields(json['fields'] as Members, allowance, depth, base);
    case 'list':
    case 'map': {
      const member = name === 'list' ? 'items' : 'values';
      const values = read(json[member] as Json, allowance, depth + 1);
      if (!values.ok) return err(within(member, values.error));
      const limit = numberOr(json['max_items'], DEFAULT_ITEMS);
      if (name === 'list') return ok({ ...base, check: listCheck(values.value.check, limit) });
      return ok({ ...base, values: values.value, check: mapCheck(values.value.check, limit) });
    }
    case 'text': {
      const check = textCheck(json);
      return typeof check === 'string'
        ? err(within('pattern', faultHere(check)))
        : ok({ ...base, check });
    }
    case 'enum':
      return ok({ ...base, members: json['values'] as string[], check: enumCheck(json) });
    case 'ref':
      return ok({ ...base, objectClass: String(json['object_class']), check: SIMPLE.ref });
    case 'integer':
      return ok({ ...base, check: integerCheck(json) });
    case 'decimal':
      return ok({ ...base, check: decimalCheck(json) });
    default:
      return ok({ ...base, check: SIMPLE[name] });
  }
}

function misfitIn(json: Members, name: TypeName): Fault | undefined {
  const members: Readonly<Record<string, (value: Json) => boolean>> = MEMBERS[name];
  const missing = REQUIRED[name];
  if (missing !== undefined && !Object.hasOwn(json, missing)) {
    return faultHere(`a ${name} says its ${missing}`);
  }
  for (const [member, value] of Object.entries(json)) {
    if (member === 'type' || (member === 'optional' && typeof value === 'boolean')) continue;
    if (!Object.hasOwn(members, member) || !members[member]!(value)) {
      return within(member, faultHere(`not a member of ${name}, or not of its form`));
    }
  }
  return undefined;
}

type Base = { readonly type: TypeName; readonly isOptional: boolean };

function readFields(
  json: Members,
  allowance: Allowance,
  depth: number,
  base: Base,
): Result<Declared, Fault> {
  const fields = new Map<string, Declared>();
  for (const [name, declaration] of Object.entries(json)) {
    if (!FIELD.test(name)) return err({ steps: ['fields', name], message: 'no name of a field' });
    const field = read(declaration, allowance, depth + 1);
    if (!field.ok) return err(within('fields', within(name, field.error)));
    fields.set(name, field.value);
  }
  return ok({ ...base, fields, check: objectCheck(fields) });
}

const SIMPLE = {
  boolean: (value: Json) => (typeof value === 'boolean' ? undefined : faultHere('no boolean')),
  digest: (value: Json) => (isDigest(value) ? undefined : faultHere('no digest')),
  time: (value: Json) => (isTime(value) ? undefined : faultHere('no Chain Time')),
  ref: (value: Json) => (isObjectId(value) ? undefined : faultHere('no id of an object')),
  json: () => undefined,
} as const;

/** Chain Time: milliseconds since the Unix epoch, an unsigned 64-bit decimal string. */
function isTime(value: unknown): value is string {
  if (typeof value !== 'string' || !/^(?:0|[1-9][0-9]{0,19})$/.test(value)) return false;
  return value.length < 20 || BigInt(value) < UINT64_END;
}

function objectCheck(fields: ReadonlyMap<string, Declared>): Check {
  const required = [...fields].filter(([, field]) => !field.isOptional).map(([name]) => name);
  return (value) => {
    if (!isObject(value)) return faultHere('no object');
    let found = 0;
    for (const name of Object.keys(value)) {
      const field = fields.get(name);
      if (!field) return within(name, faultHere('no field of this name'));
      const fault = field.check(value[name] as Json);
      if (fault) return within(name, fault);
      if (!field.isOptional) found += 1;
    }
    if (found === required.length) return undefined;
    const missing = required.find((name) => !Object.hasOwn(value, name));
    return within(missing ?? '', faultHere('missing'));
  };
}

function listCheck(check: Check, limit: number): Check {
  return (value) => {
    if (!Array.isArray(value)) return faultHere('no list');
    if (value.length > limit) return faultHere(`more than ${limit} items`);
    for (let at = 0; at < value.length; at += 1) {
      const fault = check(value[at] as Json);
      if (fault) return within(at, fault);
    }
    return undefined;
  };
}

function mapCheck(check: Check, limit: number): Check {
  return (value) => {
    if (!isObject(value)) return faultHere('no map');
    const members = Object.entries(value);
    if (members.length > limit) return faultHere(`more than ${limit} members`);
    for (const [name, member] of members) {
      if (name.length > KEY_LENGTH) return within(name, faultHere('the name is too long'));
      const fault = check(member);
      if (fault) return within(name, fault);
    }
    return undefined;
  };
}

/** The message of the pattern engine when the pattern is refused. Lengths count code points. */
function textCheck(json: Members): Check | string {
  const min = numberOr(json['min_length'], 0);
  const max = numberOr(json['max_length'], DEFAULT_LENGTH);
  const pattern = json['pattern'];
  const matches = typeof pattern === 'string' ? compilePattern(pattern) : () => true;
  if (typeof matches === 'string') return matches;
  return (value) => {
    if (typeof value !== 'string') return faultHere('no text');
    if (value.length > max && lengthOf(value) > max) return faultHere(`longer than ${max}`);
    if (min > 0 && lengthOf(value) < min) return faultHere(`shorter than ${min}`);
    return matches(value) ? undefined : faultHere('does not match the pattern');
  };
}

/** Code points, not UTF-16 units. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

function enumCheck(json: Members): Check {
  const values = new Set(json['values'] as string[]);
  return (value) =>
    typeof value === 'string' && values.has(value) ? undefined : faultHere('none of its values');
}

function integerCheck(json: Members): Check {
  const min = numberOr(json['min'], Number.MIN_SAFE_INTEGER);
  const max = numberOr(json['max'], Number.MAX_SAFE_INTEGER);
  return (value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) return faultHere('no integer');
    return value >= min && value <= max ? undefined : faultHere(`not in ${min}..${max}`);
  };
}

function decimalCheck(json: Members): Check {
  const [min, max] = [exactOf(json['min']), exactOf(json['max'])];
  const maxScale = numberOr(json['max_scale'], 18);
  return (value) => {
    const number = typeof value === 'string' ? readExact(value) : undefined;
    if (!number) return faultHere('no decimal');
    if (number.scale > maxScale) return faultHere(`more than ${maxScale} decimals`);
    if (min && compare(number, min) < 0) return faultHere('below its minimum');
    return max && compare(number, max) > 0 ? faultHere('above its maximum') : undefined;
  };
}

const exactOf = (value: Json | undefined) =>
  typeof value === 'string' ? readExact(value) : undefined;
const numberOr = (value: Json | undefined, otherwise: number) =>
  typeof value === 'number' ? value : otherwise;

function refuse(message: string): Result<never, Fault> {
  return err(faultHere(message));
}
