import type { Duplex } from 'node:stream';
import { decodeMux, encodeFrame, encodeMux, FrameReader } from '@ioi/frames';
import { MuxStream } from '@ioi/frames/shell';

const ENDED = 'the guardian is gone';

/** Connections over the stream to a guardian, as the supervisor opens them. */
export class MuxClient {
  readonly #below: Duplex;
  readonly #channels = new Map<number, MuxStream>();
  #last = 0;

  constructor(below: Duplex) {
    this.#below = below;
    const reader = new FrameReader();
    below.on('data', (chunk: Buffer) => {
      const bodies = reader.push(chunk);
      if (!bodies.ok) throw new Error(bodies.error.message);
      for (const body of bodies.value) this.#take(body);
    });
    below.on('close', () => {
      for (const channel of this.#channels.values()) channel.destroy(new Error(ENDED));
    });
  }

  open(): Duplex {
    this.#last += 1;
    const channel = this.#last;
    const opened = new MuxStream(this.#below, channel, () => this.#channels.delete(channel));
    if (this.#below.destroyed) return opened.destroy(new Error(ENDED));
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
