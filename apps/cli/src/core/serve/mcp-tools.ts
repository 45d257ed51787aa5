import { ok, type Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import { isObject, type JsonObject, methodNotFound, type RpcError } from '@ioi/jsonrpc';
import type { WorkerRunStatus, WorkerTask } from '@ioi/protocol';

export type Served = {
  readonly name: string;
  readonly version: string;
  readonly about: string;
  readonly tasks: readonly WorkerTask[];
};

/** What a request of a client comes to. */
export type McpAnswer =
  | { readonly kind: 'result'; readonly result: JsonObject }
  | { readonly kind: 'error'; readonly error: RpcError }
  | {
      readonly kind: 'call';
      readonly task: WorkerTask;
      readonly input: Json;
      readonly token?: Json;
    };

const REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
const NEWEST = '2025-11-25';
const INVALID_PARAMS = -32602;
/** A tool takes and gives objects: what a task takes or gives else stands under these names. */
const TAKEN = 'input';
const GIVEN = 'result';

/** A task is a tool, with the schemas of its manifest. */
export function answerOf(method: string, params: Json | undefined, served: Served): McpAnswer {
  const given = isObject(params) ? params : {};
  switch (method) {
    case 'initialize':
      return result(greeting(given, served));
    case 'ping':
      return result({});
    case 'tools/list':
      return result({ tools: served.tasks.map(toolOf) });
    case 'tools/call':
      return callIn(given, served);
    default:
      return { kind: 'error', error: methodNotFound(method) };
  }
}

/** What became of it: a run that failed is an error that the model is told of. */
export function callResult(task: WorkerTask, status: WorkerRunStatus): JsonObject {
  const { envelope, output, code = envelope.state, detail, session_id, commitment } = status;
  const _meta = {
    'ioi/run_id': envelope.run_id,
    'ioi/session_id': session_id,
    ...(commitment === undefined ? {} : { 'ioi/receipt_root': commitment.receipt_root }),
  };
  if (envelope.state !== 'completed') {
    const [first = ''] = (detail ?? '').split('\n');
    return { ...callFault(first === '' ? code : `${code}: ${first}`), _meta };
  }
  const value = (output ?? null) as Json;
  const structuredContent = isObjects(task.output_schema) ? value : { [GIVEN]: value };
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { content: [{ type: 'text', text }], structuredContent, _meta };
}

export function callFault(text: string): JsonObject {
  return { content: [{ type: 'text', text }], isError: true };
}

function greeting({ protocolVersion }: JsonObject, served: Served): JsonObject {
  const asked = String(protocolVersion);
  return {
    protocolVersion: REVISIONS.includes(asked) ? asked : NEWEST,
    capabilities: { tools: {} },
    serverInfo: { name: served.name, version: served.version },
    instructions: served.about,
  };
}

function toolOf(task: WorkerTask): JsonObject {
  const { name, input_schema: taken, output_schema: given } = task;
  return {
    name,
    description: `The task ${name} of a worker, run step by step under the policy of its node.`,
    inputSchema: isObjects(taken) ? taken : wrapped(TAKEN, taken),
    outputSchema: isObjects(given) ? given : wrapped(GIVEN, given),
  };
}

function callIn({ name, arguments: given = {}, _meta }: JsonObject, served: Served): McpAnswer {
  const task = served.tasks.find((each) => each.name === name);
  if (task === undefined) return wrong(`there is no tool ${String(name).slice(0, 128)}`);
  if (!isObject(given)) return wrong('arguments are an object');
  const token = isObject(_meta) ? _meta['progressToken'] : undefined;
  const input = taking(task, given);
  if (!input.ok) return wrong(input.error);
  return { kind: 'call', task, input: input.value, ...(token === undefined ? {} : { token }) };
}

function taking({ input_schema }: WorkerTask, given: JsonObject): Result<Json, string> {
  if (isObjects(input_schema)) return ok(given);
  const value = given[TAKEN];
  return value === undefined ? { ok: false, error: `it takes ${TAKEN}` } : ok(value);
}

function isObjects(schema: JsonObject): boolean {
  return schema['type'] === 'object';
}

function wrapped(name: string, schema: JsonObject): JsonObject {
  return { type: 'object', properties: { [name]: schema }, required: [name] };
}

function result(value: JsonObject): McpAnswer {
  return { kind: 'result', result: value };
}

function wrong(message: string): McpAnswer {
  return { kind: 'error', error: { code: INVALID_PARAMS, message } };
}
