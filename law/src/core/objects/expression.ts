import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import { compilePattern } from '../policy/pattern.ts';
import { add, compare, type Exact, exactInteger, multiply, readExact, subtract } from './exact.ts';
import { type Fault, faultHere, isObject, within } from './pointer.ts';
import { lengthOf } from './type-declaration.ts';

export type Kind = 'number' | 'text' | 'boolean' | 'size' | 'unknown';
/** What an expression comes to; undefined when it cannot be told, which is never true. */
type Value = Exact | string | boolean | readonly Json[] | object | undefined;

/** An expression that was read; `S` is what its leaves look into. */
type Node<S> = { readonly kind: Kind; readonly of: (source: S) => Value };

/** Reads a leaf, such as a field of the object; undefined when it is no leaf of this language. */
export type ReadLeaf<S> = (json: Json) => Result<Node<S>, Fault> | undefined;

const MAX_DEPTH = 16;
const MAX_NODES = 128;
const MAX_PATTERN = 256;

type Reading<S> = { readonly leaf: ReadLeaf<S>; nodes: number };

/**
 * Reads a condition: comparisons, `and`, `or`, `not`, `in`, `length`, `matches`, `exists` and
 * exact `add`, `subtract`, `multiply` over the leaves. Total: it is true, false, or cannot be
 * told, as when a field is absent; it holds only when it is true.
 */
export function readCondition<S>(
  json: Json,
  leaf: ReadLeaf<S>,
): Result<(source: S) => boolean, Fault> {
  const node = read(json, { leaf, nodes: MAX_NODES }, 0);
  if (!node.ok) return node;
  if (node.value.kind !== 'boolean') return refuse('the whole is a condition');
  return ok((source) => node.value.of(source) === true);
}

function read<S>(json: Json, reading: Reading<S>, depth: number): Result<Node<S>, Fault> {
  reading.nodes -= 1;
  if (reading.nodes < 0 || depth > MAX_DEPTH) return refuse('the expression is too large');
  if (!isObject(json)) return refuse('an expression is an object');
  if (!Object.hasOwn(json, 'op')) {
    return literal<S>(json) ?? reading.leaf(json) ?? refuse('neither operation nor leaf');
  }
  const { op, args, ...more } = json as { op: Json; args?: Json };
  if (typeof op !== 'string' || !Object.hasOwn(OPERATIONS, op)) return refuse('unknown operation');
  if (!Array.isArray(args) || args.length < 1) return refuse('an operation has arguments');
  const nodes: Node<S>[] = [];
  for (const [at, arg] of args.entries()) {
    const node = read(arg, reading, depth + 1);
    if (!node.ok) return err(within('args', within(at, node.error)));
    nodes.push(node.value);
  }
  const { takes, make } = OPERATIONS[op as keyof typeof OPERATIONS] as Operator;
  const misfit = takes(nodes.map((each) => each.kind));
  if (misfit !== undefined) return refuse(`${op}: ${misfit}`);
  const made = make(more as Readonly<Record<string, Json>>);
  if (typeof made === 'string') return refuse(`${op}: ${made}`);
  const { kind, apply } = made;
  return ok({ kind, of: (source) => apply(nodes.map((node) => node.of(source))) });
}

function literal<S>(json: Readonly<Record<string, Json>>): Result<Node<S>, Fault> | undefined {
  const [name, value] = Object.entries(json)[0] ?? [];
  if (Object.keys(json).length !== 1 || value === undefined) return undefined;
  if (name === 'decimal') {
    const number = typeof value === 'string' ? readExact(value) : undefined;
    return number ? constant('number', number) : refuse('no decimal');
  }
  if (name !== 'value') return undefined;
  if (typeof value === 'number') {
    return Number.isSafeInteger(value)
      ? constant('number', exactInteger(value))
      : refuse('numbers are integers or decimals');
  }
  if (typeof value === 'string') return constant('text', value);
  if (typeof value === 'boolean') return constant('boolean', value);
  const isList = Array.isArray(value) && value.length <= 256 && value.every(isScalar);
  return isList ? constant('size', value) : refuse('a literal is a scalar or a list of them');
}

const isScalar = (value: Json) => typeof value === 'string' || Number.isSafeInteger(value);

function constant<S>(kind: Kind, value: Value): Result<Node<S>, Fault> {
  return ok({ kind, of: () => value });
}

/** The kind of value and how to look it up, for leaves that hold JSON. */
export function valueOfJson(value: Json | undefined, kind: Kind): Value {
  if (value === undefined || value === null) return undefined;
  if (kind === 'number' && typeof value === 'string') return readExact(value);
  if (typeof value !== 'number') return value;
  return Number.isSafeInteger(value) ? exactInteger(value) : undefined;
}

function isExact(value: unknown): value is Exact {
  return isObject(value) && typeof (value as { units?: unknown }).units === 'bigint';
}

type Apply = (values: readonly Value[]) => Value;
type Made = { readonly kind: Kind; readonly apply: Apply } | string;
type Operator = {
  /** What is wrong with arguments of these kinds; undefined when nothing is. */
  readonly takes: (kinds: readonly Kind[]) => string | undefined;
  readonly make: (more: Readonly<Record<string, Json>>) => Made;
};

const fits = (kind: Kind, wanted: readonly Kind[]) => kind === 'unknown' || wanted.includes(kind);

function all(...wanted: readonly Kind[]) {
  return (kinds: readonly Kind[]) =>
    kinds.every((kind) => fits(kind, wanted)) ? undefined : `takes ${wanted.join(' or ')}`;
}

function exactly(count: number, wanted: readonly Kind[]) {
  return (kinds: readonly Kind[]) => {
    if (kinds.length !== count) return `takes ${count}`;
    const known = new Set(kinds.filter((kind) => kind !== 'unknown'));
    return known.size > 1 ? 'compares what is not alike' : all(...wanted)(kinds);
  };
}

const simple = (kind: Kind, apply: Apply) => (more: Readonly<Record<string, Json>>) =>
  Object.keys(more).length === 0 ? { kind, apply } : 'no other member';

/** The order of two values of one kind; undefined when they have none. Text by UTF-16 units. */
function order(left: Value, right: Value): number | undefined {
  if (isExact(left) && isExact(right)) return compare(left, right);
  if (typeof left === 'string' && typeof right === 'string') {
    return left === right ? 0 : left < right ? -1 : 1;
  }
  return typeof left === 'boolean' && left === right ? 0 : undefined;
}

function comparison(wanted: readonly Kind[], holds: (order: number) => boolean): Operator {
  const apply: Apply = ([left, right]) => {
    if (typeof left === 'boolean' && typeof right === 'boolean') {
      return holds(Number(left) - Number(right));
    }
    const found = order(left, right);
    return found === undefined ? undefined : holds(found);
  };
  return { takes: exactly(2, wanted), make: simple('boolean', apply) };
}

const SCALAR: readonly Kind[] = ['number', 'text', 'boolean'];
const ORDERED: readonly Kind[] = ['number', 'text'];

function arithmetic(combine: (left: Exact, right: Exact) => Exact): Operator {
  const apply: Apply = ([left, right]) =>
    isExact(left) && isExact(right) ? combine(left, right) : undefined;
  return { takes: exactly(2, ['number']), make: simple('number', apply) };
}

/** One value settles it; otherwise what cannot be told stays so (Kleene). */
function logical(settles: boolean): Operator {
  const apply: Apply = (values) => {
    if (values.includes(settles)) return settles;
    return values.every((value) => value === !settles) ? !settles : undefined;
  };
  return { takes: all('boolean'), make: simple('boolean', apply) };
}

const OPERATIONS = {
  eq: comparison(SCALAR, (found) => found === 0),
  ne: comparison(SCALAR, (found) => found !== 0),
  lt: comparison(ORDERED, (found) => found < 0),
  le: comparison(ORDERED, (found) => found <= 0),
  gt: comparison(ORDERED, (found) => found > 0),
  ge: comparison(ORDERED, (found) => found >= 0),
  and: logical(false),
  or: logical(true),
  not: {
    takes: exactly(1, ['boolean']),
    make: simple('boolean', ([value]) => (typeof value === 'boolean' ? !value : undefined)),
  },
  in: {
    takes: (kinds) =>
      kinds.length === 2 && fits(kinds[0]!, ORDERED) && kinds[1] === 'size'
        ? undefined
        : 'takes a number or text and a list',
    make: simple('boolean', ([value, list]) => {
      if (value === undefined || !Array.isArray(list)) return undefined;
      return list.some((each: Json) => order(value, valueOfJson(each, 'unknown')) === 0);
    }),
  },
  length: {
    takes: exactly(1, ['text', 'size']),
    make: simple('number', ([value]) => {
      if (typeof value === 'string') return exactInteger(lengthOf(value));
      if (Array.isArray(value)) return exactInteger(value.length);
      return isObject(value) ? exactInteger(Object.keys(value).length) : undefined;
    }),
  },
  exists: {
    takes: (kinds) => (kinds.length === 1 ? undefined : 'takes 1'),
    make: simple('boolean', ([value]) => value !== undefined),
  },
  matches: {
    takes: exactly(1, ['text']),
    make: ({ pattern, ...more }) => {
      if (typeof pattern !== 'string' || pattern.length > MAX_PATTERN) return 'no pattern';
      if (Object.keys(more).length > 0) return 'no other member';
      const matches = compilePattern(pattern);
      if (typeof matches === 'string') return matches;
      const apply: Apply = ([v]) => (typeof v === 'string' ? matches(v) : undefined);
      return { kind: 'boolean', apply };
    },
  },
  add: arithmetic(add),
  subtract: arithmetic(subtract),
  multiply: arithmetic(multiply),
} as const satisfies Readonly<Record<string, Operator>>;

function refuse(message: string): Result<never, Fault> {
  return err(faultHere(message));
}
