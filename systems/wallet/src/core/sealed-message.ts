import { ok, type Result } from '@ioi/basis';
import { digestOf, parseStrict } from '@ioi/canon';
import { sealedActionOf, verifyIncluded } from '@ioi/law';
import { isRuntimeToolContract, type RuntimeToolContract, type SealedAction } from '@ioi/protocol';
import type { Header } from './admit.ts';
import { type Checking, type Invocation, isSame, unsealed } from './invocation.ts';
import { type EdgeRefusal, unsent } from './refusal.ts';

/** What shows that a message to an MCP server is an act that was sealed. */
export type MessageProof = Pick<Invocation, 'included' | 'note' | 'contract' | 'contents'> & {
  /** Where headers follow from it. Its digest stands in the contract. */
  readonly inputSchema?: Params;
};

type Params = Readonly<Record<string, unknown>>;
type SentMessage = { readonly method: string; readonly params: Params };

export type CheckingMessages = Checking & {
  /** The message by which an act is put to its server. */
  readonly messageOf: (contract: RuntimeToolContract, given: Params) => SentMessage;
  /** What headers may say of a message, by their names in small letters. */
  readonly headersOf: (
    method: string,
    params: Params,
    inputSchema: Params | undefined,
  ) => Readonly<Record<string, string>>;
};

export type Posted = { readonly body: Uint8Array; readonly headers: readonly Header[] };

/** An act that is sealed, and whether it goes on with what its server asked for. */
export type SealedMessage = { readonly sealed: SealedAction; readonly goesOn: boolean };

/** By these an agent has something done: each is a sealed act. */
const ACTS: readonly string[] = [
  'tools/call',
  'resources/read',
  'resources/subscribe',
  'prompts/get',
  'completion/complete',
];
/** Handshakes, lists, and words about what was begun: they carry nothing an agent chose. */
const OTHERS: readonly string[] = [
  ...['initialize', 'server/discover', 'ping', 'logging/setLevel'],
  ...['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'],
  ...['resources/unsubscribe', 'subscriptions/listen'],
  ...['tasks/get', 'tasks/result', 'tasks/update', 'tasks/cancel', 'tasks/list'],
  ...['notifications/initialized', 'notifications/cancelled', 'notifications/progress'],
  'notifications/roots/list_changed',
];
/** Of a message: by any other a server that reads them without regard to case is told more. */
const MEMBERS: readonly string[] = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'];
/** Beside what was decided on: for the transport, and what the client's side was asked for. */
const BESIDE: readonly string[] = ['_meta', 'task', 'inputResponses', 'requestState'];
const VERSION = 'mcp-protocol-version';
const MOST_BYTES = 32 * 1024 * 1024;

/** Whether something read has the form of a proof; what it proves is seen when it is checked. */
export function isProof(given: unknown): given is MessageProof {
  const { included, note, contract, contents, inputSchema = {} } = Object(given) as Params;
  const { seq, text, path } = Object(included) as Record<string, unknown>;
  const isText = [note, seq, text].every((each) => typeof each === 'string');
  const isPath = Array.isArray(path) && path.every((each) => typeof each === 'string');
  const isObject = [contents, inputSchema].every((each) => typeof each === 'object' && each);
  return isText && isPath && isObject && isRuntimeToolContract(contract);
}

/**
 * Whether a message may go to a server with its credential: undefined for one that is no act, the
 * sealed action for one that is exactly what was sealed for this server.
 */
export function checkMessage(
  { body, headers }: Posted,
  proof: MessageProof | undefined,
  { server, ...checking }: CheckingMessages & { readonly server: string },
): Result<SealedMessage | undefined, EdgeRefusal> {
  const read = messageIn(body);
  if (!read.ok) return read;
  if (read.value === undefined) return agreeing(headers, {}, undefined);
  const { method, params } = read.value;
  if (OTHERS.includes(method)) {
    return agreeing(headers, checking.headersOf(method, params, undefined), undefined);
  }
  if (proof === undefined) return unsealed(`${method} is sent with its seal alone`);
  const log = verifyIncluded(proof.note, proof.included, checking);
  if (!log.ok) return unsent(log.error.code, log.error.message);
  const { contract, contents } = proof;
  const sealed = sealedActionOf(log.value.seal, log.value.entry, contract);
  if (sealed === undefined) return unsealed('the entry commits no such action');
  if (contract.server !== server) return unsealed('the action is for another server');
  const restored = checking.argumentsOf(contract, sealed.request.params, (digest) =>
    Object.hasOwn(contents, digest) ? contents[digest] : undefined,
  );
  if (!restored.ok) return unsealed(restored.error.message);
  const decided = checking.messageOf(contract, restored.value);
  const isDecided = decided.method === method && isSame(without(params), decided.params);
  if (!isDecided) return unsealed('the message asks for something else');
  const { inputSchema } = proof;
  const schema = inputSchema && digestOf(inputSchema);
  if (schema && !(schema.ok && schema.value === contract.schema_hash)) {
    return unsealed('the schema is not the one of the contract');
  }
  const goesOn = 'inputResponses' in params || 'requestState' in params;
  const said = checking.headersOf(method, params, inputSchema);
  return agreeing(headers, said, { sealed, goesOn });
}

/**
 * The value, if each header of MCP that speaks of the message says what the message says. One of a
 * session alone, and a version that the message does not name, have nothing to agree with.
 */
export function agreeing<T>(
  headers: readonly Header[],
  said: Readonly<Record<string, string>>,
  value: T,
): Result<T, EdgeRefusal> {
  const wrong = headers.find(([name, header]) => {
    const isFree = name === 'mcp-session-id' || (name === VERSION && said[VERSION] === undefined);
    return name.startsWith('mcp-') && !isFree && said[name] !== header;
  });
  if (wrong === undefined) return ok(value);
  return unsent('edge.header_mismatch', `${wrong[0]} does not say what the message says`);
}

/** What is asked; undefined for an answer. */
function messageIn(body: Uint8Array): Result<SentMessage | undefined, EdgeRefusal> {
  const parsed = parseStrict(body, { maxBytes: MOST_BYTES });
  const message = parsed.ok ? parsed.value : undefined;
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return unsealed('a message is one object of JSON');
  }
  if (!Object.keys(message).every((name) => MEMBERS.includes(name))) {
    return unsealed('a message has the members of JSON-RPC alone');
  }
  const { method, params = {} } = message as { method?: unknown; params?: unknown };
  if (method === undefined) return ok(undefined);
  if (typeof method !== 'string') return unsealed('a method is named by a text');
  if (![...ACTS, ...OTHERS].includes(method)) return unsealed('no act is put by this method');
  return ok({ method, params: Object(params) as Params });
}

function without(params: Params): Params {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !BESIDE.includes(name)));
}
