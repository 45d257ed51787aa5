import { digestOf, type Json } from '@ioi/canon';

type Schema = { readonly [keyword: string]: Json };

/** They say nothing of a value. */
const ANNOTATIONS = ['title', 'description', 'default', 'examples', '$comment', '$schema', '$id'];
/** Of bounds: whether a tighter one is the larger. */
const BOUNDS: Readonly<Record<string, 'larger' | 'smaller'>> = {
  minimum: 'larger',
  exclusiveMinimum: 'larger',
  minLength: 'larger',
  minItems: 'larger',
  minProperties: 'larger',
  maximum: 'smaller',
  exclusiveMaximum: 'smaller',
  maxLength: 'smaller',
  maxItems: 'smaller',
  maxProperties: 'smaller',
};
const ALL_TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];
const DEEPEST = 32;
const LONGEST = 64 * 1024;
/** Said again they hold again, whatever stands beside them. */
const SELF_CONTAINED = [
  ...['type', 'enum', 'const', 'required', 'pattern', 'format', 'multipleOf', 'uniqueItems'],
  ...Object.keys(BOUNDS),
];

/**
 * Why a value that fits one schema need not fit another; undefined where each of them does. What
 * it does not understand of the second is not shown to hold, unless the first says the same.
 */
export function misfit(gives: Json, takes: Json, depth = 0): string | undefined {
  if (takes === true) return undefined;
  if (depth === 0) {
    const text = JSON.stringify(takes);
    // What a reference means depends on where it stands.
    if (/"\$(dynamicR|recursiveR|r)ef":/.test(text)) return 'what it takes is told by reference';
    // The guardian compares them while everything else waits.
    const largest = Math.max(text.length, JSON.stringify(gives).length);
    if (largest > LONGEST) return 'a schema is too large to be compared';
  }
  if (same(gives, takes)) return undefined;
  if (takes === false || depth > DEEPEST) return 'it takes nothing';
  const wanted = schemaIn(takes);
  const given = schemaIn(gives);
  if (wanted === undefined || given === undefined) return 'a schema cannot be read';
  for (const [keyword, value] of Object.entries(wanted)) {
    if (ANNOTATIONS.includes(keyword) || isSaidAgain(keyword, value, given)) continue;
    const why = misfitIn({ keyword, value, given, wanted, depth });
    if (why !== undefined) return why;
  }
  return undefined;
}

function isSaidAgain(keyword: string, value: Json, given: Schema): boolean {
  const own = Object.hasOwn(given, keyword) ? given[keyword] : undefined;
  return SELF_CONTAINED.includes(keyword) && own !== undefined && same(own, value);
}

type Keyword = {
  readonly keyword: string;
  readonly value: Json;
  readonly given: Schema;
  readonly wanted: Schema;
  readonly depth: number;
};

function misfitIn(asked: Keyword): string | undefined {
  const { keyword, value, given, wanted } = asked;
  switch (keyword) {
    case 'type':
      return wrongType(given, value);
    case 'enum':
    case 'const':
      return isAmong(constantsOf(given), constantsOf(wanted)) ? undefined : `other ${keyword}`;
    case 'properties':
      return mayBe(given, 'object') ? wrongProperty(asked) : undefined;
    case 'required':
      return mayBe(given, 'object') ? missing(given, value) : undefined;
    case 'additionalProperties':
      return value === true || !mayBe(given, 'object') ? undefined : moreProperties(asked);
    case 'items':
      return mayBe(given, 'array') ? wrongItems(asked) : undefined;
    default:
      return wrongBound(asked);
  }
}

function wrongType(given: Schema, value: Json): string | undefined {
  const may = typesOf(given);
  const takes = typesIn(value);
  const isTaken = (type: string): boolean =>
    takes.includes(type) || (type === 'integer' && takes.includes('number'));
  const other = may.find((type) => !isTaken(type));
  return other === undefined ? undefined : `it may be ${other}, not ${takes.join(' or ')}`;
}

function wrongItems({ value, given, depth }: Keyword): string | undefined {
  if (given['prefixItems'] !== undefined) return 'its first items are others';
  const why = misfit(given['items'] ?? true, value, depth + 1);
  return why === undefined ? undefined : `items: ${why}`;
}

function wrongProperty({ value, given, depth }: Keyword): string | undefined {
  if (given['patternProperties'] !== undefined) return 'its members go by patterns';
  const properties = schemaIn(given['properties'] ?? {}) ?? {};
  for (const [name, wanted] of Object.entries(schemaIn(value) ?? {})) {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const gives = own ?? given['additionalProperties'] ?? true;
    // What cannot be there fits whatever it would have to be.
    if (gives === false) continue;
    const why = misfit(gives, wanted, depth + 1);
    if (why !== undefined) return `${name}: ${why}`;
  }
  return undefined;
}

function missing(given: Schema, value: Json): string | undefined {
  const sure = new Set(textsIn(given['required'] ?? []));
  const name = textsIn(value).find((each) => !sure.has(each));
  return name === undefined ? undefined : `${name} may be missing`;
}

function moreProperties({ value, given, wanted, depth }: Keyword): string | undefined {
  const isByPattern = [given, wanted].some((each) => each['patternProperties'] !== undefined);
  if (isByPattern) return 'members go by patterns';
  const named = schemaIn(wanted['properties'] ?? {}) ?? {};
  const own = schemaIn(given['properties'] ?? {}) ?? {};
  for (const [name, gives] of Object.entries(own)) {
    if (Object.hasOwn(named, name) || gives === false) continue;
    const why = misfit(gives, value, depth + 1);
    if (why !== undefined) return `${name}: ${why}`;
  }
  const more = given['additionalProperties'] ?? true;
  return more === false ? undefined : misfit(more, value, depth + 1);
}

function wrongBound({ keyword, value, given }: Keyword): string | undefined {
  const tighter = BOUNDS[keyword];
  const own = given[keyword];
  if (tighter === undefined) return `nothing shows that it holds \`${keyword}\``;
  const isHeld =
    typeof own === 'number' &&
    typeof value === 'number' &&
    (tighter === 'larger' ? own >= value : own <= value);
  return isHeld ? undefined : `${keyword} is ${JSON.stringify(own ?? 'none')}`;
}

/** What a value of it may be at all. */
export function typesOf(schema: Json): readonly string[] {
  const read = schemaIn(schema) ?? {};
  const constants = constantsOf(read);
  if (constants !== undefined) return [...new Set(constants.map(typeOf))];
  return read['type'] === undefined ? ALL_TYPES : typesIn(read['type']);
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function mayBe(schema: Schema, type: string): boolean {
  return typesOf(schema).includes(type);
}

function constantsOf(schema: Schema): readonly Json[] | undefined {
  const { enum: listed, const: only } = schema;
  if (only !== undefined) return [only];
  return Array.isArray(listed) ? listed : undefined;
}

function isAmong(given: readonly Json[] | undefined, wanted: readonly Json[] | undefined) {
  if (given === undefined || wanted === undefined) return false;
  const known = new Set(wanted.map(hashOf));
  return given.every((each) => {
    const hash = hashOf(each);
    return hash !== undefined && known.has(hash);
  });
}

function typesIn(value: Json): readonly string[] {
  return typeof value === 'string' ? [value] : textsIn(value);
}

function textsIn(value: Json): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function schemaIn(value: Json): Schema | undefined {
  if (value === true) return {};
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Schema) : undefined;
}

function same(one: Json, other: Json): boolean {
  const left = hashOf(one);
  return left !== undefined && left === hashOf(other);
}

function hashOf(value: Json): string | undefined {
  const hash = digestOf(value);
  return hash.ok ? hash.value : undefined;
}
