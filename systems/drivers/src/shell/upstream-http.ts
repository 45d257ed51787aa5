import { isObject, type JsonObject, notificationLine, requestLine } from '@ioi/jsonrpc';
import type { ListedTool, ToolAnswer } from '../core/answer.ts';
import { SseReader } from '../core/sse.ts';
import { Conversation, type ExchangeLimits, type Reply } from './conversation.ts';
import { CLIENT_HELLO, listTools, readHandshake } from './tool-list.ts';
import { type Upstream, type UpstreamCall, UpstreamFault } from './upstream.ts';

export type HttpUpstreamOptions = {
  readonly name: string;
  /** `https:`, or `http:` on this machine. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Shaped like `fetch`, which it is unless told: credentials are added where it leads. */
  readonly send?: (url: string, init: RequestInit) => Promise<Response>;
  readonly handshakeMs?: number;
};

type Session = { readonly id: string | undefined; readonly version: string };

const HANDSHAKE_MS = 30_000;
const LEAVE_MS = 2_000;
const LIST_BYTES = 16 * 1024 * 1024;
/** What is read of an answer that is no success. */
const REFUSAL_BYTES = 64 * 1024;
const LOOPBACK = /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/;
const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;
/** The connection never came about, so the request never left. */
const NOT_CONNECTED = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** An MCP server over Streamable HTTP (MCP 2025-11-25). Throws UpstreamFault on a forbidden URL. */
export function httpUpstream(options: HttpUpstreamOptions): Upstream {
  const url = URL.parse(options.url);
  const isLocal = url?.protocol === 'http:' && LOOPBACK.test(url.hostname);
  if (url === null || (url.protocol !== 'https:' && !isLocal) || url.username || url.password) {
    const shown = options.url.slice(0, 200).toWellFormed();
    const message = `${shown} is neither https nor http on this machine`;
    throw new UpstreamFault('upstream.insecure_url', message);
  }
  return new HttpUpstream(options, url.href);
}

class HttpUpstream implements Upstream {
  readonly name: string;
  readonly #options: HttpUpstreamOptions;
  readonly #url: string;
  readonly #conversation: Conversation;
  readonly #listeners = new Set<() => void>();
  #session: Session | undefined;
  #tools: readonly ListedTool[] | undefined;
  #listing: Promise<readonly ListedTool[]> | undefined;
  #noise = '';
  #isClosed = false;

  constructor(options: HttpUpstreamOptions, url: string) {
    this.name = options.name;
    this.#options = options;
    this.#url = url;
    this.#conversation = new Conversation({
      toolsChanged: () => this.#changed(),
      noise: (text) => this.#hear(text),
    });
  }

  async tools(): Promise<readonly ListedTool[]> {
    if (this.#isClosed) throw new UpstreamFault('upstream.closed', 'the upstream is closed');
    if (this.#session !== undefined && this.#tools !== undefined) return this.#tools;
    this.#listing ??= this.#open().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  async call(call: UpstreamCall): Promise<ToolAnswer> {
    if (this.#isClosed) return { kind: 'not_sent', reason: 'the upstream is closed' };
    if (call.signal?.aborted) return { kind: 'not_sent', reason: 'cancelled' };
    if (this.#session === undefined || !this.#tools?.includes(call.tool)) {
      return { kind: 'not_sent', reason: 'the session or its tool list has changed' };
    }
    const params = { name: call.tool.name, arguments: call.arguments };
    const settled = await this.#ask('tools/call', params, call);
    if (settled.kind !== 'result') return settled;
    if (isObject(settled.result)) return { kind: 'result', result: settled.result };
    return { kind: 'silent', silence: 'answer_refused', detail: 'the result is no object' };
  }

  /** What runs elsewhere cannot be known to have stopped. */
  async quiet(): Promise<boolean> {
    return false;
  }

  onToolsChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  diagnostics(): string {
    return this.#noise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#conversation.settleAll('closed');
    const session = this.#session;
    this.#session = undefined;
    if (session?.id === undefined) return;
    const headers = this.#headers(session);
    const signal = AbortSignal.timeout(LEAVE_MS);
    // A server may refuse to end sessions (405); either way we are gone.
    const { send = fetch } = this.#options;
    const left = await send(this.#url, { method: 'DELETE', headers, signal, redirect: 'manual' })
      .then((response) => response.body?.cancel())
      .catch(() => undefined);
    return left;
  }

  async #open(): Promise<readonly ListedTool[]> {
    if (this.#session === undefined) await this.#shakeHands();
    const limits = { timeoutMs: HANDSHAKE_MS, outputBytes: LIST_BYTES };
    const tools = await listTools((method, params) => this.#askFully(method, params, limits));
    this.#tools = tools;
    return tools;
  }

  async #shakeHands(): Promise<void> {
    const timeoutMs = this.#options.handshakeMs ?? HANDSHAKE_MS;
    let id: string | undefined;
    const limits = { timeoutMs, outputBytes: LIST_BYTES };
    const reply = await this.#askFully('initialize', CLIENT_HELLO, limits, (headers) => {
      const given = headers.get('mcp-session-id');
      if (given !== null && SESSION_ID.test(given)) id = given;
    });
    this.#session = { id, version: readHandshake(reply) };
    this.#tell(notificationLine('notifications/initialized'));
  }

  /** For our own requests: there "not sent" is a fault like any other. */
  async #askFully(
    method: string,
    params: JsonObject,
    limits: ExchangeLimits,
    onHeaders?: (headers: Headers) => void,
  ): Promise<Reply> {
    const reply = await this.#ask(method, params, limits, onHeaders);
    if (reply.kind !== 'not_sent') return reply;
    throw new UpstreamFault('upstream.unreachable', reply.reason);
  }

  async #ask(
    method: string,
    params: JsonObject,
    limits: ExchangeLimits,
    onHeaders?: (headers: Headers) => void,
  ): Promise<Reply | Extract<ToolAnswer, { kind: 'not_sent' }>> {
    const cut = new AbortController();
    const { id, reply } = this.#conversation.begin({
      ...limits,
      onGiveUp: (requestId, reason) => {
        this.#tell(notificationLine('notifications/cancelled', { requestId, reason }));
      },
    });
    const _meta = limits.onProgress === undefined ? {} : { _meta: { progressToken: id } };
    const line = requestLine(id, method, { ...params, ..._meta });
    const posted = this.#post(line, cut.signal)
      .then(async (response) => {
        onHeaders?.(response.headers);
        await this.#read(response, { id, outputBytes: limits.outputBytes });
        return undefined;
      })
      .catch((error: unknown) => this.#lost(id, error));
    const first = await Promise.race([reply, posted]);
    const settled = first === undefined ? await reply : first;
    cut.abort();
    if (settled.kind === 'not_sent') {
      this.#conversation.settle(id, { kind: 'silent', silence: 'closed' });
    }
    return settled;
  }

  #lost(id: number, error: unknown): Extract<ToolAnswer, { kind: 'not_sent' }> | undefined {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const { code = 'failed', message = code } = cause as { code?: string; message?: string };
    const detail = message.toWellFormed();
    if (NOT_CONNECTED.includes(code)) return { kind: 'not_sent', reason: code };
    this.#conversation.settle(id, { kind: 'silent', silence: 'died', detail });
    return undefined;
  }

  /** Reads until the answer came or the body ended. */
  async #read(
    response: Response,
    wanted: { readonly id: number; readonly outputBytes: number },
  ): Promise<void> {
    const { id, outputBytes } = wanted;
    if (response.status === 404 && this.#session?.id !== undefined) {
      // MCP: the session has ended; a new one starts with the next list of tools.
      this.#session = undefined;
      this.#changed();
      await response.body?.cancel();
      // That it did nothing before it said so is its word alone.
      const detail = 'HTTP 404, the server has ended the session';
      this.#conversation.settle(id, { kind: 'silent', silence: 'died', detail });
      return;
    }
    const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
    if (response.ok && type === 'text/event-stream') await this.#readEvents(response, wanted);
    else if (type === 'application/json') await this.#readWhole(response, wanted);
    if (!response.ok) {
      const error = { code: -32000, message: `HTTP ${response.status}` };
      this.#conversation.settle(id, { kind: 'error', error });
    }
    const detail = `the answer ended (${type ?? 'no content type'}, limit ${outputBytes} bytes)`;
    this.#conversation.settle(id, { kind: 'silent', silence: 'died', detail });
  }

  async #readEvents(
    response: Response,
    { id, outputBytes }: { readonly id: number; readonly outputBytes: number },
  ): Promise<void> {
    const reader = new SseReader(outputBytes);
    for await (const chunk of response.body ?? []) {
      for (const event of reader.push(chunk)) {
        if (event.kind === 'too_large') {
          this.#conversation.settle(id, { kind: 'silent', silence: 'output_too_large' });
          return;
        }
        const back = this.#conversation.accept({ kind: 'line', bytes: event.bytes });
        if (back !== undefined) this.#tell(back);
      }
    }
  }

  async #readWhole(
    response: Response,
    { id, outputBytes }: { readonly id: number; readonly outputBytes: number },
  ): Promise<void> {
    const limit = response.ok ? outputBytes : REFUSAL_BYTES;
    const chunks: Uint8Array[] = [];
    let held = 0;
    for await (const chunk of response.body ?? []) {
      held += chunk.length;
      if (held > limit) {
        this.#conversation.settle(id, { kind: 'silent', silence: 'output_too_large' });
        return;
      }
      chunks.push(chunk);
    }
    this.#conversation.accept({ kind: 'line', bytes: Buffer.concat(chunks) });
  }

  /** Notifications and answers to the server: nobody waits for what comes of them. */
  #tell(line: string): void {
    this.#post(line, AbortSignal.timeout(HANDSHAKE_MS))
      .then((response) => response.body?.cancel())
      .catch((error: unknown) => this.#hear(String(error)));
  }

  #post(body: string, signal: AbortSignal): Promise<Response> {
    const headers = {
      ...this.#headers(this.#session),
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    };
    // Following a redirect could leave this machine without encryption.
    const { send = fetch } = this.#options;
    return send(this.#url, { method: 'POST', body, headers, signal, redirect: 'manual' });
  }

  #headers(session: Session | undefined): Record<string, string> {
    return {
      ...this.#options.headers,
      ...(session === undefined ? {} : { 'mcp-protocol-version': session.version }),
      ...(session?.id === undefined ? {} : { 'mcp-session-id': session.id }),
    };
  }

  #changed(): void {
    this.#tools = undefined;
    for (const listener of [...this.#listeners]) listener();
  }

  #hear(text: string): void {
    this.#noise = `${this.#noise}${text}\n`.slice(-REFUSAL_BYTES).toWellFormed();
  }
}
