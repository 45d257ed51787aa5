import { type Schema, type SchemaDraft, Validator } from '@cfworker/json-schema';
import { err, ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';

export type ArgumentsError = {
  readonly code: 'contract.arguments_invalid';
  /** RFC 6901, into the arguments. */
  readonly pointer: string;
  readonly message: string;
};

type Outcome = Result<void, ArgumentsError>;

/** Members and elements of schema or arguments; a schema over this is refused. */
const MOST_NODES = 50_000;
/** `uniqueItems` compares every pair. */
const MOST_NODES_UNIQUE = 2_000;
/** How often a schema may be applied to a value before it is said not to end. */
const MOST_STEPS = 200_000;

// Patterns would run in a backtracking engine on text the agent chose; the dynamic references are
// unknown to the interpreter, which would pass over them. What cannot be checked is refused.
const REFUSED_KEYWORDS = ['pattern', 'patternProperties', '$dynamicRef', '$dynamicAnchor'];
/** These name subschemas or members themselves, so a keyword's name inside them is only a name. */
const NAME_MAPS = ['properties', '$defs', 'definitions', 'dependentSchemas', 'dependentRequired'];
/** Values, not schemas. */
const LITERALS = ['const', 'enum', 'default', 'examples'];

const DRAFTS: readonly (readonly [string, SchemaDraft])[] = [
  ['draft-04', '4'],
  ['draft-07', '7'],
  ['2019-09', '2019-09'],
];

/**
 * Checks a tool's arguments against its input schema (MCP tools; JSON Schema 2020-12 unless
 * `$schema` says otherwise). Nothing is fetched: a reference that leaves the schema refuses. A
 * schema that does not end, or that needs a regular expression, refuses too. `format` annotates.
 */
export function validateArguments(schema: JsonObject, given: JsonObject): Outcome {
  return argumentsCheck(schema)(given);
}

/** The same for many calls of one tool: the schema is read once, with the first of them. */
export function argumentsCheck(schema: JsonObject): (given: JsonObject) => Outcome {
  let made: Check | undefined;
  return (given) => {
    made ??= checkOf(schema, 'the arguments have too many members');
    return made(withoutNulls(given, schema));
  };
}

/** The same of any value, with nothing left out. */
export function validateValue(schema: JsonObject, given: Json): Outcome {
  return checkOf(schema, 'it has too many members')(given);
}

type Check = (given: Json) => Outcome;

function checkOf(schema: JsonObject, tooMany: string): Check {
  const budget: Budget = { nodes: 0, steps: 0, unique: false };
  const prepared = prepareSchema(schema, budget);
  if (typeof prepared === 'string') return () => refuse('', `schema not supported: ${prepared}`);
  const draft = draftOf(schema);
  let validator: Validator | undefined;
  return (given) => {
    const instance = copyValue(given, { ...budget, nodes: 0 });
    if (instance === undefined) return refuse('', tooMany);
    budget.steps = 0;
    return run(() => {
      validator ??= new Validator(prepared as Schema, draft);
      return validator.validate(instance);
    });
  };
}

/** Models write `null` where they leave an optional argument out; servers read it so. */
function withoutNulls(given: JsonObject, { required }: JsonObject): JsonObject {
  const needed = Array.isArray(required) ? required : [];
  const kept = Object.entries(given).filter(([name, value]) => {
    return value !== null || needed.includes(name);
  });
  return Object.fromEntries(kept);
}

function run(validate: () => ReturnType<Validator['validate']>): Outcome {
  try {
    const { valid, errors } = validate();
    if (valid) return ok(undefined);
    const deepest = errors.at(-1);
    const pointer = pointerOf(deepest?.instanceLocation ?? '#');
    return refuse(
      pointer,
      `${deepest?.keyword ?? 'schema'}: ${(deepest?.error ?? '').slice(0, 200).toWellFormed()}`,
    );
  } catch (error) {
    // The interpreter throws on references it cannot follow, and runs out of steps or of stack
    // on schemas that do not end: either way nothing was proved about the arguments.
    const why = error instanceof RangeError ? 'it does not end' : messageOf(error);
    return refuse('', `schema not supported: ${why}`);
  }
}

type Budget = { nodes: number; steps: number; unique: boolean };

/** A copy without formats whose every schema counts its applications, or why there is none. */
function prepareSchema(schema: JsonObject, budget: Budget): object | string {
  try {
    return copySchema(schema, budget) as object;
  } catch (error) {
    if (error instanceof Unsupported) return error.message;
    throw error;
  }
}

class Unsupported extends Error {}

function copySchema(schema: Json, budget: Budget): unknown {
  count(budget);
  if (Array.isArray(schema)) return schema.map((each) => copySchema(each, budget));
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (REFUSED_KEYWORDS.includes(keyword)) throw new Unsupported(keyword);
    if (keyword === 'format') continue;
    if (keyword === 'uniqueItems' && value === true) budget.unique = true;
    define(copy, keyword, copyKeyword(keyword, value, budget));
  }
  // Read once per application by the interpreter: here an endless schema runs out of steps.
  Object.defineProperty(copy, '$recursiveAnchor', {
    enumerable: false,
    get: () => {
      budget.steps += 1;
      if (budget.steps > MOST_STEPS) throw new RangeError('too many steps');
      return schema['$recursiveAnchor'];
    },
  });
  return copy;
}

function copyKeyword(keyword: string, value: Json, budget: Budget): unknown {
  if (LITERALS.includes(keyword)) return copyLiteral(value, budget);
  const isMap = NAME_MAPS.includes(keyword) && typeof value === 'object' && value !== null;
  if (!isMap || Array.isArray(value)) return copySchema(value, budget);
  const copy: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) define(copy, name, copySchema(each, budget));
  return copy;
}

function copyLiteral(value: Json, budget: Budget): unknown {
  const copy = copyValue(value, budget);
  if (copy === undefined) throw new Unsupported('it is too large');
  return copy;
}

/**
 * A copy whose objects have no prototype, so that `required: ["constructor"]` asks about members.
 * Undefined when it is too large to check.
 */
function copyValue(value: Json, budget: Budget): unknown {
  budget.nodes += 1;
  if (budget.nodes > (budget.unique ? MOST_NODES_UNIQUE : MOST_NODES)) return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copies = value.map((each) => copyValue(each, budget));
    return copies.includes(undefined) ? undefined : copies;
  }
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, each] of Object.entries(value)) {
    const copied = copyValue(each, budget);
    if (copied === undefined) return undefined;
    define(copy, key, copied);
  }
  return copy;
}

/** Assignment would take `__proto__` for the prototype. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

function count(budget: Budget): void {
  budget.nodes += 1;
  if (budget.nodes > MOST_NODES) throw new Unsupported('it is too large');
}

function draftOf(schema: JsonObject): SchemaDraft {
  const { $schema } = schema;
  if (typeof $schema !== 'string') return '2020-12';
  return DRAFTS.find(([name]) => $schema.includes(name))?.[1] ?? '2020-12';
}

/** The interpreter writes `#/a/b` with URI escapes. */
function pointerOf(location: string): string {
  try {
    return decodeURI(location.slice(1));
  } catch {
    return location.slice(1);
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return error.message.split('\n', 1)[0]!.slice(0, 200).toWellFormed();
}

function refuse(pointer: string, message: string): Outcome {
  return err({ code: 'contract.arguments_invalid', pointer, message });
}
