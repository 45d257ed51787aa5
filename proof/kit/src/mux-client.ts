import { Duplex } from 'node:stream';
import { decodeMux, encodeFrame, encodeMux, FrameReader } from '@ioi/frames';

const readers = new WeakMap<Duplex, Map<number, MuxChannel>>();

/** One connection over the stream to a guardian, as the supervisor opens them. */
export function openChannel(below: Duplex, channel: number): Duplex {
  const channels = readers.get(below) ?? startReading(below);
  const opened = new MuxChannel(below, channel);
  channels.set(channel, opened);
  below.write(encodeFrame(encodeMux({ kind: 'open', channel })));
  return opened;
}

function startReading(below: Duplex): Map<number, MuxChannel> {
  const channels = new Map<number, MuxChannel>();
  const reader = new FrameReader();
  readers.set(below, channels);
  below.on('data', (chunk: Buffer) => {
    const bodies = reader.push(chunk);
    if (!bodies.ok) throw new Error(bodies.error.message);
    for (const body of bodies.value) {
      const message = decodeMux(body);
      if (!message.ok) throw new Error(message.error.message);
      const target = channels.get(message.value.channel);
      if (message.value.kind === 'data') target?.push(message.value.bytes);
      if (message.value.kind === 'end') target?.push(null);
    }
  });
  return channels;
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
