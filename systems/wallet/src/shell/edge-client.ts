import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { type Duplex, Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import type { EdgeRefusal } from '../core/refusal.ts';

/** As `fetch`, to one server. */
export type Send = (url: string | URL, init?: RequestInit) => Promise<Response>;

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
    const text = `${code}: ${message}`;
    super(text, isSent ? {} : { cause: { code: NOT_SENT, message: text } });
    this.code = code;
    this.isSent = isSent;
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

  async send(server: string, request: Request): Promise<Response> {
    const body = new Uint8Array(await request.arrayBuffer());
    request.signal.throwIfAborted();
    if (this.#session.closed || this.#session.destroyed) throw gone(false);
    const stream = this.#session.request({
      ...Object.fromEntries(request.headers),
      ':method': request.method,
      ':path': '/',
      'ioi-server': server,
      'ioi-url': request.url,
    });
    return exchange({ stream, body, signal: request.signal });
  }

  close(): void {
    this.#session.destroy();
  }
}

/** `fetch` for a server whose credential the edge adds; the answer holds no trace of it. */
export function edgeSend(line: EdgeLine | undefined, server: string): Send {
  return async (url, init) => {
    if (line === undefined) {
      const message = 'no edge runs, and without it no credential is sent';
      throw new EdgeFault({ code: 'edge.missing', message, isSent: false });
    }
    return line.send(server, new Request(url, init));
  };
}

type Exchange = {
  readonly stream: ClientHttp2Stream;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
};

function exchange({ stream, body, signal }: Exchange): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const cancel = (): void => {
    stream.close(constants.NGHTTP2_CANCEL);
    stream.destroy(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
  };
  signal.addEventListener('abort', cancel, { once: true });
  stream.once('response', (headers) => {
    const { ':status': status = 0, 'ioi-refusal': refusal, ...rest } = headers;
    if (refusal !== undefined) return void refusalIn(stream).then(resolve, reject);
    resolve(responseOf(stream, status, rest));
  });
  // A line that breaks in the middle of an answer must not look like its end.
  stream.once('aborted', () => stream.destroy(gone(true)));
  stream.once('error', (fault) => reject(signal.aborted ? signal.reason : lost(fault)));
  stream.once('close', () => {
    signal.removeEventListener('abort', cancel);
    reject(gone(true));
  });
  stream.end(body);
  return promise;
}

function responseOf(stream: ClientHttp2Stream, status: number, headers: object): Response {
  const pairs = Object.entries(headers)
    .filter(([name]) => !name.startsWith(':'))
    .map(([name, value]): [string, string] => [name, String(value)]);
  if (NO_BODY.includes(status)) {
    stream.resume();
    return new Response(null, { status, headers: pairs });
  }
  const body = Readable.toWeb(stream) as ReadableStream<Uint8Array>;
  return new Response(body, { status, headers: pairs });
}

/** That a login is wanted is an answer, as a server gives it; all else is a fault. */
async function refusalIn(stream: ClientHttp2Stream): Promise<Response> {
  const refusal = (await json(stream).catch(() => gone(true))) as EdgeRefusal;
  if (refusal.code !== UNAUTHORISED) throw new EdgeFault(refusal);
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
  return Response.json(refusal, { status: 401, headers });
}

function lost(fault: Error): EdgeFault {
  return fault instanceof EdgeFault ? fault : gone(true);
}

function gone(isSent: boolean): EdgeFault {
  return new EdgeFault({ code: 'edge.gone', message: 'the edge went away', isSent });
}
