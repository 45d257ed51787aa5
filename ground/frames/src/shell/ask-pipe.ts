import type { Duplex } from 'node:stream';
import { encodeFrame, FrameReader } from '../core/index.ts';

/** A question has an answer under its number; both sides may ask. */
type Message =
  | { readonly ask: number; readonly body: unknown }
  | { readonly answer: number; readonly body: unknown };

type Waiting = { readonly resolve: (body: unknown) => void; readonly reject: (e: Error) => void };

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** The other side is gone, or says what is no message. */
export class PipeClosed extends Error {
  readonly code = 'pipe.closed';
}

/**
 * Questions and answers, as JSON, in both directions over one byte stream between two processes.
 * A fault while answering propagates: it stops the process like any other.
 */
export class AskPipe {
  readonly #stream: Duplex;
  readonly #reader: FrameReader;
  readonly #waiting = new Map<number, Waiting>();
  readonly #answer: (body: unknown) => Promise<object>;
  #last = 0;

  /** What comes in at once has at most `mostBytes`, 4 MiB unless told: more closes it. */
  constructor(
    stream: Duplex,
    answer: (body: unknown) => Promise<object>,
    mostBytes: number = MAX_MESSAGE_BYTES,
  ) {
    this.#reader = new FrameReader(mostBytes);
    this.#stream = stream;
    this.#answer = answer;
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('error', () => {});
    stream.on('close', () => this.#closed());
  }

  /** The answer as it came: whose shape the asker checks. Rejects with `PipeClosed`. */
  ask(body: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#stream.destroyed) return reject(new PipeClosed('the pipe is closed'));
      this.#last += 1;
      this.#waiting.set(this.#last, { resolve, reject });
      this.#send({ ask: this.#last, body });
    });
  }

  #send(message: Message): void {
    if (this.#stream.destroyed) return;
    this.#stream.write(encodeFrame(Buffer.from(JSON.stringify(message), 'utf8')));
  }

  #receive(chunk: Buffer): void {
    const bodies = this.#reader.push(chunk);
    if (!bodies.ok) return void this.#stream.destroy();
    for (const bytes of bodies.value) {
      const message = messageIn(bytes);
      if (message === undefined) return void this.#stream.destroy();
      if ('ask' in message) void this.#serve(message.ask, message.body);
      else {
        this.#waiting.get(message.answer)?.resolve(message.body);
        this.#waiting.delete(message.answer);
      }
    }
  }

  async #serve(ask: number, body: unknown): Promise<void> {
    this.#send({ answer: ask, body: await this.#answer(body) });
  }

  #closed(): void {
    for (const { reject } of this.#waiting.values()) reject(new PipeClosed('the pipe is closed'));
    this.#waiting.clear();
  }
}

function messageIn(bytes: Uint8Array): Message | undefined {
  try {
    const message = Object(JSON.parse(Buffer.from(bytes).toString('utf8'))) as Message;
    return 'ask' in message || 'answer' in message ? message : undefined;
  } catch {
    // What the parser says of a text quotes it, so it says nothing here.
    return undefined;
  }
}
