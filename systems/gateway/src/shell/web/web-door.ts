import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { ok, type Result } from '@ioi/basis';
import type { ReplyHead } from '@ioi/protocol';
import { admitHead, isSocketAsked, placeOf } from '../../core/web/admit.ts';
import { schemeOf } from '../../core/web/first-bytes.ts';
import type { Place, WebHeader, WebRefusal } from '../../core/web/web-act.ts';
import type { WebAuthority } from './authority.ts';
import type { WebBackend, WebProblem } from './backend.ts';
import { type Carrying, carry, notNamed, placeIn, type Reading, statusOf } from './carry.ts';
import { endSoon } from './end-soon.ts';
import { serveH2 } from './h2-door.ts';
import { type Body, readBody } from './read-body.ts';
import { problemBytes, Reply } from './reply.ts';
import { SocketReply } from './socket-reply.ts';

export type WebDoor = {
  /** A connection over HTTP/1.1: to a proxy, or to this one place. */
  accept(socket: Duplex, place?: Place): void;
  close(): void;
};

const MOST_CONNECTIONS = 128;
const MOST_HEADER_BYTES = 32 * 1024;
/** Of one connection, that came before what is ahead of them was answered. */
const MOST_AHEAD = 16;
/** From the opening of a tunnel to what is said in it first. */
const FIRST_BYTES_MS = 30_000;
/** Of a program that speaks in a WebSocket before it stands. */
const MOST_EARLY_BYTES = 64 * 1024;
/** The first of them that a program speaks. */
const SPOKEN: readonly string[] = ['http/1.1', 'h2'];
const REFUSED = 'Refused at the boundary.';
const LIMITS = {
  maxHeaderSize: MOST_HEADER_BYTES,
  requireHostHeader: false,
  // All others are refused by name, or not heard, like any other header.
  shouldUpgradeCallback: (incoming: IncomingMessage) => isSocketAsked(headersOf(incoming)),
} as const;

/**
 * The HTTP door (whitepaper 2.2.4, network): a proxy that ends every tunnel itself. What goes
 * through is HTTP, plain or over TLS under an authority of the node's, each request an act;
 * everything else is refused by name, and no byte passes unread.
 */
export function webDoor(backend: WebBackend, authority: WebAuthority, reading: Reading): WebDoor {
  return new Door(backend, authority, reading);
}

class Door implements WebDoor {
  readonly #backend: WebBackend;
  readonly #authority: WebAuthority;
  readonly #carrying: Carrying;
  readonly #open = new Set<Duplex>();
  readonly #places = new WeakMap<object, Place>();
  /** Of these nothing more is heard. */
  readonly #refused = new WeakSet<object>();
  /** When the last request of a connection is answered, and how many are not. */
  readonly #turns = new WeakMap<object, { last: Promise<void> | undefined; count: number }>();
  readonly #server: Server;

  constructor(backend: WebBackend, authority: WebAuthority, reading: Reading) {
    this.#backend = backend;
    this.#authority = authority;
    this.#carrying = { backend, reading, held: { bytes: 0 } };
    this.#server = createServer(LIMITS, (incoming, response) => {
      this.#inTurn(incoming, response).catch(() => response.destroy());
    });
    // All of what was said is looked at: its bytes are bounded.
    this.#server.maxHeadersCount = 0;
    this.#server.on('connect', (incoming: IncomingMessage, near: Duplex, early: Buffer) => {
      this.#tunnel(incoming, near, early).catch(() => near.destroy());
    });
    this.#server.on('upgrade', (incoming: IncomingMessage, near: Duplex, early: Buffer) => {
      near.on('error', () => near.destroy());
      this.#socket(incoming, near, early).catch(() => near.destroy());
    });
    this.#server.on('checkExpectation', (incoming: IncomingMessage, response: ServerResponse) => {
      const words = String(incoming.headers.expect);
      const refusal = { code: 'web.malformed', message: 'it expects what nobody does' } as const;
      void this.#refuseRequest(response, refusal, words);
    });
    this.#server.on('clientError', (fault, near) => void this.#unreadable(fault, near));
  }

  accept(socket: Duplex, place?: Place): void {
    socket.on('error', () => socket.destroy()).on('close', () => this.#open.delete(socket));
    if (this.#open.size >= MOST_CONNECTIONS) {
      // What is not read of it would take the answer away from whoever still speaks.
      socket.resume();
      void this.#refuse(socket, { code: 'web.too_many', message: 'too many connections' });
      return;
    }
    this.#open.add(socket);
    if (place !== undefined) this.#places.set(socket, place);
    this.#server.emit('connection', socket);
  }

  close(): void {
    for (const each of this.#open) each.destroy();
  }

  /** One after the other on each connection: what is written has an order (RFC 9112 9.3.2). */
  async #inTurn(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = incoming;
    const turn = this.#turns.get(socket) ?? { last: undefined, count: 0 };
    const before = turn.last;
    this.#turns.set(socket, turn);
    turn.count += 1;
    turn.last = new Promise((resolve) => {
      response.once('close', () => {
        turn.count -= 1;
        resolve();
      });
    });
    if (turn.count > MOST_AHEAD) {
      const message = `more than ${MOST_AHEAD} requests at once on a connection`;
      if (!socket.destroyed) void this.#record({ code: 'web.too_many', message }, Buffer.alloc(0));
      socket.destroy();
      return;
    }
    if (before !== undefined) await before;
    if (!socket.destroyed) await this.#serve(incoming, response);
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const place = this.#places.get(incoming.socket);
    const { method = '', url: target = '' } = incoming;
    const head = admitHead({ place, method, target, headers: headersOf(incoming) });
    if (!head.ok) return this.#refuseRequest(response, head.error, `${method} ${target}`);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const asked = { head: head.value, body: () => this.#bodyOf(incoming), signal: gone.signal };
    const refusal = await carry({ ...asked, reply: new Reply(response) }, this.#carrying);
    if (refusal !== undefined) return this.#refuseRequest(response, refusal, head.value.url);
  }

  async #bodyOf(incoming: IncomingMessage): Promise<Result<Body, WebRefusal>> {
    const { 'content-length': length, 'transfer-encoding': coding } = incoming.headers;
    if (coding === undefined && (length === undefined || length === '0')) return ok({});
    const { held, reading } = this.#carrying;
    return readBody(incoming, held, reading.spool);
  }

  /** A WebSocket: its handshake is the act, which lasts as long as it does. */
  async #socket(incoming: IncomingMessage, near: Duplex, early: Buffer): Promise<void> {
    const place = this.#places.get(near);
    const { method = '', url: target = '' } = incoming;
    const head = admitHead({ place, method, target, headers: headersOf(incoming) });
    if (!head.ok) return this.#refuse(near, head.error, Buffer.from(`${method} ${target}`));
    if ((this.#turns.get(near)?.count ?? 0) > 0) {
      const message = 'a WebSocket is asked for when all else on its connection is answered';
      return this.#refuse(near, { code: 'web.upgrade_refused', message });
    }
    const { hostname, port } = placeIn(head.value.url);
    if (!this.#backend.reaches(hostname, port)) return this.#refuse(near, notNamed(hostname, port));
    const gone = new AbortController();
    const reply = new SocketReply(near);
    // Once it stands, its end is told by what comes from it; before, nobody else looks for it.
    const leave = (): unknown => reply.isBegun || gone.abort();
    near.once('close', leave).once('end', leave);
    const giveBack = takeEarly(near, early);
    const onReply = (begun: ReplyHead) => {
      giveBack();
      return reply.begin(begun);
    };
    reply.finish(await this.#backend.act(head.value, { signal: gone.signal, onReply }));
  }

  async #tunnel({ url = '', socket }: IncomingMessage, near: Duplex, early: Buffer) {
    near.on('error', () => near.destroy());
    const to = this.#places.has(socket) ? undefined : placeOf(url);
    if (to === undefined) {
      return this.#refuse(near, {
        code: 'web.malformed',
        message: 'a tunnel is to host:port, and in none',
      });
    }
    if (!this.#backend.reaches(to.host, to.port)) {
      return this.#refuse(near, notNamed(to.host, to.port));
    }
    near.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (early.length > 0) near.unshift(early);
    const first = await firstByte(near);
    if (first === undefined) return void near.destroy();
    const scheme = schemeOf(first, to.port);
    if (!scheme.ok) return this.#refuse(near, scheme.error);
    const place = { scheme: scheme.value, ...to };
    if (scheme.value === 'https') return this.#secure(near, place);
    this.#places.set(near, place);
    this.#server.emit('connection', near);
  }

  /** Shows a certificate for the very host the tunnel is to, and speaks HTTP. */
  #secure(near: Duplex, place: Place): void {
    const host = place.host.replace(/^\[|\]$/g, '');
    let refusal: WebRefusal = {
      code: 'web.tls_refused',
      message: `the program did not accept the certificate for ${host}: it trusts others alone`,
    };
    const secured = new TLSSocket(near, {
      isServer: true,
      secureContext: this.#authority.contextFor(host),
      ALPNCallback: ({ protocols }) => {
        const spoken = SPOKEN.find((each) => protocols.includes(each));
        if (spoken !== undefined) return spoken;
        const message = `it speaks ${protocols.join().slice(0, 255)} alone, and no HTTP/1.1 or 2`;
        refusal = { code: 'web.http2_refused', message };
        return undefined;
      },
      SNICallback: (name, done) => {
        if (name.toLowerCase() === host) return done(null, this.#authority.contextFor(host));
        const message = `it asks for ${name.slice(0, 255)} in a tunnel to ${host}`;
        refusal = { code: 'web.sni_mismatch', message };
        done(new Error(refusal.code));
      },
    });
    let isSecured = false;
    secured.once('secure', () => {
      isSecured = true;
      this.#speak(secured, place);
    });
    const ended = (): void => {
      if (!isSecured) void this.#record(refusal, Buffer.from(host));
      isSecured = true;
      secured.destroy();
    };
    // A program that trusts others says so after the handshake, in TLS 1.3: before any request.
    secured.on('error', (fault: { code?: unknown }) => {
      if (String(fault.code).includes('ALERT')) isSecured = false;
      ended();
    });
    secured.on('close', () => near.destroy());
    near.on('close', () => secured.destroy());
  }

  #speak(secured: TLSSocket, place: Place): void {
    if (secured.alpnProtocol === 'h2') {
      const record = this.#record.bind(this);
      serveH2(secured, place, { ...this.#carrying, record });
      return;
    }
    this.#places.set(secured, place);
    this.#server.emit('connection', secured);
  }

  async #unreadable(fault: Error & { code?: string; rawPacket?: Buffer }, near: Duplex) {
    const isTooLarge = fault.code === 'HPE_HEADER_OVERFLOW';
    const isTwice = /TRANSFER_ENCODING|CONTENT_LENGTH|CHUNK/.test(fault.code ?? '');
    const code = isTooLarge ? 'web.headers_too_large' : 'web.malformed';
    // One that went away said nothing that could be refused.
    if (this.#refused.has(near)) return;
    if (fault.code?.startsWith('HPE_') !== true) return void near.destroy();
    const refusal = { code: isTwice ? 'web.smuggling' : code, message: fault.message } as const;
    await this.#refuse(near, refusal, fault.rawPacket ?? Buffer.alloc(0));
  }

  async #refuse(near: Duplex, refusal: WebRefusal, raw: Uint8Array = Buffer.from(refusal.message)) {
    const problem = await this.#record(refusal, raw);
    if (!near.destroyed) endSoon(near, problemBytes(problem));
  }

  async #refuseRequest(response: ServerResponse, refusal: WebRefusal, words: string) {
    const { socket } = response;
    if (socket !== null) this.#refused.add(socket);
    const problem = await this.#record(refusal, Buffer.from(words));
    if (response.destroyed || socket === null) return;
    // What may follow was not read, so nothing after it is.
    endSoon(
      socket.once('finish', () => socket.destroySoon()),
      problemBytes(problem),
    );
  }

  async #record(refusal: WebRefusal, raw: Uint8Array): Promise<WebProblem> {
    const receipt = await this.#backend.refuse(refusal, raw);
    const { code } = refusal;
    const told = receipt === undefined ? {} : { receipt_id: receipt };
    return { status: statusOf(code), code, title: `${REFUSED} ${refusal.message}`, ...told };
  }
}

function headersOf({ rawHeaders }: IncomingMessage): readonly WebHeader[] {
  const pairs = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  return pairs.map((name, at) => [name, rawHeaders[at * 2 + 1] ?? '']);
}

/** Takes what comes before it is wanted: behind it no end is seen. So much, and gives it back. */
function takeEarly(near: Duplex, early: Buffer): () => void {
  const taken = [early];
  let room = MOST_EARLY_BYTES;
  const take = (): void => {
    if (room <= 0) return;
    const chunk: Buffer | null = near.read();
    if (chunk === null) return;
    taken.push(chunk);
    room -= chunk.length;
  };
  near.on('readable', take);
  return () => {
    near.off('readable', take);
    const all = Buffer.concat(taken);
    if (all.length > 0 && !near.readableEnded && !near.destroyed) near.unshift(all);
  };
}

/** Without taking it; undefined where nothing comes. */
async function firstByte(near: Duplex): Promise<number | undefined> {
  const late = AbortSignal.timeout(FIRST_BYTES_MS);
  for (;;) {
    const chunk = near.read() as Buffer | null;
    if (chunk !== null && chunk.length > 0) {
      near.unshift(chunk);
      return chunk[0];
    }
    if (near.readableEnded || near.destroyed) return undefined;
    const stop = new AbortController();
    const signal = AbortSignal.any([late, stop.signal]);
    const events = ['readable', 'end', 'close'].map((name) => once(near, name, { signal }));
    await Promise.race(events).catch(() => {});
    stop.abort();
    await Promise.allSettled(events);
    if (late.aborted) return undefined;
  }
}
