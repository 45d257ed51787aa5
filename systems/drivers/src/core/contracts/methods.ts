import { assert } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import type { RuntimeToolContract } from '@ioi/protocol';
import type { ListedTool } from '../answer.ts';

/** What a client asks of a server beside calling its tools (decision 0014). */
export const SERVER_METHODS = [
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/get',
  'completion/complete',
] as const;
/** What a server asks of its client's side. */
export const CLIENT_METHODS = [
  'elicitation/create',
  'sampling/createMessage',
  'roots/list',
] as const;

export type ServerMethod = (typeof SERVER_METHODS)[number];
export type ClientMethod = (typeof CLIENT_METHODS)[number];
export type Method = ServerMethod | ClientMethod;

type Contract = RuntimeToolContract;
type Parameter = Contract['parameters'][number];
type Drawn = Pick<Contract, 'tool' | 'target' | 'effect' | 'parameters' | 'limits'> &
  Partial<Contract>;

const TEXT = { type: 'string' };
const OBJECT = { type: 'object' };

/** Arguments as `methodCall` gives them, in the place of a tool's own schema. */
const SCHEMAS: { readonly [method in Method]: JsonObject } = {
  'resources/read': closed({ uri: TEXT, path: TEXT, url: TEXT, method: TEXT }, []),
  'resources/subscribe': closed({ uri: TEXT }, ['uri']),
  'resources/unsubscribe': closed({ uri: TEXT }, ['uri']),
  'prompts/get': closed({ name: TEXT, arguments: OBJECT }, ['name']),
  'completion/complete': closed({ ref: OBJECT, argument: OBJECT, context: OBJECT }, [
    'ref',
    'argument',
  ]),
  'elicitation/create': { ...OBJECT, required: ['message'] },
  'sampling/createMessage': { ...OBJECT, required: ['messages'] },
  'roots/list': OBJECT,
};

const VERSION = '2026-07-28';
const SMALL = 1_048_576;
const LARGE = 8_388_608;
const QUICK = { timeout_ms: 60_000, output_bytes: LARGE };
/** A person or a model answers. */
const PATIENT = { timeout_ms: 600_000, output_bytes: LARGE };

/**
 * The contracts of everything MCP carries beside tools, for one server. A `file:` resource is read
 * under the target of the filesystem server's own reads, one on the web under that of fetching, so
 * that one rule holds for both ways there. To subscribe is a read: what it leaves behind is that
 * the server tells of changes. A question to a person or a model is asked once.
 */
export function methodContracts(server: string): readonly RuntimeToolContract[] {
  const drawn: readonly Drawn[] = [
    {
      ...reading('resources/read', 'fs::read', [value('path', 'path')]),
      primitive_capabilities: ['prim:fs.read'],
      facts: ['workspace_root'],
      rrsa_domain: 'filesystem',
      applicability_class: 'deterministic_local',
    },
    {
      ...reading('resources/read', 'net::fetch', [value('url', 'url'), value('method')]),
      primitive_capabilities: ['prim:net.request'],
      rrsa_domain: 'network',
    },
    reading('resources/read', `mcp::${server}::resource`, [value('uri')]),
    reading('resources/subscribe', `mcp::${server}::subscription`, [value('uri')]),
    reading('resources/unsubscribe', `mcp::${server}::subscription`, [value('uri')]),
    reading('prompts/get', `mcp::${server}::prompt`, [
      value('name'),
      { argument: 'arguments', parameter: 'prompt_arguments', kind: 'value' },
    ]),
    reading('completion/complete', `mcp::${server}::completion`, [value('ref'), value('argument')]),
    {
      ...asking('elicitation/create', `mcp::${server}::elicitation`, [
        value('message'),
        value('mode'),
        value('url', 'url'),
      ]),
      primitive_capabilities: ['prim:ui.interact'],
    },
    {
      ...asking('sampling/createMessage', `mcp::${server}::sampling`, [
        value('messages', 'content'),
        { argument: 'systemPrompt', parameter: 'system_prompt', kind: 'content' },
        { argument: 'maxTokens', parameter: 'max_tokens', kind: 'value' },
      ]),
      primitive_capabilities: ['prim:model.invoke'],
    },
    { ...reading('roots/list', `mcp::${server}::roots`, []), limits: PATIENT },
  ];
  return drawn.map((each) => complete(server, each));
}

/** What stands for a method where tools are listed and checked; undefined for anything else. */
export function methodTool(name: string): ListedTool | undefined {
  return isMethod(name) ? { name, inputSchema: SCHEMAS[name] } : undefined;
}

/** The method a contract is for. A tool that only has the name of one has another schema. */
export function methodOf({ tool, schema_hash }: RuntimeToolContract): Method | undefined {
  return isMethod(tool) && schema_hash === schemaHash(tool) ? tool : undefined;
}

export function isServerMethod(method: Method): method is ServerMethod {
  return SERVER_METHODS.some((each) => each === method);
}

function isMethod(name: string): name is Method {
  return Object.hasOwn(SCHEMAS, name);
}

function schemaHash(method: Method): Digest {
  const digest = digestOf(SCHEMAS[method]);
  assert(digest.ok, 'our own schemas have a canonical form');
  return digest.value;
}

function closed(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: 'object', properties, required: [...required], additionalProperties: false };
}

function value(argument: string, kind: Parameter['kind'] = 'value'): Parameter {
  return { argument, parameter: argument, kind };
}

function reading(tool: Method, target: string, parameters: readonly Parameter[]): Drawn {
  return { tool, target, effect: 'read', parameters: [...parameters], limits: QUICK };
}

function asking(tool: Method, target: string, parameters: readonly Parameter[]): Drawn {
  const limits = { ...PATIENT, output_bytes: tool === 'elicitation/create' ? SMALL : LARGE };
  return { tool, target, effect: 'at_most_once', parameters: [...parameters], limits };
}

function complete(server: string, drawn: Drawn): RuntimeToolContract {
  return {
    server,
    version: VERSION,
    schema_hash: schemaHash(drawn.tool as Method),
    primitive_capabilities: [],
    authority_scopes: [],
    risk_class: 'low',
    facts: [],
    secret_slots: [],
    rrsa_domain: 'unmapped',
    applicability_class: 'remote_retrieval',
    postconditions: ['output_present'],
    ...drawn,
  };
}
