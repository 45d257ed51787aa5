import { isObject, type JsonObject, requestLine } from '@ioi/jsonrpc';
import type { SealedAction } from '@ioi/protocol';
import type { Silence, ToolAnswer } from '../core/answer.ts';
import type { Conversation, ExchangeOptions, Reply } from './conversation.ts';
import { UpstreamFault } from './upstream.ts';

export type NotSent = Extract<ToolAnswer, { kind: 'not_sent' }>;

/** One request on its way. */
export type Outgoing = {
  readonly id: number;
  readonly line: string;
  readonly method: string;
  /** Of HTTP, beside those every request has. */
  readonly headers: Readonly<Record<string, string>>;
  readonly outputBytes: number;
} & Shown;

/** What of a request is shown to whoever adds a credential to it. */
export type Shown = {
  readonly action?: SealedAction | undefined;
  /** Of the tool, where headers follow from it. */
  readonly inputSchema?: JsonObject | undefined;
};

export type Carried = {
  /** Why not one byte was sent, or undefined once some may have been. Never rejects. */
  readonly notSent: Promise<string | undefined>;
  /** The exchange has settled: what still comes is not read. */
  readonly end: () => void;
};

/** One connection to a server. Once it is not alive it stays so, and another is made. */
export type Wire = {
  readonly conversation: Conversation;
  readonly isAlive: boolean;
  /** Whether requests carry headers, for servers that want them. */
  readonly hasHeaders: boolean;
  carry(outgoing: Outgoing): Carried;
  /** Sends a notification or an answer; nobody waits for what comes of it. */
  tell(line: string): void;
  /** Tells the server, in the way of its era, that nobody waits for this request any more. */
  giveUp(id: number, silence: Silence): void;
  /** The handshake is done: a version with sessions, or undefined for a server without. */
  agree(version: string | undefined): void;
  stop(): Promise<void>;
};

export type Question = Omit<ExchangeOptions, 'onGiveUp'> & {
  readonly method: string;
  readonly params: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly inputSchema?: JsonObject | undefined;
  /** For the handshake, which must not be cancelled (MCP 2025-11-25, cancellation). */
  readonly isQuiet?: boolean;
};

/** Sends one request and waits for what comes of it; the only way anything is requested. */
export async function exchange(wire: Wire, question: Question): Promise<Reply | NotSent> {
  const { method, params, headers = {}, inputSchema, isQuiet = false, ...options } = question;
  const { conversation } = wire;
  // Given up before anything left: so it stays.
  if (options.patience.over !== undefined) {
    return { kind: 'not_sent', reason: options.patience.over };
  }
  const onGiveUp = (given: number, silence: Silence): void => {
    if (!isQuiet) wire.giveUp(given, silence);
  };
  const { id, reply } = conversation.begin({ ...options, onGiveUp });
  const line = requestLine(id, method, withToken(params, options.onProgress ? id : undefined));
  const { notSent, end } = wire.carry({
    id,
    line,
    method,
    headers,
    outputBytes: options.outputBytes,
    action: options.action,
    inputSchema,
  });
  const outcome = notSent.then(async (reason): Promise<Reply | NotSent> => {
    return reason === undefined ? reply : { kind: 'not_sent', reason };
  });
  const settled = await Promise.race([reply, outcome]);
  if (settled.kind === 'not_sent') conversation.settle(id, { kind: 'silent', silence: 'closed' });
  end();
  return settled;
}

/** For requests of our own: there "not sent" and a login that is wanted are faults. */
export async function request(wire: Wire, question: Question): Promise<Reply> {
  const reply = await exchange(wire, question);
  if (reply.kind === 'not_sent') throw new UpstreamFault('upstream.unreachable', reply.reason);
  if (reply.kind === 'unauthorised') {
    const message = `the server wants a login (HTTP ${reply.facts.status})`;
    throw new UpstreamFault('upstream.unauthorised', message, reply.facts);
  }
  return reply;
}

function withToken(params: JsonObject, progressToken: number | undefined): JsonObject {
  if (progressToken === undefined) return params;
  const { _meta } = params;
  return { ...params, _meta: { ...(isObject(_meta) ? _meta : {}), progressToken } };
}

/** What a person should read of a reply that is not what was asked for. */
export function wordsFor(reply: Reply): string {
  if (reply.kind === 'error') return reply.error.message.slice(0, 200).toWellFormed();
  if (reply.kind === 'result') return 'the answer is not what was asked for';
  if (reply.kind === 'unauthorised') return `HTTP ${reply.facts.status}`;
  return (reply.detail ?? reply.silence).toWellFormed();
}
