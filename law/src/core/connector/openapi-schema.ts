import { err, ok, type Result } from '@ioi/basis';
import type { Rejection } from '@ioi/protocol';

/** Members of a schema that say what fits; everything else refuses by name. */
const KEPT: ReadonlySet<string> = new Set([
  ...['type', 'enum', 'const', 'format', 'description', 'default', 'required', 'minimum'],
  ...['maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength'],
  ...['minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'title'],
]);
const SCHEMAS: ReadonlySet<string> = new Set(['items', 'not', 'additionalProperties']);
const LISTS: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
/** Words about a value, and what only a server needs: they bound nothing that is sent. */
const DROPPED: ReadonlySet<string> = new Set([
  ...['example', 'examples', 'externalDocs', 'deprecated', 'xml', 'discriminator', 'readOnly'],
  ...['writeOnly', 'nullable', 'pattern', '$comment', 'contentMediaType', 'contentEncoding'],
]);
const DEEPEST = 32;

type Members = Readonly<Record<string, unknown>>;

/** What may still be read of a document, and how little may be left after one operation of it. */
export type Room = { left: number; end: number };
export type Within = { readonly document: Members; readonly room: Room };

const MOST_READ = 16 * 1024 * 1024;
const MOST_OF_ONE = 256 * 1024;
/** What an object costs, beside the letters in it. */
const COST = 32;

export function freshRoom(): Room {
  return { left: MOST_READ, end: 0 };
}

export function beginOperation(room: Room): void {
  room.end = Math.max(0, room.left - MOST_OF_ONE);
}

/** References make more of a document than its bytes: what they lead to counts each time. */
function isRoomFor(value: unknown, room: Room): boolean {
  if (room.left <= room.end) return false;
  room.left -= COST + (value === undefined ? 0 : JSON.stringify(value).length);
  return room.left > room.end;
}

/** What a local reference leads to (RFC 6901); a reference anywhere else is refused. */
export function follow(document: Members, value: unknown): Result<Members, Rejection> {
  let found = value;
  for (let steps = 0; steps < DEEPEST; steps += 1) {
    if (!isMembers(found)) return refuse('an object was expected');
    const { $ref } = found;
    if ($ref === undefined) return ok(found);
    if (typeof $ref !== 'string' || !$ref.startsWith('#/')) {
      return refuse(`the reference ${String($ref).slice(0, 100)} leads out of the document`);
    }
    found = at(document, $ref.slice(2));
    if (found === undefined) return refuse(`the reference ${$ref} leads nowhere`);
  }
  return refuse('references lead in a circle');
}

/** A schema of OpenAPI 3.0 or 3.1 as plain JSON Schema without references. */
export function plainSchema(within: Within, value: unknown, depth = 0): Result<Members, Rejection> {
  if (!isRoomFor(undefined, within.room)) return tooLarge();
  if (value === true) return ok({});
  if (depth > DEEPEST) return refuse('a schema is too deep, or contains itself');
  const followed = follow(within.document, value);
  if (!followed.ok) return followed;
  const plain: [string, unknown][] = [];
  for (const [name, each] of Object.entries(followed.value)) {
    if (KEPT.has(name)) {
      if (!isRoomFor(each, within.room)) return tooLarge();
      plain.push([name, each]);
    } else if (name === 'properties' || SCHEMAS.has(name) || LISTS.has(name)) {
      const inner = innerSchema(within, [name, each], depth + 1);
      if (!inner.ok) return inner;
      plain.push([name, inner.value]);
    } else if (!DROPPED.has(name) && !name.startsWith('x-')) {
      return refuse(`the word \`${name.slice(0, 60)}\` in a schema is not known here`);
    }
  }
  return ok(withNull(Object.fromEntries(plain), followed.value));
}

function innerSchema(
  within: Within,
  [name, value]: [string, unknown],
  depth: number,
): Result<unknown, Rejection> {
  if (name === 'additionalProperties' && typeof value === 'boolean') return ok(value);
  if (SCHEMAS.has(name)) return plainSchema(within, value, depth);
  const isList = Array.isArray(value);
  if (isList !== LISTS.has(name) || !(isList || isMembers(value))) {
    return refuse(`\`${name}\` in a schema is not what it should be`);
  }
  const read: [string, unknown][] = [];
  for (const [key, each] of Object.entries(value)) {
    const inner = plainSchema(within, each, depth);
    if (!inner.ok) return inner;
    read.push([key, inner.value]);
  }
  return ok(isList ? read.map(([, each]) => each) : Object.fromEntries(read));
}

/** `nullable` and bounds that are yes or no are words of OpenAPI 3.0. */
function withNull(plain: Members, given: Members): Members {
  const { type, exclusiveMinimum, exclusiveMaximum, minimum, maximum, ...rest } = plain;
  const isNullable = given['nullable'] === true && typeof type === 'string';
  return {
    ...rest,
    ...(type === undefined ? {} : { type: isNullable ? [type, 'null'] : type }),
    ...bound('minimum', 'exclusiveMinimum', [minimum, exclusiveMinimum]),
    ...bound('maximum', 'exclusiveMaximum', [maximum, exclusiveMaximum]),
  };
}

function bound(name: string, exclusive: string, [value, other]: [unknown, unknown]): Members {
  if (other === true) return { [exclusive]: value };
  return {
    ...(value === undefined ? {} : { [name]: value }),
    ...(typeof other === 'number' ? { [exclusive]: other } : {}),
  };
}

function at(document: Members, pointer: string): unknown {
  let found: unknown = document;
  for (const part of pointer.split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isMembers(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found;
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tooLarge(): Result<never, Rejection> {
  return refuse('with all that it refers to it is too large');
}

function refuse(message: string): Result<never, Rejection> {
  return err({ code: 'connector.openapi_unsupported', message });
}
