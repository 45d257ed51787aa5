import type { Connection } from './act.ts';
import type { ConversationEvents } from './conversation.ts';
import { OlderTransport, shakeHands } from './handshake.ts';
import type { Channel, Send } from './http-channel.ts';
import { sendPlainly } from './http-send.ts';
import { type Dialer, McpUpstream, type UpstreamBounds } from './mcp-upstream.ts';
import { type Era, type Notice, type Upstream, UpstreamFault } from './upstream.ts';
import type { Wire } from './wire.ts';
import { HttpWire } from './wire-http.ts';
import { SseWire } from './wire-sse.ts';

export type HttpUpstreamOptions = UpstreamBounds & {
  readonly name: string;
  /** `https:`, or `http:` on this machine. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Shaped like `fetch`: a way through what adds credentials. Straight there unless told. */
  readonly send?: Send;
  /** `sse` is HTTP+SSE of MCP 2024-11-05; unless told, both are tried, the newer first. */
  readonly transport?: 'streamable' | 'sse';
  /** Found out where it is not known. */
  readonly era?: Era;
  readonly handshakeMs?: number;
};

const HANDSHAKE_MS = 30_000;
const PROBE_MS = 10_000;
const NOISE_CHARACTERS = 64 * 1024;
const LOOPBACK = /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/;

/** An MCP server over HTTP, of either era. Throws UpstreamFault on a forbidden URL. */
export function httpUpstream(options: HttpUpstreamOptions): Upstream {
  const url = URL.parse(options.url);
  const isLocal = url?.protocol === 'http:' && LOOPBACK.test(url.hostname);
  if (url === null || (url.protocol !== 'https:' && !isLocal) || url.username || url.password) {
    const shown = options.url.slice(0, 200).toWellFormed();
    const message = `${shown} is neither https nor http on this machine`;
    throw new UpstreamFault('upstream.insecure_url', message);
  }
  const { headers = {}, send = sendPlainly } = options;
  return new McpUpstream(new HttpDialer(options, { url: url.href, headers, send }), options);
}

type Events = Omit<ConversationEvents, 'tell'>;

class HttpDialer implements Dialer {
  readonly name: string;
  readonly #options: HttpUpstreamOptions;
  readonly #channel: Channel;
  /** What the server turned out to be; it is asked again only when that no longer holds. */
  #era: Era | undefined;
  #transport: HttpUpstreamOptions['transport'];
  #noise = '';

  constructor(options: HttpUpstreamOptions, channel: Channel) {
    this.name = options.name;
    this.#options = options;
    this.#channel = channel;
    this.#era = options.era;
    this.#transport = options.transport;
  }

  async connect(notice: (notice: Notice) => void, closing: AbortSignal): Promise<Connection> {
    const events = { notice, noise: (text: string): void => this.#hear(text) };
    try {
      const connection = await this.#reach(events, closing);
      this.#era = connection.described.era;
      return connection;
    } catch (error) {
      this.#era = this.#options.era;
      this.#transport = this.#options.transport;
      throw error;
    }
  }

  /** What runs elsewhere cannot be known to have stopped. */
  async quiet(): Promise<boolean> {
    return false;
  }

  diagnostics(): string {
    return this.#noise;
  }

  async close(wire: Wire | undefined): Promise<void> {
    await wire?.stop();
  }

  async #reach(events: Events, closing: AbortSignal): Promise<Connection> {
    if (this.#transport === 'sse') {
      return this.#agree(await this.#openStream(events, closing), 'stateful', closing);
    }
    try {
      return await this.#agree(new HttpWire(this.#channel, events), this.#era, closing);
    } catch (error) {
      if (!(error instanceof OlderTransport)) throw error;
      if (this.#transport === 'streamable') throw noHandshake(error.message);
      const connection = await this.#older(events, error.message, closing);
      this.#transport = 'sse';
      return connection;
    }
  }

  async #older(events: Events, refusal: string, closing: AbortSignal): Promise<Connection> {
    // What the newer transport was told is the better word, should the older not be there.
    const wire = await this.#openStream(events, closing).catch((fault: unknown) => {
      if (fault instanceof UpstreamFault && fault.code === 'upstream.other_origin') throw fault;
      return undefined;
    });
    if (wire === undefined) throw noHandshake(refusal);
    return this.#agree(wire, 'stateful', closing);
  }

  #openStream(events: Events, closing: AbortSignal): Promise<SseWire> {
    const timeout = AbortSignal.timeout(this.#options.handshakeMs ?? HANDSHAKE_MS);
    return SseWire.open(this.#channel, events, AbortSignal.any([timeout, closing]));
  }

  async #agree(wire: Wire, era: Era | undefined, closing: AbortSignal): Promise<Connection> {
    const handshakeMs = this.#options.handshakeMs ?? HANDSHAKE_MS;
    const options = { era, handshakeMs, probeMs: PROBE_MS, closing };
    try {
      return { wire, described: await shakeHands(wire, options) };
    } catch (error) {
      await wire.stop();
      throw error;
    }
  }

  #hear(text: string): void {
    this.#noise = `${this.#noise}${text}\n`.slice(-NOISE_CHARACTERS).toWellFormed();
  }
}

function noHandshake(detail: string): UpstreamFault {
  return new UpstreamFault('upstream.handshake_failed', `no handshake: ${detail}`);
}
