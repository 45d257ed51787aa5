import type { RuntimeToolContract } from '@ioi/protocol';
import type { Act } from './acts.ts';
import { ADDRESS, WEB, words, wordsOf } from './words.ts';

type Parameter = RuntimeToolContract['parameters'][number];

/** Whether a parameter says whom or what its act is for: as the contract says, or by its kind. */
export function isDestination({ kind, is_destination }: Parameter): boolean {
  return is_destination ?? (kind === 'path' || kind === 'path_list' || kind === 'url');
}

/** What people read, and so what may come from anywhere. The last word of a name tells. */
const CONTENT = words(
  'body content contents description subject title message text note notes comment comments',
  'summary reason caption street city zip state country location question answer prompt',
);
const PERSON = words('first last middle');
/** Some of it tells one thing from others where that is changed, and all of it where it goes. */
const TELLING = words('title location');
const REMARK = words('reason comment');
/** When and how much. */
const MEASURE = words(
  'date time day start end duration amount price quantity count limit n size offset month year',
  'hour minute rating permission role type status recurring currency unit color sort',
);
const IDENTIFIER = words('id ids count number');

export type Tool = {
  readonly act: Act | 'read' | undefined;
  readonly name: readonly string[];
};

/** What an argument is for, by the tool's verb, its own name and its schema. */
export function parameterOf(name: string, schema: unknown, tool: Tool): Parameter {
  const isOut = isAddress(name, schema);
  const isRead = tool.act === 'read';
  const isContent = !(isRead || isOut) && isContentOf(tool.act, name, schema);
  const isMeasured = MEASURE.has(lastOf(name)) || isYesOrNo(schema);
  const isQuery = isRead && tool.name.some((word) => WEB.has(word));
  const isTold = isOut || ((!isRead || isQuery) && !isContent && !isMeasured);
  return {
    argument: name,
    parameter: name,
    kind: isContent ? 'content' : 'value',
    ...(isTold ? { is_destination: true } : {}),
  };
}

function isContentOf(act: Tool['act'], name: string, schema: unknown): boolean {
  if (typesIn(schema).some((type) => type === 'number' || type === 'integer')) return false;
  const last = lastOf(name);
  if (act === 'delete') return REMARK.has(last);
  if (act === 'update' && TELLING.has(last)) return false;
  return CONTENT.has(last) || (last === 'name' && PERSON.has(wordsOf(name).at(-2) ?? ''));
}

function lastOf(name: string): string {
  return (wordsOf(name).at(-1) ?? '').replace(/^(first|last)name$/, 'content');
}

/** Whether it, or something in it, is where a request goes. */
function isAddress(name: string, schema: unknown, depth = 0): boolean {
  const named = wordsOf(name);
  const isNamed = named.some((word) => ADDRESS.has(word)) && !IDENTIFIER.has(named.at(-1) ?? '');
  if (isNamed || named.slice(-2).join(' ') === 'email to') return true;
  if (FORMATS.has(formatOf(schema)) || depth > DEEPEST) return true;
  return propertiesIn(schema).some(([each, inner]) => isAddress(each, inner, depth + 1));
}

const FORMATS = words('uri uri-reference iri url hostname ipv4 ipv6');
/** Schemas nested deeper are read the careful way. */
const DEEPEST = 8;

function formatOf(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return '';
  const { format } = schema as { format?: unknown };
  return typeof format === 'string' ? format : '';
}

/** The members of an object's schema, wherever it says them. */
export function propertiesIn(schema: unknown): [string, unknown][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, items } = schema as Record<string, unknown>;
  const own = typeof properties === 'object' && properties !== null ? properties : {};
  return [...Object.entries(own), ...[items, ...choicesIn(schema)].flatMap(propertiesIn)];
}

/** Whether a tool takes arguments that its schema does not list, so that nobody looks at them. */
export function isOpen(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return true;
  const { $ref, patternProperties, additionalProperties } = schema as Record<string, unknown>;
  const hasMore = additionalProperties !== undefined && additionalProperties !== false;
  const isElsewhere = $ref !== undefined || patternProperties !== undefined;
  return isElsewhere || hasMore || choicesIn(schema).some(isOpen);
}

function isYesOrNo(schema: unknown): boolean {
  const types = typesIn(schema).filter((type) => type !== 'null');
  return types.length > 0 && types.every((type) => type === 'boolean');
}

function typesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { type } = schema as Record<string, unknown>;
  const own = typeof type === 'string' ? [type] : Array.isArray(type) ? type.map(String) : [];
  return [...own, ...choicesIn(schema).flatMap(typesIn)];
}

function choicesIn(schema: object): unknown[] {
  const { anyOf, oneOf, allOf } = schema as Record<string, unknown>;
  return [anyOf, oneOf, allOf].flatMap((each) => (Array.isArray(each) ? each : []));
}
