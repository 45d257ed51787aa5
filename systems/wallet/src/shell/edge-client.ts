import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { type Duplex, pipeline, Readable, Transform } from 'node:stream';
import { json } from 'node:stream/consumers';
import type { SealedAction } from '@ioi/protocol';
import type { Header } from '../core/admit.ts';
import type { EdgeRefusal } from '../core/refusal.ts';
import { HEAD, PROOF, RECEIPT, unpacked } from './exchange-head.ts';

/**
 * As `fetch`, to one server; with the action that the message puts, where it is one, and the schema
 * of its tool, where headers follow from that.
 */
export type Send = (
  url: string | URL,
  init?: RequestInit & { readonly action?: SealedAction; readonly inputSchema?: object },
) => Promise<Response>;

/** What shows an edge that an action is sealed. */
export type ProofOf = (action: SealedAction) => Promise<object>;

/** What a connection refused says, to whoever asks the cause of a fault of `fetch`. */
const NOT_SENT = 'ECONNREFUSED';
const UNAUTHORISED = 'upstream.unauthorised';
const NO_BODY: readonly number[] = [204, 205, 304];
const MAX_STREAMS = 1000;

/** The edge is not there, or did not carry the request out. */
export class EdgeFault extends Error {
  readonly code: string;
  /** Whether anything may have reached the server. */
  readonly isSent: boolean;

  constructor({ code, message, isSent }: EdgeRefusal) {
    const text = message.startsWith(code) ? message : `${code}: ${message}`;
    // Only what says so was not sent: an answer that is not understood does not.
    const isUnsent = isSent === false;
    super(text, isUnsent ? { cause: { code: NOT_SENT, message: text } } : {});
    this.code = code;
    this.isSent = !isUnsent;
  }
}

/** The daemon's end of its line to the edge. Once it broke, nothing is sent any more. */
export class EdgeLine {
  readonly #session: ClientHttp2Session;

  constructor(stream: Duplex) {
    this.#session = connect('http://edge', {
      createConnection: () => stream,
      peerMaxConcurrentStreams: MAX_STREAMS,
    });
    // Whoever waits is told by its own stream.
    this.#session.on('error', () => {});
  }

  /** The signal apart: that of a request is forgotten with it, while its answer is still read. */
  async send(
    server: string,
    request: Request,
    signal = request.signal,
    proof?: object,
  ): Promise<Response> {
    const message = new Uint8Array(await request.arrayBuffer());
    const shown = Buffer.from(proof === undefined ? '' : JSON.stringify(proof), 'utf8');
    const body = shown.length === 0 ? message : Buffer.concat([shown, message]);
    signal.throwIfAborted();
    if (this.#session.closed || this.#session.destroyed) throw gone(false);
    const wanted = {
      ...Object.fromEntries(request.headers),
      ':method': request.method,
      ':path': '/',
      'ioi-server': server,
      'ioi-url': request.url,
      ...(shown.length === 0 ? {} : { [PROOF]: String(shown.length) }),
    };
    const stream = this.#session.request(wanted, { endStream: body.length === 0 });
    return exchange({ stream, body, signal });
  }

  /** One sealed action, or a question about one. Rejects with `EdgeFault`. */
  async invoke(body: object, signal?: AbortSignal): Promise<unknown> {
    if (this.#session.closed || this.#session.destroyed) throw gone(false);
    const wanted = { ':method': 'POST', ':path': '/invoke', 'content-type': 'application/json' };
    const stream = this.#session.request(wanted);
    const bytes = Buffer.from(JSON.stringify(body), 'utf8');
    const answered = exchange({
      stream,
      body: bytes,
      signal: signal ?? new AbortController().signal,
    });
    const response = await answered;
    const told = await response.json();
    // That a login is wanted is no answer of what was performed: nothing was.
    if (!response.ok) throw new EdgeFault(told as EdgeRefusal);
    return told;
  }

  /** One sealed request of a program. Rejects with `EdgeFault`. */
  async exchange(body: object, signal: AbortSignal): Promise<Exchanged> {
    if (this.#session.closed || this.#session.destroyed) throw gone(false);
    const stream = this.#session.request({ ':method': 'POST', ':path': '/exchange' });
    let receipt: unknown;
    stream.once('trailers', (trailers) => {
      receipt = unpacked(String(trailers[RECEIPT]));
    });
    const bytes = Buffer.from(JSON.stringify(body), 'utf8');
    const response = await exchange({ stream, body: bytes, signal });
    if (!response.ok) throw new EdgeFault((await response.json()) as EdgeRefusal);
    const head = unpacked(response.headers.get(HEAD) ?? '') as Exchanged['head'];
    return { head, body: response.body ?? new ReadableStream(), receipt: () => receipt };
  }

  close(): void {
    this.#session.destroy();
  }
}

/** An answer as the edge gives it, while it comes. */
export type Exchanged = {
  readonly head: { readonly status: number; readonly headers: readonly Header[] };
  readonly body: AsyncIterable<Uint8Array>;
  /** What the guardian signed of it, once the body came to its end. */
  readonly receipt: () => unknown;
};

/** `fetch` for a server whose credential the edge adds; the answer holds no trace of it. */
export function edgeSend(line: EdgeLine | undefined, server: string, proofOf?: ProofOf): Send {
  return async (url, init) => {
    if (line === undefined) {
      const message = 'no edge runs, and without it no credential is sent';
      throw new EdgeFault({ code: 'edge.missing', message, isSent: false });
    }
    const { action, inputSchema } = init ?? {};
    const sealed = action === undefined ? undefined : await proofOf?.(action);
    const schema = inputSchema === undefined ? {} : { inputSchema };
    const proof = sealed === undefined ? undefined : { ...sealed, ...schema };
    return line.send(server, new Request(url, init), init?.signal ?? undefined, proof);
  };
}

type Exchange = {
  readonly stream: ClientHttp2Stream;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
};

function exchange({ stream, body, signal }: Exchange): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  // From the first moment on: what nobody reads when the stream ends is thrown away.
  const answer = untilClosed(stream);
  pipeline(stream, answer, () => {});
  const cancel = (): void => {
    stream.destroy(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
  };
  signal.addEventListener('abort', cancel, { once: true });
  let isAnswered = false;
  stream.once('response', (headers) => {
    isAnswered = true;
    const { ':status': status = 0, 'ioi-refusal': refusal, ...rest } = headers;
    if (refusal !== undefined) refusalIn(answer).then(resolve, reject);
    else resolve(responseOf(answer, status, rest));
  });
  stream.once('error', () => reject(signal.aborted ? signal.reason : gone(true)));
  stream.once('close', () => {
    signal.removeEventListener('abort', cancel);
    if (!isAnswered) reject(gone(true));
  });
  if (body.length > 0) stream.end(body);
  return promise;
}

/** Ends only as the other side ended it: a line that breaks must not look like the end. */
function untilClosed(stream: ClientHttp2Stream): Transform {
  return new Transform({
    transform: (chunk, _encoding, done) => done(null, chunk),
    flush: (done) => {
      const end = (): void =>
        done(stream.rstCode === constants.NGHTTP2_NO_ERROR ? null : gone(true));
      if (stream.closed && stream.destroyed) end();
      else stream.once('close', end);
    },
  });
}

function responseOf(answer: Readable, status: number, headers: object): Response {
  const pairs = Object.entries(headers)
    .filter(([name]) => !name.startsWith(':'))
    .map(([name, value]): [string, string] => [name, String(value)]);
  if (NO_BODY.includes(status)) {
    answer.resume();
    return new Response(null, { status, headers: pairs });
  }
  const body = Readable.toWeb(answer) as ReadableStream<Uint8Array>;
  return new Response(body, { status, headers: pairs });
}

/** That a login is wanted is an answer, as a server gives it; all else is a fault. */
async function refusalIn(answer: Readable): Promise<Response> {
  const refusal = (await json(answer).catch(() => gone(true))) as EdgeRefusal;
  if (refusal.code !== UNAUTHORISED) throw new EdgeFault(refusal);
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
  return Response.json(refusal, { status: 401, headers });
}

function gone(isSent: boolean): EdgeFault {
  return new EdgeFault({ code: 'edge.gone', message: 'the edge went away', isSent });
}

export { leaseIdOf } from '../core/invocation.ts';
export { holdsPlaceholder, isAuthorising } from '../core/place-secret.ts';
export { placeholderOf } from '../core/web-invocation.ts';
export type { Performed } from './sealed-egress.ts';
