import { notificationLine } from '@ioi/jsonrpc';
import type { SealedAction } from '@ioi/protocol';
import type { Silence } from '../core/answer.ts';
import { type SseData, SseReader } from '../core/sse.ts';
import { Conversation, type ConversationEvents } from './conversation.ts';
import { type Channel, failureOf, loginWanted, mediaType } from './http-channel.ts';
import { UpstreamFault } from './upstream.ts';
import type { Carried, Outgoing, Wire } from './wire.ts';

const TELL_MS = 30_000;
/** Of what a server names, in words of ours. */
const LONGEST_ORIGIN = 200;
/** Of one message; what a call may return is checked when it has come. */
const MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * HTTP+SSE of MCP 2024-11-05: one stream brings everything, and its first event says where to
 * post. When the stream ends so does the connection.
 */
export class SseWire implements Wire {
  readonly conversation: Conversation;
  readonly hasHeaders = false;
  readonly #channel: Channel;
  readonly #endpoint: string;
  readonly #gone: AbortController;
  readonly #noise: (text: string) => void;
  #version: string | undefined;
  #isAlive = true;

  private constructor(opened: Opened, events: Omit<ConversationEvents, 'tell'>) {
    this.#channel = opened.channel;
    this.#endpoint = opened.endpoint;
    this.#gone = opened.gone;
    this.#noise = events.noise;
    this.conversation = new Conversation({ ...events, tell: (line) => this.tell(line) });
    void this.#follow(opened);
  }

  /** Throws UpstreamFault. */
  static async open(
    channel: Channel,
    events: Omit<ConversationEvents, 'tell'>,
    patience: AbortSignal,
  ): Promise<SseWire> {
    return new SseWire(await openStream(channel, patience), events);
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  carry({ id, line, action }: Outgoing): Carried {
    const cut = new AbortController();
    const notSent = this.#post(line, AbortSignal.any([cut.signal, this.#gone.signal]), action).then(
      async (response) => {
        const facts = loginWanted(response);
        await response.body?.cancel();
        if (facts !== undefined) this.conversation.settle(id, { kind: 'unauthorised', facts });
        else if (!response.ok) {
          const { status } = response;
          const error = { code: -32000, message: `HTTP ${status}` };
          this.conversation.settle(id, { kind: 'error', error, status });
        }
        return undefined;
      },
      (error: unknown) => {
        const { isSent, detail } = failureOf(error);
        if (!isSent) return detail;
        this.conversation.settle(id, { kind: 'silent', silence: 'died', detail });
        return undefined;
      },
    );
    return { notSent, end: () => cut.abort() };
  }

  tell(line: string): void {
    this.#post(line, AbortSignal.any([AbortSignal.timeout(TELL_MS), this.#gone.signal]))
      .then((response) => response.body?.cancel())
      .catch((error: unknown) => this.#noise(failureOf(error).detail));
  }

  giveUp(requestId: number, reason: Silence): void {
    this.tell(notificationLine('notifications/cancelled', { requestId, reason }));
  }

  agree(version: string | undefined): void {
    this.#version = version;
  }

  async stop(): Promise<void> {
    this.#end('closed');
  }

  #end(silence: 'closed' | 'died', detail?: string): void {
    this.#isAlive = false;
    this.conversation.settleAll(silence, detail);
    this.#gone.abort();
  }

  async #follow({ events }: Opened): Promise<void> {
    try {
      for await (const { event, bytes } of events) {
        if (event === undefined) this.conversation.accept({ kind: 'line', bytes });
      }
      this.#end('died', 'the stream ended');
    } catch (error) {
      this.#end('died', failureOf(error).detail);
    }
  }

  #post(body: string, signal: AbortSignal, action?: SealedAction): Promise<Response> {
    const { headers, send } = this.#channel;
    const version = this.#version === undefined ? {} : { 'mcp-protocol-version': this.#version };
    const sent = { ...headers, ...version, 'content-type': 'application/json' };
    const init = { method: 'POST', body, headers: sent, signal, redirect: 'manual' } as const;
    return send(this.#endpoint, action === undefined ? init : { ...init, action });
  }
}

type Opened = {
  readonly channel: Channel;
  readonly endpoint: string;
  readonly gone: AbortController;
  readonly events: AsyncGenerator<Event>;
};

type Event = Extract<SseData, { kind: 'data' }>;

async function openStream(channel: Channel, patience: AbortSignal): Promise<Opened> {
  const gone = new AbortController();
  const end = (): void => gone.abort();
  patience.addEventListener('abort', end);
  try {
    const { url, headers, send } = channel;
    const accepted = { ...headers, accept: 'text/event-stream' };
    const init = { headers: accepted, signal: gone.signal, redirect: 'manual' } as const;
    const response = await send(url, { method: 'GET', ...init });
    const facts = loginWanted(response);
    if (facts !== undefined) {
      const message = `the server wants a login (HTTP ${facts.status})`;
      throw new UpstreamFault('upstream.unauthorised', message, facts);
    }
    if (!response.ok || mediaType(response) !== 'text/event-stream') {
      throw noStream(`HTTP ${response.status}`);
    }
    const events = eventsOf(response);
    const address = await events.next();
    const endpoint = address.done ? undefined : endpointFrom(address.value, url);
    if (endpoint === undefined) throw noStream('it does not say where to post');
    if (endpoint.origin !== new URL(url).origin) throw otherOrigin(endpoint, url);
    return { channel, endpoint: endpoint.href, gone, events };
  } catch (error) {
    gone.abort();
    if (error instanceof UpstreamFault) throw error;
    const { isSent, detail } = failureOf(error);
    throw isSent ? noStream(detail) : new UpstreamFault('upstream.unreachable', detail);
  } finally {
    patience.removeEventListener('abort', end);
  }
}

async function* eventsOf(response: Response): AsyncGenerator<Event> {
  const reader = new SseReader(MESSAGE_BYTES);
  for await (const chunk of response.body ?? []) {
    // A message too large for anybody is passed over; its call ends by its time limit.
    for (const event of reader.push(chunk)) if (event.kind === 'data') yield event;
  }
}

function endpointFrom({ event, bytes }: Event, url: string): URL | undefined {
  if (event !== 'endpoint') return undefined;
  return URL.parse(new TextDecoder().decode(bytes).trim(), url) ?? undefined;
}

/** Credentials and contents go nowhere else than where the stream came from. */
function otherOrigin({ origin }: URL, url: string): UpstreamFault {
  const named = origin.slice(0, LONGEST_ORIGIN).toWellFormed();
  const message = `it has messages posted to ${named}, and is at ${new URL(url).origin}`;
  return new UpstreamFault('upstream.other_origin', message);
}

function noStream(detail: string): UpstreamFault {
  return new UpstreamFault('upstream.handshake_failed', `no event stream: ${detail}`);
}
