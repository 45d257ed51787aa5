import type { RuntimeToolContract } from '@ioi/protocol';
import { actOf, wordsOf } from './acts.ts';

/** A tool as its server lists it. */
export type ListedTool = {
  readonly server: string;
  readonly tool: string;
  readonly description?: string;
  readonly inputSchema: unknown;
  readonly schemaHash: string;
};

type Parameter = RuntimeToolContract['parameters'][number];

/** What people read, and so what may come from anywhere. */
const CONTENT = words(
  'body content contents description subject title message text note notes comment comments',
  'summary reason caption query first last firstname lastname street city zip state country',
  'location place label topic question answer prompt',
);
/** When and how much. */
const MEASURE = words(
  'date time day start end duration amount price quantity count limit n size page offset month',
  'year hour minute rating permission role type status recurring currency unit color sort order',
);
const ADDRESS = words('url uri link website site webpage host domain endpoint');
/** What a tool returns that reads one of these is running text, whoever wrote it. */
const DOCUMENT = words('file page webpage website document article url content contents site');

/**
 * A contract to start from for a tool that has none, from its name and schema alone. What it does
 * is told by the verb it is called by; every argument of an act is a destination unless its name
 * says that it is content, a time or a measure. Whatever cannot be told is read the careful way.
 * A person has to say whether it is true before it goes into node.json.
 */
export function draftContract(listed: ListedTool): RuntimeToolContract {
  const { server, tool } = listed;
  const verb = actOf(tool) ?? actOf(firstWord(listed.description));
  const isRead = verb === 'read';
  const parameters = propertiesOf(listed.inputSchema).map(([name, schema]) =>
    parameterOf(name, schema, isRead),
  );
  return {
    server,
    tool,
    version: 'draft',
    schema_hash: listed.schemaHash,
    target: `mcp::${server}::${tool}`,
    primitive_capabilities: [],
    authority_scopes: [],
    risk_class: isRead ? 'low' : 'high',
    effect: isRead ? 'read' : 'at_most_once',
    parameters,
    ...(verb === undefined || isRead ? {} : { act: verb }),
    returns: isRead && DOCUMENT.has(wordsOf(tool).at(-1) ?? '') ? 'text' : 'records',
    facts: [],
    secret_slots: [],
    rrsa_domain: 'unmapped',
    applicability_class: 'topology_dependent',
    postconditions: ['output_present'],
    limits: { timeout_ms: 60_000, output_bytes: 1_048_576 },
  };
}

function parameterOf(name: string, schema: unknown, isRead: boolean): Parameter {
  const named = wordsOf(name);
  const isContent = named.some((word) => CONTENT.has(word));
  const isAddress = named.some((word) => ADDRESS.has(word));
  const isMeasure = named.some((word) => MEASURE.has(word)) || isNumberless(schema, named);
  const isDestination = isAddress || !(isRead || isContent || isMeasure);
  return {
    argument: name,
    parameter: name,
    kind: isContent && !isRead && !isAddress ? 'content' : 'value',
    ...(isDestination ? { is_destination: true } : {}),
  };
}

/** A number or a yes or no names nothing, but for an id. */
function isNumberless(schema: unknown, named: readonly string[]): boolean {
  if (named.includes('id') || named.includes('ids')) return false;
  const types = typesIn(schema).filter((type) => type !== 'null');
  return types.length > 0 && types.every((type) => PLAIN_TYPES.has(type));
}

const PLAIN_TYPES = words('number integer boolean');

function typesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { type, anyOf, oneOf } = schema as Record<string, unknown>;
  const own = typeof type === 'string' ? [type] : Array.isArray(type) ? type.map(String) : [];
  const others = [anyOf, oneOf].flatMap((each) => (Array.isArray(each) ? each : []));
  return [...own, ...others.flatMap(typesIn)];
}

function propertiesOf(schema: unknown): [string, unknown][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties } = schema as { properties?: unknown };
  if (typeof properties !== 'object' || properties === null) return [];
  return Object.entries(properties).slice(0, 64);
}

/** `Sends an email` is told by `send`. */
function firstWord(description = ''): string {
  return (wordsOf(description)[0] ?? '').replace(/s$/, '');
}

function words(...lines: string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(' ')));
}
