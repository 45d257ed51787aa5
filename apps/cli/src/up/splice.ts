import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { decodeMux, encodeFrame, encodeMux, FrameReader, type MuxMessage } from '@ioi/frames';

export type SpliceLimits = {
  /** A connection that takes nothing for this long, while its answer waits, is cut. */
  readonly stallMs: number;
  /** Bytes of one answer held for a slow reader before the guardian's stream is paused. */
  readonly heldBytes: number;
};

const LIMITS: SpliceLimits = { stallMs: 10_000, heldBytes: 1024 * 1024 };

/**
 * Listens where the guardian cannot: every connection becomes a channel of its one stream, and
 * bytes are copied unread (design section 5). Only this account may connect.
 */
export function spliceListener(below: Duplex, limits: SpliceLimits = LIMITS): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, spliceInto(below, limits));
}

/** The same for connections that somebody else accepted. */
export function spliceInto(below: Duplex, limits: SpliceLimits = LIMITS): (socket: Socket) => void {
  const splice = new Splice(below, limits);
  return (socket) => splice.accept(socket);
}

class Splice {
  readonly #below: Duplex;
  readonly #reader = new FrameReader();
  readonly #sockets = new Map<number, Socket>();
  #last = 0;
  #isBelowFull = false;
  readonly #slow = new Set<Socket>();
  readonly #limits: SpliceLimits;

  constructor(below: Duplex, limits: SpliceLimits) {
    this.#below = below;
    this.#limits = limits;
    below.on('data', (chunk: Buffer) => this.#take(chunk));
    below.on('drain', () => {
      this.#isBelowFull = false;
      for (const socket of this.#sockets.values()) socket.resume();
    });
    below.on('close', () => {
      for (const socket of this.#sockets.values()) socket.destroy();
    });
  }

  accept(socket: Socket): void {
    if (this.#below.destroyed) return void socket.destroy();
    this.#last = (this.#last + 1) % 2 ** 32;
    const channel = this.#last;
    this.#sockets.set(channel, socket);
    this.#send({ kind: 'open', channel });
    if (this.#isBelowFull) socket.pause();
    socket.on('data', (bytes: Buffer) => this.#send({ kind: 'data', channel, bytes }));
    socket.once('end', () => this.#send({ kind: 'end', channel }));
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#sockets.delete(channel);
      if (!socket.readableEnded) this.#send({ kind: 'end', channel });
      this.#released(socket);
    });
  }

  #send(message: MuxMessage): void {
    if (this.#below.destroyed) return;
    if (this.#below.write(encodeFrame(encodeMux(message)))) return;
    this.#isBelowFull = true;
    for (const socket of this.#sockets.values()) socket.pause();
  }

  #take(chunk: Buffer): void {
    const bodies = this.#reader.push(chunk);
    if (!bodies.ok) return void this.#below.destroy(new Error(bodies.error.message));
    for (const body of bodies.value) {
      const message = decodeMux(body);
      if (!message.ok) return void this.#below.destroy(new Error(message.error.message));
      const socket = this.#sockets.get(message.value.channel);
      if (socket === undefined) continue;
      if (message.value.kind === 'end') socket.end();
      if (message.value.kind === 'data') this.#pass(socket, message.value.bytes);
    }
  }

  #pass(socket: Socket, bytes: Uint8Array): void {
    socket.write(bytes);
    if (socket.writableLength <= this.#limits.heldBytes || this.#slow.has(socket)) return;
    this.#slow.add(socket);
    this.#below.pause();
    const stalled = setTimeout(() => socket.destroy(), this.#limits.stallMs);
    socket.once('drain', () => this.#released(socket));
    socket.once('close', () => clearTimeout(stalled));
    socket.once('drain', () => clearTimeout(stalled));
  }

  /** One stream carries all answers: it flows again when nobody holds it up. */
  #released(socket: Socket): void {
    if (this.#slow.delete(socket) && this.#slow.size === 0) this.#below.resume();
  }
}
