import type { Json } from '@ioi/canon';
import { isObject, type JsonObject } from '@ioi/jsonrpc';
import type { ToolAnswer } from '../core/answer.ts';
import { carriedMeta, LOG_LEVEL, statelessMeta } from '../core/eras.ts';
import { standardHeaders } from '../core/http-headers.ts';
import { taskIn } from '../core/tasks.ts';
import type { Reply } from './conversation.ts';
import { answerInput } from './input.ts';
import { Patience } from './patience.ts';
import { named } from './questions.ts';
import { followTask } from './task.ts';
import { answerFrom } from './tool-answer.ts';
import type { Described, Passage } from './upstream.ts';
import { exchange, type NotSent, type Wire } from './wire.ts';

/** A server that was agreed with. */
export type Connection = { readonly wire: Wire; readonly described: Described };

export type Act = {
  readonly method: string;
  readonly params: JsonObject;
  /** `Mcp-Param-*`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the tool, where they follow from it. */
  readonly inputSchema?: JsonObject | undefined;
  /** What a client set for all its requests, where the server is told with each. */
  readonly logLevel?: Json | undefined;
  readonly passage: Passage;
};

/** How often a server may come back with `input_required` (MCP 2026-07-28, MRTR). */
const MOST_ROUNDS = 16;

/**
 * One act, from what is sent to its one answer. A server without sessions may want input first;
 * repeating the request with it is part of the same act, and nothing else is ever repeated.
 */
export async function performAct(connection: Connection, act: Act): Promise<ToolAnswer> {
  const { timeoutMs, mostMs, signal } = act.passage;
  const patience = new Patience({ timeoutMs, mostMs, signal });
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
    const task =
      reply.kind === 'result' ? taskIn(reply.result, connection.described.era) : undefined;
    if (task && act.method === 'tools/call') return followTask(connection, { act, task, patience });
    const isFinal = connection.described.era === 'stateful' || !wantsInput(reply);
    if (isFinal) return answerFrom(reply, round);
    const { inputRequests, requestState } = reply.result;
    const input = await answerInput(inputRequests, act.passage.ask, patience);
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
  const { method, inputSchema, logLevel, passage } = act;
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
  const { outputBytes, onProgress, onMessage, ask, action } = passage;
  const bounds = { patience, outputBytes, isAct: true, onProgress, onMessage, ask, action };
  const headers = { ...act.headers, ...standard };
  return exchange(wire, { method, params, headers, inputSchema, ...bounds });
}

type WantsInput = { readonly kind: 'result'; readonly result: { readonly [key: string]: Json } };

function wantsInput(reply: Reply | NotSent): reply is WantsInput {
  return (
    reply.kind === 'result' &&
    isObject(reply.result) &&
    reply.result['resultType'] === 'input_required'
  );
}
