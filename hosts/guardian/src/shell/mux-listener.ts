import { Duplex } from 'node:stream';
import { decodeMux, encodeFrame, encodeMux, FrameReader } from '@ioi/frames';

/**
 * Turns one inherited byte stream into connections. The guardian cannot listen: the supervisor
 * accepts on its behalf and copies bytes unread (design section 5).
 */
export function acceptMuxed(stream: Duplex, onConnection: (connection: Duplex) => void): void {
  const reader = new FrameReader();
  const connections = new Map<number, MuxConnection>();
  stream.on('data', (chunk: Buffer) => {
    const bodies = reader.push(chunk);
    if (!bodies.ok) return void stream.destroy(new Error(bodies.error.message));
    for (const body of bodies.value) {
      const message = decodeMux(body);
      if (!message.ok) return void stream.destroy(new Error(message.error.message));
      const { channel, kind } = message.value;
      if (kind === 'open') {
        const connection = new MuxConnection(stream, channel, () => connections.delete(channel));
        connections.set(channel, connection);
        onConnection(connection);
      } else if (kind === 'data') connections.get(channel)?.push(message.value.bytes);
      else connections.get(channel)?.push(null);
    }
  });
}

class MuxConnection extends Duplex {
  readonly #below: Duplex;
  readonly #channel: number;
  readonly #forget: () => void;
  #isEnded = false;

  constructor(below: Duplex, channel: number, forget: () => void) {
    super();
    this.#below = below;
    this.#channel = channel;
    this.#forget = forget;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (fault?: Error | null) => void): void {
    const body = encodeMux({ kind: 'data', channel: this.#channel, bytes: chunk });
    this.#below.write(encodeFrame(body), done);
  }

  override _final(done: (fault?: Error | null) => void): void {
    this.#end(done);
  }

  override _destroy(fault: Error | null, done: (fault?: Error | null) => void): void {
    this.#forget();
    this.#end(() => done(fault));
  }

  /** Told once, however the connection ends: the other side must not wait for it. */
  #end(done: (fault?: Error | null) => void): void {
    if (this.#isEnded) return void done();
    this.#isEnded = true;
    this.#below.write(encodeFrame(encodeMux({ kind: 'end', channel: this.#channel })), done);
  }

  /** HTTP asks these of a socket; there is no socket under a muxed connection. */
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
}
