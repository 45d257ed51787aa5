import type { Json } from '@ioi/canon';
import { nearestName } from '../policy/nearest.ts';

/** What keeps a value from having a shape; whoever asks puts the name of its subject before it. */
export type ShapeCode = 'wrong_type' | 'missing_field' | 'unknown_field' | 'out_of_range';

/** `pointer`: RFC 6901, into the value. */
export type ShapeFlaw<C extends string = ShapeCode> = {
  readonly code: C;
  readonly pointer: string;
  readonly message: string;
};

/** As much of JSON Schema as artifacts are declared with. */
export type Shape = {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
};

type Flaws = readonly ShapeFlaw[];

const NOTHING: readonly never[] = [];

const WORDS: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  boolean: 'true or false',
};

/** All that keeps a value from having a shape, each with its place. */
export function shapeFaults(value: Json, shape: Shape, pointer = ''): Flaws {
  if (shape.anyOf !== undefined) return faultsOfAny(value, shape.anyOf, pointer);
  if (shape.const !== undefined && value !== shape.const) {
    return one('wrong_type', pointer, `expected ${JSON.stringify(shape.const)}`);
  }
  if (shape.type !== undefined && !isOfType(value, shape.type)) {
    return one('wrong_type', pointer, `expected ${WORDS[shape.type] ?? shape.type}`);
  }
  if (typeof value === 'string') return textFaults(value, shape, pointer);
  if (typeof value === 'number') return boundFaults(value, shape, pointer);
  if (Array.isArray(value)) return listFaults(value, shape, pointer);
  const isObject = typeof value === 'object' && value !== null;
  return isObject ? objectFaults(value as Members, shape, pointer) : NOTHING;
}

type Members = { readonly [name: string]: Json };

/** Of objects that differ by a constant, such as `kind`, the one that says so is meant. */
function faultsOfAny(value: Json, shapes: readonly Shape[], pointer: string): Flaws {
  const meant = shapes.filter((shape) => hasConstants(value, shape));
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return shapeFaults(value, only, pointer);
  const fits = shapes.some((shape) => shapeFaults(value, shape).length === 0);
  if (fits) return NOTHING;
  const { name, constants } = constantsOf(shapes);
  if (constants.length === 0) return one('wrong_type', pointer, 'expected another value');
  const listed = constants.join(', ');
  if (name === undefined) return one('wrong_type', pointer, `expected one of ${listed}`);
  if (!isOfType(value, 'object')) return one('wrong_type', pointer, 'expected an object');
  const isThere = Object.hasOwn(value as Members, name);
  const message = `\`${name}\` is one of ${listed}`;
  return isThere
    ? one('wrong_type', below(pointer, name), message)
    : one('missing_field', pointer, message);
}

function hasConstants(value: Json, { properties = {} }: Shape): boolean {
  const constants = Object.entries(properties).filter(([, shape]) => shape.const !== undefined);
  if (constants.length === 0 || typeof value !== 'object' || value === null) return false;
  const members = value as Members;
  return constants.every(([name, shape]) => members[name] === shape.const);
}

/** What tells alternatives apart: their own constants, or those of a member. */
function constantsOf(shapes: readonly Shape[]) {
  const own = shapes.map((shape) => shape.const).filter((each) => each !== undefined);
  if (own.length > 0) return { name: undefined, constants: own.map((each) => String(each)) };
  const members = shapes.flatMap(({ properties = {} }) => {
    const found = Object.entries(properties).find(([, shape]) => shape.const !== undefined);
    return found === undefined ? [] : [found];
  });
  return { name: members[0]?.[0], constants: members.map(([, shape]) => String(shape.const)) };
}

function objectFaults(value: Members, shape: Shape, pointer: string): Flaws {
  const { properties, required = [] } = shape;
  // Without members of its own it may have any.
  if (properties === undefined) return NOTHING;
  const known = Object.keys(properties);
  const members = Object.entries(value).flatMap(([name, member]) => {
    const declared = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const at = below(pointer, name);
    if (declared !== undefined) return shapeFaults(member, declared, at);
    return one('unknown_field', at, unknownText(name, known));
  });
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  const absent = missing.flatMap((name) => one('missing_field', pointer, `\`${name}\` is missing`));
  return [...members, ...absent];
}

function unknownText(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  const meant = nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
  return `\`${name}\` means nothing here${meant}`;
}

function listFaults(value: readonly Json[], shape: Shape, pointer: string): Flaws {
  const { items, minItems: least = 0, maxItems: most = Number.POSITIVE_INFINITY } = shape;
  if (value.length < least || value.length > most) {
    return one('out_of_range', pointer, `expected ${least} to ${most} entries`);
  }
  if (items === undefined) return NOTHING;
  return value.flatMap((item, at) => shapeFaults(item, items, below(pointer, String(at))));
}

function textFaults(value: string, shape: Shape, pointer: string): Flaws {
  const { pattern, minLength: least = 0, maxLength: most = Number.POSITIVE_INFINITY } = shape;
  const length = [...value].length;
  if (length < least || length > most) {
    return one('out_of_range', pointer, `expected ${least} to ${most} characters`);
  }
  if (pattern === undefined || new RegExp(pattern, 'u').test(value)) return NOTHING;
  return one('out_of_range', pointer, `expected what fits ${pattern}`);
}

function boundFaults(value: number, { minimum, maximum }: Shape, pointer: string): Flaws {
  const isLess = minimum !== undefined && value < minimum;
  const isMore = maximum !== undefined && value > maximum;
  if (!isLess && !isMore) return NOTHING;
  return one('out_of_range', pointer, `expected ${minimum ?? ''} to ${maximum ?? ''}`);
}

function isOfType(value: Json, type: string): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  const isList = Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !isList;
  return typeof value === type;
}

/** A name in an RFC 6901 pointer. */
function below(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function one(code: ShapeCode, pointer: string, message: string): Flaws {
  return [{ code, pointer, message }];
}
