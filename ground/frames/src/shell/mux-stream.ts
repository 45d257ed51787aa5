import { Duplex } from 'node:stream';
import { encodeFrame, encodeMux } from '../core/index.ts';

/** One of several byte streams over another, as a stream that HTTP takes for a socket. */
export class MuxStream extends Duplex {
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
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
