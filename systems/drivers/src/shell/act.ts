import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '@ioi/canon';
import { isObject, type JsonObject, type RpcError } from '@ioi/jsonrpc';
import type { Ask, InputRequest, InputRequests } from '@ioi/protocol';
import type { ToolAnswer } from '../core/answer.ts';
import { carriedMeta, LOG_LEVEL, statelessMeta } from '../core/eras.ts';
import { standardHeaders } from '../core/http-headers.ts';
import type { Reply } from './conversation.ts';
import { Patience } from './patience.ts';
import { askUnavailable, named } from './questions.ts';
import type { Described, Passage } from './upstream.ts';
import { exchange, type NotSent, type Wire } from './wire.ts';

/** A server that was agreed with. */
export type Connection = { readonly wire: Wire; readonly described: Described };

export type Act = {
  readonly method: string;
  readonly params: JsonObject;
  /** `Mcp-Param-*`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What a client set for all its requests, where the server is told with each. */
  readonly logLevel?: Json | undefined;
  readonly passage: Passage;
};

/** How often a server may come back with `input_required` (MCP 2026-07-28, MRTR). */
const MOST_ROUNDS = 16;
/** Before a server that only wants its state back is asked again. */
const PAUSE_MS = 100;
/** What a server may want of the client's side; anything else is refused by name. */
const ASKABLE = ['elicitation/create', 'sampling/createMessage', 'roots/list'];

/**
 * One act, from what is sent to its one answer. A server without sessions may want input first;
 * repeating the request with it is part of the same act, and nothing else is ever repeated.
 */
export async function performAct(connection: Connection, act: Act): Promise<ToolAnswer> {
  const { timeoutMs, signal } = act.passage;
  const patience = new Patience({ timeoutMs, signal });
  try {
    return await rounds(connection, act, patience);
  } finally {
    patience.stop();
  }
}

async function rounds(connection: Connection, act: Act, patience: Patience): Promise<ToolAnswer> {
  let given: JsonObject = {};
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const reply = await send(connection, act, given, patience);
    const isFinal = connection.described.era === 'stateful' || !wantsInput(reply);
    if (isFinal) return answerFrom(reply, round);
    const { inputRequests, requestState } = reply.result;
    const input = await answer(inputRequests, act.passage.ask, patience);
    if (input.kind === 'ended') return input.answer;
    given = {
      ...(inputRequests === undefined ? {} : { inputResponses: input.responses }),
      ...(requestState === undefined ? {} : { requestState }),
    };
  }
  const message = `the server asked for input ${MOST_ROUNDS} times`;
  return { kind: 'error', error: named('gateway.asks_exceeded', message) };
}

function send(
  { wire, described }: Connection,
  act: Act,
  given: JsonObject,
  patience: Patience,
): Promise<Reply | NotSent> {
  const { method, logLevel, passage } = act;
  const isStateless = described.era === 'stateless';
  const { protocolVersion } = described;
  const carried = carriedMeta(passage.meta, isStateless);
  const levelled = logLevel === undefined ? carried : { [LOG_LEVEL]: logLevel, ...carried };
  const meta = isStateless
    ? statelessMeta(protocolVersion, passage.capabilities, levelled)
    : carried;
  const _meta = Object.keys(meta).length === 0 ? {} : { _meta: meta };
  const params = { ...act.params, ...given, ..._meta };
  const standard = isStateless ? standardHeaders(protocolVersion, method, params) : {};
  const { outputBytes, onProgress, onMessage, ask } = passage;
  const bounds = { patience, outputBytes, isAct: true, onProgress, onMessage, ask };
  return exchange(wire, { method, params, headers: { ...act.headers, ...standard }, ...bounds });
}

type WantsInput = { readonly kind: 'result'; readonly result: { readonly [key: string]: Json } };

function wantsInput(reply: Reply | NotSent): reply is WantsInput {
  return (
    reply.kind === 'result' &&
    isObject(reply.result) &&
    reply.result['resultType'] === 'input_required'
  );
}

type Input =
  | { readonly kind: 'responses'; readonly responses: JsonObject }
  | { readonly kind: 'ended'; readonly answer: ToolAnswer };

/** What the client's side says to all a server wants, or why the act ends here. */
async function answer(
  wanted: Json | undefined,
  ask: Ask | undefined,
  patience: Patience,
): Promise<Input> {
  if (wanted === undefined) {
    await sleep(PAUSE_MS);
    return patience.over === undefined
      ? { kind: 'responses', responses: {} }
      : { kind: 'ended', answer: { kind: 'silent', silence: patience.over } };
  }
  const requests = readRequests(wanted);
  if (requests === undefined) {
    const detail = 'what it asks for is not a map of requests';
    return { kind: 'ended', answer: { kind: 'silent', silence: 'answer_refused', detail } };
  }
  if (ask === undefined) return ended(askUnavailable(methodsOf(requests)));
  return put(requests, ask, patience);
}

async function put(requests: InputRequests, ask: Ask, patience: Patience): Promise<Input> {
  patience.pause();
  const given = await Promise.race([
    ask(requests).catch(() => ({})),
    new Promise<undefined>((resolve) => patience.whenOver(() => resolve(undefined))),
  ]);
  patience.resume();
  if (given === undefined || patience.over !== undefined) {
    const silence = patience.over ?? 'cancelled';
    return { kind: 'ended', answer: { kind: 'silent', silence } };
  }
  const responses: Record<string, Json> = {};
  for (const [name, response] of Object.entries(given)) {
    // Only results have a place in the repeated request, so an error is the end of the act.
    if (response.kind === 'error') return ended(response.error);
    responses[name] = response.result;
  }
  return { kind: 'responses', responses };
}

function ended(error: RpcError): Input {
  return { kind: 'ended', answer: { kind: 'error', error } };
}

function readRequests(wanted: Json): InputRequests | undefined {
  if (!isObject(wanted)) return undefined;
  const requests: Record<string, InputRequest> = {};
  for (const [name, request] of Object.entries(wanted)) {
    if (!isObject(request)) return undefined;
    const { method, params } = request;
    if (typeof method !== 'string' || !ASKABLE.includes(method)) return undefined;
    requests[name] = { method, ...(params === undefined ? {} : { params }) };
  }
  return requests;
}

function methodsOf(requests: InputRequests): string {
  return [...new Set(Object.values(requests).map(({ method }) => method))].join(', ');
}

/** In a later round the act has begun, so that this repetition left nothing proves nothing. */
function answerFrom(reply: Reply | NotSent, round: number): ToolAnswer {
  if (reply.kind === 'not_sent') {
    if (round === 0) return reply;
    return { kind: 'silent', silence: 'died', detail: `not sent again: ${reply.reason}` };
  }
  if (reply.kind === 'unauthorised') {
    const { status, ...facts } = reply.facts;
    const data = { code: 'upstream.unauthorised', status, ...facts };
    return { kind: 'error', error: { code: -32000, message: `HTTP ${status}`, data } };
  }
  if (reply.kind === 'error') return { kind: 'error', error: reply.error };
  if (reply.kind === 'silent') return reply;
  if (isObject(reply.result)) return { kind: 'result', result: reply.result };
  return { kind: 'silent', silence: 'answer_refused', detail: 'the result is no object' };
}
