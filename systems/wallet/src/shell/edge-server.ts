import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Stream,
} from 'node:http2';
import { type Duplex, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Result } from '@ioi/basis';
import { parseStrict } from '@ioi/canon';
import {
  type EdgeRefusal,
  type Header,
  isProof,
  type MessageProof,
  Redactor,
  unsent,
  type Wanted,
} from '../core/index.ts';
import { HEAD, PROOF, packed, RECEIPT } from './exchange-head.ts';
import type { WebExchanged } from './web-egress.ts';

/** What a server answered, with what must not stand in its body. */
export type Carried = {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: ReadableStream<Uint8Array> | null;
  readonly secrets: readonly string[];
};

export type Carry = (
  wanted: Wanted,
  body: Uint8Array,
  signal: AbortSignal,
) => Promise<Result<Carried, EdgeRefusal>>;

/** One sealed action, or a question about one, as JSON. */
export type Invoke = (
  body: Uint8Array,
  signal: AbortSignal,
) => Promise<Result<object, EdgeRefusal>>;

/** What is done of sealed actions alone, by where on the daemon's line it is asked for. */
export type SealedWork = {
  readonly invoke: Invoke;
  readonly exchange: Exchange;
};

/** One sealed request of a program, as JSON; the answer comes while it comes. */
type Exchange = (
  body: Uint8Array,
  signal: AbortSignal,
) => Promise<Result<WebExchanged, EdgeRefusal>>;

const INVOKE_PATH = '/invoke';
const EXCHANGE_PATH = '/exchange';
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MAX_STREAMS = 1000;

/**
 * The edge's end of the daemon's line: HTTP/2, so that each request has its own flow control and
 * may be cancelled. When the daemon cancels, the connection to the server is cut.
 */
export function serveLine(line: Duplex, carry: Carry, sealed?: SealedWork): void {
  const settings = { maxConcurrentStreams: MAX_STREAMS };
  const session = performServerHandshake(line, { settings });
  session.on('error', () => line.destroy());
  session.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    // Whatever goes wrong with one request is told there, and stops at it.
    const served = serve(stream, headers, { carry, sealed });
    served.catch(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  });
}

type Serving = { readonly carry: Carry; readonly sealed: SealedWork | undefined };

function serve(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { carry, sealed }: Serving,
) {
  const { ':path': path } = headers;
  if (sealed !== undefined && path === INVOKE_PATH) return perform(stream, sealed.invoke);
  if (sealed !== undefined && path === EXCHANGE_PATH) return hand(stream, sealed.exchange);
  return answer(stream, headers, carry);
}

/** The head goes in a header of its own: of a 204 or 304 HTTP/2 would end before its receipt. */
async function hand(stream: ServerHttp2Stream, exchange: Exchange): Promise<void> {
  const cut = new AbortController();
  stream.once('close', () => cut.abort());
  const body = await bodyOf(stream);
  if (!body.ok) return refuse(stream, body.error);
  const exchanged = await exchange(body.value, cut.signal);
  if (!exchanged.ok) return stream.destroyed ? undefined : refuse(stream, exchanged.error);
  const { status, headers, body: content, receipt } = exchanged.value;
  const head = packed({ status, headers });
  if (!stream.destroyed)
    stream.respond({ ':status': 200, [HEAD]: head }, { waitForTrailers: true });
  let trailer: string | undefined;
  stream.once('wantTrailers', () => stream.sendTrailers({ [RECEIPT]: trailer ?? '' }));
  await pipeline(async function* read() {
    yield* content;
    // Before the end of the answer is told: whoever has it has its receipt.
    trailer = packed((await receipt()) ?? null);
  }, stream);
}

async function perform(stream: ServerHttp2Stream, invoke: Invoke): Promise<void> {
  const cut = new AbortController();
  stream.once('close', () => cut.abort());
  const body = await bodyOf(stream);
  if (!body.ok) return refuse(stream, body.error);
  const performed = await invoke(body.value, cut.signal);
  if (stream.destroyed) return;
  if (!performed.ok) return refuse(stream, performed.error);
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end(JSON.stringify(performed.value));
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  carry: Carry,
): Promise<void> {
  const cut = new AbortController();
  stream.once('close', () => cut.abort());
  const body = await bodyOf(stream);
  if (!body.ok) return refuse(stream, body.error);
  const parts = partsOf(headers, body.value);
  if (!parts.ok) return refuse(stream, parts.error);
  const { proof, message } = parts.value;
  const wanted = { ...wantedIn(headers), ...(proof === undefined ? {} : { proof }) };
  const carried = await carry(wanted, message, cut.signal);
  if (stream.destroyed) {
    if (carried.ok) await carried.value.body?.cancel();
    return;
  }
  if (!carried.ok) return refuse(stream, carried.error);
  const { status, headers: returned, body: content, secrets } = carried.value;
  stream.respond({ ...merged(returned), ':status': status });
  if (content === null) return void stream.end();
  await pipeline(Readable.fromWeb(content), redaction(secrets), stream);
}

async function bodyOf(stream: ServerHttp2Stream): Promise<Result<Uint8Array, EdgeRefusal>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) {
      return unsent('edge.too_large', `a request has at most ${MAX_BODY_BYTES} bytes`);
    }
    chunks.push(chunk as Buffer);
  }
  return { ok: true, value: Buffer.concat(chunks) };
}

type Parts = { readonly proof: MessageProof | undefined; readonly message: Uint8Array };

/** The proof of an act stands before its message. */
function partsOf(headers: IncomingHttpHeaders, body: Uint8Array): Result<Parts, EdgeRefusal> {
  const length = headers[PROOF];
  if (length === undefined) return { ok: true, value: { proof: undefined, message: body } };
  const at = Number(length);
  const parsed = parseStrict(body.subarray(0, at), { maxBytes: MAX_BODY_BYTES });
  const proof = parsed.ok ? (parsed.value as unknown) : undefined;
  if (!isProof(proof)) return unsent('edge.bad_request', 'this is no proof of a seal');
  return { ok: true, value: { proof, message: body.subarray(at) } };
}

function wantedIn(headers: IncomingHttpHeaders): Wanted {
  const pairs = Object.entries(headers).flatMap(([name, value]): Header[] =>
    name.startsWith(':') || value === undefined ? [] : [[name, String(value)]],
  );
  return {
    server: String(headers['ioi-server']),
    url: String(headers['ioi-url']),
    method: String(headers[':method']),
    headers: pairs,
  };
}

function refuse(stream: ServerHttp2Stream, refusal: EdgeRefusal): void {
  stream.respond({ ':status': 502, 'ioi-refusal': '1', 'content-type': 'application/json' });
  // What of the request was not read is of no use any more.
  stream.end(JSON.stringify(refusal), () => stream.close(constants.NGHTTP2_NO_ERROR));
}

function merged(headers: readonly Header[]): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of headers) {
    all[name] = all[name] === undefined ? value : `${all[name]}, ${value}`;
  }
  return all;
}

function redaction(secrets: readonly string[]): Transform {
  const redactor = new Redactor(secrets);
  return new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => done(null, redactor.push(chunk)),
    flush: (done) => done(null, redactor.end()),
  });
}
