import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { ok, type Result } from '@ioi/basis';
import type { ReplyHead, ReplySink } from '@ioi/protocol';
import { admitStream } from '../../core/web/h2-head.ts';
import type { Place, WebHeader, WebRefusal } from '../../core/web/web-act.ts';
import type { WebAnswer, WebProblem } from './backend.ts';
import { type Carrying, carry, giveBack } from './carry.ts';
import { type Body, readBody } from './read-body.ts';
import { problemText } from './reply.ts';

export type H2Carrying = Carrying & {
  readonly record: (refusal: WebRefusal, raw: Uint8Array) => Promise<WebProblem>;
};

/** Acts of one connection that are under way, also of streams that were given up. */
const MOST_STREAMS = 32;
/** Streams of one connection that were given up before they were answered. */
const MOST_RESETS = 128;
const MOST_HEADER_BYTES = 32 * 1024;
const MOST_HEADERS = 256;
const MOST_INVALID_FRAMES = 16;
const MOST_REJECTED_STREAMS = 16;
const MOST_SESSION_MIB = 10;
/** From the head of a stream to the end of its body, as over HTTP/1.1. */
const BODY_MS = 300_000;
/** Without a stream. */
const UNUSED_MS = 60_000;

const OPTIONS = {
  maxHeaderListPairs: MOST_HEADERS,
  maxSessionInvalidFrames: MOST_INVALID_FRAMES,
  maxSessionRejectedStreams: MOST_REJECTED_STREAMS,
  maxSessionMemory: MOST_SESSION_MIB,
  settings: {
    enablePush: false,
    enableConnectProtocol: false,
    maxConcurrentStreams: MOST_STREAMS,
    maxHeaderListSize: MOST_HEADER_BYTES,
  },
};

/** HTTP/2 in a tunnel that stands: each stream is an act of its own. */
export function serveH2(secured: TLSSocket, place: Place, carrying: H2Carrying): void {
  new Connection(performServerHandshake(secured, OPTIONS), place, carrying);
  // What a server of TLS would say of it, and nobody does of one made by hand.
  secured.emit('secureConnect');
}

class Connection {
  readonly #session: ServerHttp2Session;
  readonly #place: Place;
  readonly #carrying: H2Carrying;
  #underWay = 0;
  #resets = 0;
  #isRefused = false;

  constructor(session: ServerHttp2Session, place: Place, carrying: H2Carrying) {
    this.#session = session;
    this.#place = place;
    this.#carrying = carrying;
    session.on('error', (fault) => {
      const isTooMuch = /flood|calm|too many/i.test(`${fault.message}`);
      const code = isTooMuch ? 'web.too_many' : 'web.malformed';
      this.#end({ code, message: `no HTTP/2: ${fault.message}` });
    });
    session.setTimeout(UNUSED_MS, () => {
      if (this.#underWay === 0) session.close();
    });
    session.on('stream', (stream, _headers, _flags, raw: unknown) => {
      stream.on('error', () => stream.destroy());
      this.#served(stream, pairsOf(raw as readonly string[])).catch(() => stream.destroy());
    });
  }

  async #served(stream: ServerHttp2Stream, headers: readonly WebHeader[]): Promise<void> {
    if (this.#isRefused) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
    if (this.#underWay >= MOST_STREAMS) {
      // Whoever keeps to the settings comes here only by giving streams up.
      return this.#end({ code: 'web.too_many', message: `more than ${MOST_STREAMS} at once` });
    }
    this.#underWay += 1;
    let isAnswered = false;
    const gone = new AbortController();
    stream.once('close', () => {
      gone.abort();
      if (!isAnswered) this.#gaveUp();
    });
    try {
      const refusal = await this.#carried(stream, headers, gone.signal);
      if (refusal !== undefined) await this.#refuse(stream, refusal, headers);
      isAnswered = true;
    } finally {
      this.#underWay -= 1;
    }
  }

  async #carried(
    stream: ServerHttp2Stream,
    headers: readonly WebHeader[],
    signal: AbortSignal,
  ): Promise<WebRefusal | undefined> {
    const head = admitStream(this.#place, headers);
    if (!head.ok) return head.error;
    const reply = new H2Reply(stream);
    const body = () => this.#bodyOf(stream, headers);
    return carry({ head: head.value, body, reply, signal }, this.#carrying);
  }

  async #bodyOf(
    stream: ServerHttp2Stream,
    headers: readonly WebHeader[],
  ): Promise<Result<Body, WebRefusal>> {
    if (stream.endAfterHeaders) return ok({});
    const { held, reading } = this.#carrying;
    const late = setTimeout(() => stream.destroy(new Error('too slow')), BODY_MS);
    try {
      // Closed while it is read, it is the stream's own end that says what became of it.
      const chunks = stream.iterator({ destroyOnReturn: false });
      const coming = Object.assign(chunks, { headers: Object.fromEntries(headers) });
      const read = await readBody(coming, held, reading.spool);
      if (stream.aborted) {
        if (read.ok) giveBack(read.value, this.#carrying);
        throw new Error('given up');
      }
      return read.ok && read.value.body?.length === 0 ? ok({}) : read;
    } finally {
      clearTimeout(late);
    }
  }

  #gaveUp(): void {
    this.#resets += 1;
    if (this.#resets <= MOST_RESETS) return;
    const message = `more than ${MOST_RESETS} streams of a connection were given up`;
    this.#end({ code: 'web.too_many', message });
  }

  /** Nothing more of this connection is heard. */
  #end(refusal: WebRefusal): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    void this.#carrying.record(refusal, Buffer.from(refusal.message));
    this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  async #refuse(stream: ServerHttp2Stream, refusal: WebRefusal, headers: readonly WebHeader[]) {
    const words = headers.slice(0, 4).flat().join(' ');
    const problem = await this.#carrying.record(refusal, Buffer.from(words));
    if (stream.destroyed || stream.headersSent) return void stream.destroy();
    new H2Reply(stream).finish({ kind: 'problem', problem });
    // What may still come of its body is not read.
    stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
  }
}

/** Writes an answer while it comes, as `Reply` does; its last piece waits for `finish`. */
class H2Reply implements ReplySink {
  readonly #stream: ServerHttp2Stream;
  #held: Uint8Array | undefined;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
  }

  begin({ status, headers }: ReplyHead): this {
    const told: Record<string, string | string[]> = {};
    for (const [name, value] of headers) {
      const before = told[name];
      told[name] = before === undefined ? value : [before, value].flat();
    }
    try {
      this.#stream.respond({ ...told, ':status': status }, { sendDate: false } as object);
    } catch {
      // What cannot be said to the program is read to its end all the same.
      this.#stream.destroy();
    }
    return this;
  }

  /** One piece is always kept back: the end of a stream is what says that it is whole. */
  async write(chunk: Uint8Array): Promise<void> {
    const stream = this.#stream;
    if (stream.destroyed || stream.writableEnded) return;
    const ready = this.#held;
    this.#held = Uint8Array.from(chunk);
    if (ready === undefined || stream.write(ready)) return;
    const over = new AbortController();
    const { signal } = over;
    const either = ['drain', 'close'].map((name) => once(stream, name, { signal }));
    await Promise.race(either).catch(() => {});
    over.abort();
    await Promise.allSettled(either);
  }

  finish(answer: WebAnswer): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    switch (answer.kind) {
      case 'replied':
        if (!stream.writableEnded) stream.end(this.#held);
        return;
      case 'broken':
        stream.close(constants.NGHTTP2_INTERNAL_ERROR);
        return;
      case 'kept':
        this.begin(answer.head);
        if (!stream.writableEnded) stream.end(answer.body);
        return;
      case 'problem':
        if (stream.headersSent) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
        else this.#tell(answer.problem);
    }
  }

  #tell(problem: WebProblem): void {
    const { status, retry_after: seconds } = problem;
    this.#stream.respond({
      ':status': status,
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }),
    } as OutgoingHttpHeaders);
    if (!this.#stream.writableEnded) this.#stream.end(problemText(problem));
  }
}

function pairsOf(raw: readonly string[]): readonly WebHeader[] {
  const names = raw.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  return names.map((name, at) => [name, raw[at * 2 + 1] ?? '']);
}
