import { Duplex } from 'node:stream';
import { decodeMux, encodeFrame, encodeMux, FrameReader } from '@ioi/frames';

/** Connections over the stream to a guardian, as the supervisor opens them. */
export class MuxClient {
  readonly #below: Duplex;
  readonly #channels = new Map<number, MuxChannel>();
  #last = 0;

  constructor(below: Duplex) {
    this.#below = below;
    const reader = new FrameReader();
    below.on('data', (chunk: Buffer) => {
      const bodies = reader.push(chunk);
      if (!bodies.ok) throw new Error(bodies.error.message);
      for (const body of bodies.value) this.#take(body);
    });
  }

  open(): Duplex {
    this.#last += 1;
    const channel = this.#last;
    const opened = new MuxChannel(this.#below, channel);
    this.#channels.set(channel, opened);
    this.#below.write(encodeFrame(encodeMux({ kind: 'open', channel })));
    return opened;
  }

  #take(body: Uint8Array): void {
    const message = decodeMux(body);
    if (!message.ok) throw new Error(message.error.message);
    const target = this.#channels.get(message.value.channel);
    if (message.value.kind === 'data') target?.push(message.value.bytes);
    if (message.value.kind === 'end') target?.push(null);
  }
}

class MuxChannel extends Duplex {
  readonly #below: Duplex;
  readonly #channel: number;

  constructor(below: Duplex, channel: number) {
    super();
    this.#below = below;
    this.#channel = channel;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (fault?: Error | null) => void): void {
    const body = encodeMux({ kind: 'data', channel: this.#channel, bytes: chunk });
    this.#below.write(encodeFrame(body), done);
  }

  override _final(done: (fault?: Error | null) => void): void {
    this.#below.write(encodeFrame(encodeMux({ kind: 'end', channel: this.#channel })), done);
  }

  /** HTTP asks these of a socket; there is no socket under a muxed channel. */
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
