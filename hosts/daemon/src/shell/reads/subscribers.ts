import { isLast, type Notice } from '@ioi/agentgres/shell';
import type { FromProjections } from './projection-messages.ts';

type Deliveries = Extract<FromProjections, { kind: 'told' }>['deliveries'];

type Sink = {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly mayGoOn: () => boolean;
  /** Bytes that may wait to be read: what it was told first, and some more. */
  room: number;
};

const ROOM_BYTES = 256 * 1024;
const SUBSCRIBERS_MAX = 20_000;
const HEARTBEAT_MS = 15_000;

/** Open streams of subscribers. Nobody is waited for: who does not read is let go. */
export class Subscribers {
  readonly #sinks = new Map<number, Sink>();
  readonly #encoder = new TextEncoder();
  readonly #onLeave: (subscriber: number) => void;
  #last = 0;

  constructor(onLeave: (subscriber: number) => void) {
    this.#onLeave = onLeave;
    setInterval(() => this.beat(), HEARTBEAT_MS).unref();
  }

  get isFull(): boolean {
    return this.#sinks.size >= SUBSCRIBERS_MAX;
  }

  /** A number for someone who will listen. */
  next(): number {
    this.#last += 1;
    return this.#last;
  }

  /** Server-sent events from the first notices on; `mayGoOn` is asked again now and then. */
  open(subscriber: number, first: readonly Notice[], mayGoOn: () => boolean): ReadableStream {
    const strategy = new ByteLengthQueuingStrategy({ highWaterMark: 0 });
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const bytes = this.#encoder.encode(`: subscribed\n\n${first.map(frameOf).join('')}`);
          this.#sinks.set(subscriber, { controller, mayGoOn, room: bytes.length + ROOM_BYTES });
          controller.enqueue(bytes);
          if (first.some(isLast)) this.#end(subscriber);
        },
        cancel: () => this.#forget(subscriber),
      },
      strategy,
    );
  }

  tell(deliveries: Deliveries): void {
    for (const { subscribers, notices } of deliveries) {
      const bytes = this.#encoder.encode(notices.map(frameOf).join(''));
      const isEnd = notices.some(isLast);
      for (const subscriber of subscribers) {
        this.#send(subscriber, bytes);
        if (isEnd) this.#end(subscriber);
      }
    }
  }

  /** Says that the stream is alive; ends those that may not go on. */
  beat(): void {
    const bytes = this.#encoder.encode(': alive\n\n');
    for (const [subscriber, { mayGoOn }] of this.#sinks) {
      if (mayGoOn()) this.#send(subscriber, bytes);
      else this.#drop(subscriber, 'the session has ended');
    }
  }

  /** The node stops: everyone resumes by the last id they have. */
  close(): void {
    for (const subscriber of [...this.#sinks.keys()]) this.#end(subscriber);
  }

  #send(subscriber: number, bytes: Uint8Array): void {
    const sink = this.#sinks.get(subscriber);
    if (sink === undefined) return;
    const waiting = -(sink.controller.desiredSize ?? 0);
    if (waiting + bytes.length > sink.room) this.#drop(subscriber, 'it was not read fast enough');
    else sink.controller.enqueue(bytes);
  }

  #drop(subscriber: number, reason: string): void {
    const data = JSON.stringify({ reason });
    const frame = frameOf({ event: 'dropped', id: '', data });
    this.#sinks.get(subscriber)?.controller.enqueue(this.#encoder.encode(frame));
    this.#end(subscriber);
  }

  #end(subscriber: number): void {
    const sink = this.#sinks.get(subscriber);
    this.#forget(subscriber);
    sink?.controller.close();
  }

  #forget(subscriber: number): void {
    if (this.#sinks.delete(subscriber)) this.#onLeave(subscriber);
  }
}

function frameOf({ event, id, data }: Notice): string {
  return `${id === '' ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
}
