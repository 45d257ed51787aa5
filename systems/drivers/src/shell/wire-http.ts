import { classify, notificationLine } from '@ioi/jsonrpc';
import type { Silence } from '../core/answer.ts';
import { SseReader } from '../core/sse.ts';
import { Conversation, type ConversationEvents, type Reply } from './conversation.ts';
import {
  type Channel,
  failureOf,
  loginWanted,
  mediaType,
  pause,
  readBody,
} from './http-channel.ts';
import type { Carried, Outgoing, Shown, Wire } from './wire.ts';

/** How long anything nobody waits for may take. */
const TELL_MS = 30_000;
const LEAVE_MS = 2_000;
/** Of one message on the stream that belongs to no request. */
const NOTICE_BYTES = 16 * 1024 * 1024;
const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;
/** Where the server does not say when to come back (MCP 2025-11-25, `retry`). */
const RETRY_MS = 1_000;
const SHORTEST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 60_000;
/** How often in a row a stream is resumed although nothing new came. */
const MOST_RESUMPTIONS = 5;

type Stream = { lastEventId: string | undefined; retryMs: number };

/** Streamable HTTP, of both eras: one POST for each message, answered by JSON or a stream. */
export class HttpWire implements Wire {
  readonly conversation: Conversation;
  readonly hasHeaders = true;
  readonly #channel: Channel;
  readonly #events: Omit<ConversationEvents, 'tell'>;
  readonly #gone = new AbortController();
  #sessionId: string | undefined;
  /** Of a server with sessions, once agreed on. */
  #version: string | undefined;
  #isAlive = true;

  constructor(channel: Channel, events: Omit<ConversationEvents, 'tell'>) {
    this.#channel = channel;
    this.#events = events;
    this.conversation = new Conversation({ ...events, tell: (line) => this.tell(line) });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  carry(outgoing: Outgoing): Carried {
    const cut = new AbortController();
    const signal = AbortSignal.any([cut.signal, this.#gone.signal]);
    return { notSent: this.#carry(outgoing, signal), end: () => cut.abort() };
  }

  tell(line: string): void {
    this.#post(line, {}, AbortSignal.any([AbortSignal.timeout(TELL_MS), this.#gone.signal]))
      .then((response) => response.body?.cancel())
      .catch((error: unknown) => this.#events.noise(failureOf(error).detail));
  }

  /** Without sessions, that the stream is closed says it all (MCP 2026-07-28, cancellation). */
  giveUp(requestId: number, reason: Silence): void {
    if (this.#version === undefined) return;
    this.tell(notificationLine('notifications/cancelled', { requestId, reason }));
  }

  agree(version: string | undefined): void {
    this.#version = version;
    if (version !== undefined) void this.#listen();
  }

  async stop(): Promise<void> {
    const hadSession = this.#isAlive && this.#sessionId !== undefined;
    this.#isAlive = false;
    this.conversation.settleAll('closed');
    this.#gone.abort();
    if (!hadSession) return;
    const { url, send } = this.#channel;
    const init = { headers: this.#headers(), signal: AbortSignal.timeout(LEAVE_MS) };
    // A server may refuse to end sessions (405); either way we are gone.
    await send(url, { ...init, method: 'DELETE', redirect: 'manual' })
      .then((response) => response.body?.cancel())
      .catch(() => undefined);
  }

  async #carry(outgoing: Outgoing, signal: AbortSignal): Promise<string | undefined> {
    const { id, line, headers } = outgoing;
    let response: Response;
    try {
      response = await this.#post(line, headers, signal, outgoing);
    } catch (error) {
      const { isSent, detail } = failureOf(error);
      if (!isSent) return detail;
      this.#settle(id, 'died', detail);
      return undefined;
    }
    await this.#read(response, outgoing, signal).catch((error: unknown) => {
      this.#settle(id, 'died', failureOf(error).detail);
    });
    return undefined;
  }

  /** Reads until the answer came, or nothing more will. */
  async #read(response: Response, outgoing: Outgoing, signal: AbortSignal): Promise<void> {
    const { id, outputBytes, method } = outgoing;
    const facts = loginWanted(response);
    if (facts !== undefined) {
      await response.body?.cancel();
      this.#events.notice({ kind: 'unauthorised', facts });
      this.conversation.settle(id, { kind: 'unauthorised', facts });
      return;
    }
    if (response.status === 404 && this.#sessionId !== undefined) {
      await response.body?.cancel();
      // MCP: the session has ended, and a new one is to be started; what was sent is not.
      this.#isAlive = false;
      // That it did nothing before it said so is its word alone.
      this.#settle(id, 'died', 'HTTP 404, the server has ended the session');
      return;
    }
    if (method === 'initialize') this.#takeSession(response.headers);
    const type = mediaType(response);
    if (!response.ok) await this.#refused(response, id);
    else if (type === 'text/event-stream') await this.#follow(response, outgoing, signal);
    else if (type === 'application/json') {
      const body = await readBody(response, outputBytes);
      if (body === undefined) this.#settle(id, 'output_too_large');
      else this.conversation.accept({ kind: 'line', bytes: body }, id);
    }
    await response.body?.cancel().catch(() => undefined);
    this.#settle(id, 'died', `the answer ended (${type || 'no content type'})`);
  }

  /** An error of the protocol where there is one; it need not say which request it refuses. */
  async #refused(response: Response, id: number): Promise<void> {
    const { status } = response;
    const plain: Reply = {
      kind: 'error',
      error: { code: -32000, message: `HTTP ${status}` },
      status,
    };
    const isJson = mediaType(response) === 'application/json';
    const body = isJson ? await readBody(response, 0).catch(() => undefined) : undefined;
    const message = body === undefined ? undefined : classify(body);
    const isRefusal = message?.ok && message.value.kind === 'error';
    const isOurs = isRefusal && (message.value.id === id || message.value.id === null);
    this.conversation.settle(id, isOurs ? { ...plain, error: message.value.error } : plain);
  }

  /** A stream that ends too early is resumed where the server made that possible. */
  async #follow(response: Response, outgoing: Outgoing, signal: AbortSignal): Promise<void> {
    const { id, outputBytes } = outgoing;
    const stream: Stream = { lastEventId: undefined, retryMs: RETRY_MS };
    let current: Response | undefined = response;
    for (let idle = 0; idle <= MOST_RESUMPTIONS; idle += 1) {
      const before = stream.lastEventId;
      if (current !== undefined) {
        await this.#readEvents(current, { stream, outputBytes, on: id }).catch(() => undefined);
      }
      if (!this.conversation.isPending(id) || signal.aborted) return;
      if (stream.lastEventId === undefined || this.#version === undefined) return;
      if (stream.lastEventId !== before) idle = 0;
      await pause(stream.retryMs, signal);
      current = await this.#get(stream, signal);
      if (current !== undefined && !isStream(current)) {
        await current.body?.cancel();
        return;
      }
    }
  }

  /** The stream for what belongs to no request; a server need not have one (405). */
  async #listen(): Promise<void> {
    const stream: Stream = { lastEventId: undefined, retryMs: RETRY_MS };
    const { signal } = this.#gone;
    let hadStream = false;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const response = await this.#get(stream, signal);
      if (response !== undefined && !isStream(response)) {
        await response.body?.cancel();
        // There was a stream, so this is the session's end, known before a call is lost on it.
        if (hadStream && response.status === 404) this.#isAlive = false;
        return;
      }
      if (response !== undefined) {
        failures = 0;
        hadStream = true;
        const bounds = { stream, outputBytes: NOTICE_BYTES, on: undefined };
        await this.#readEvents(response, bounds).catch(() => undefined);
      }
      await pause(Math.min(stream.retryMs * 2 ** Math.min(failures, 10), LONGEST_RETRY_MS), signal);
    }
  }

  async #readEvents(
    response: Response,
    { stream, outputBytes, on }: { stream: Stream; outputBytes: number; on: number | undefined },
  ): Promise<void> {
    const reader = new SseReader(outputBytes);
    try {
      for await (const chunk of response.body ?? []) {
        for (const event of reader.push(chunk)) {
          if (event.kind === 'data') {
            this.conversation.accept({ kind: 'line', bytes: event.bytes }, on);
          } else if (on !== undefined) this.#settle(on, 'output_too_large');
        }
        if (on !== undefined && !this.conversation.isPending(on)) return;
      }
    } finally {
      const { lastEventId, retryMs } = reader;
      if (lastEventId !== undefined) stream.lastEventId = lastEventId;
      if (retryMs !== undefined) {
        stream.retryMs = Math.min(Math.max(retryMs, SHORTEST_RETRY_MS), LONGEST_RETRY_MS);
      }
    }
  }

  /** Undefined when nothing came back. */
  async #get(stream: Stream, signal: AbortSignal): Promise<Response | undefined> {
    const { url, send } = this.#channel;
    const { lastEventId } = stream;
    const headers = {
      ...this.#headers(),
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    };
    const sent = send(url, { method: 'GET', headers, signal, redirect: 'manual' });
    return sent.catch(() => undefined);
  }

  #post(
    body: string,
    given: Readonly<Record<string, string>>,
    signal: AbortSignal,
    { action, inputSchema }: Shown = {},
  ): Promise<Response> {
    const { url, send } = this.#channel;
    const headers = {
      ...this.#headers(),
      ...given,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    };
    // Following a redirect could leave this machine without encryption.
    const schema = inputSchema === undefined ? {} : { inputSchema };
    const shown = action === undefined ? {} : { action, ...schema };
    return send(url, { method: 'POST', body, headers, signal, redirect: 'manual', ...shown });
  }

  #headers(): Record<string, string> {
    return {
      ...this.#channel.headers,
      ...(this.#version === undefined ? {} : { 'mcp-protocol-version': this.#version }),
      ...(this.#sessionId === undefined ? {} : { 'mcp-session-id': this.#sessionId }),
    };
  }

  #takeSession(headers: Headers): void {
    const given = headers.get('mcp-session-id');
    if (given !== null && SESSION_ID.test(given)) this.#sessionId = given;
  }

  #settle(id: number, silence: Silence, detail?: string): void {
    const told = detail === undefined ? {} : { detail };
    this.conversation.settle(id, { kind: 'silent', silence, ...told });
  }
}

function isStream(response: Response): boolean {
  return response.ok && mediaType(response) === 'text/event-stream';
}
