import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HttpLimits } from './limits.ts';

export type ReplyOptions = {
  readonly limits: HttpLimits;
  /** Added to whatever the answer is. */
  readonly headers: () => OutgoingHttpHeaders;
  /** For readers that come back. */
  readonly resumable?: Resumable;
  /** The reader has gone before the answer was there. */
  readonly gone: () => void;
};

export type Resumable = {
  /** Whether also an answer that nothing precedes is an event. */
  readonly isEvent: () => boolean;
  /** Names an event of which there is no earlier one on its stream. */
  readonly name: () => string;
  /** Keeps an event, and names it. */
  readonly remember: (line: string) => string;
  /** What a stream begins with. */
  readonly first: () => string;
};

const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

/**
 * What one HTTP request gets: an answer by itself where that is all there is, as JSON or as the one
 * event of a stream, and a stream of events as soon as something precedes it, or it takes long.
 */
export class Reply {
  readonly #response: ServerResponse;
  readonly #options: ReplyOptions;
  #timer: NodeJS.Timeout;
  #streams = false;
  #ended = false;
  #stalls = 0;

  constructor(response: ServerResponse, options: ReplyOptions) {
    this.#response = response;
    this.#options = options;
    this.#timer =
      options.resumable === undefined
        ? this.#keepingAlive()
        : setTimeout(() => this.#prime(), options.limits.primeMs).unref();
    response.on('error', () => {});
    response.on('close', () => {
      clearTimeout(this.#timer);
      if (!this.#ended) options.gone();
    });
  }

  /** Whether it has become a stream, so that a reader who comes back can go on with it. */
  get streams(): boolean {
    return this.#streams;
  }

  /** Whether somebody reads it. */
  get isOpen(): boolean {
    return !this.#ended && !this.#response.destroyed;
  }

  get isBusy(): boolean {
    return this.#response.writableNeedDrain;
  }

  send(line: string, { last, status = 200 }: { last: boolean; status?: number | undefined }): void {
    if (last && !this.#streams) {
      this.#answer(line, status);
      return;
    }
    this.stream();
    const id = this.#options.resumable?.remember(line);
    this.write(eventOf(id, line));
    if (last) this.end(202);
  }

  /** All of it at once, so that it goes out as one packet. */
  #answer(line: string, status: number): void {
    this.#ended = true;
    if (this.#response.destroyed) return;
    const { resumable, headers } = this.#options;
    if (status === 200 && resumable?.isEvent()) {
      const whole = eventOf(resumable.name(), line);
      this.#response.writeHead(200, { ...STREAM_HEADERS, ...headers() }).end(whole);
      return;
    }
    const type = { 'content-type': 'application/json' };
    this.#response.writeHead(status, { ...type, ...headers() }).end(line);
  }

  /** From here on it is a stream of events. */
  stream(): void {
    if (this.#streams) return;
    this.#streams = true;
    if (this.#response.destroyed) return;
    this.#response.writeHead(200, { ...STREAM_HEADERS, ...this.#options.headers() });
    this.#response.flushHeaders();
    const first = this.#options.resumable?.first() ?? '';
    if (first !== '') this.write(first);
  }

  write(text: string): void {
    if (this.#response.destroyed) return;
    if (this.#response.writableLength > this.#options.limits.unreadBytes) this.#response.destroy();
    else this.#response.write(text);
  }

  /** Nothing more comes. `status`: said where nothing was before. */
  end(status: 202 | 503): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#response.headersSent) this.#response.writeHead(status, this.#options.headers());
    this.#response.end();
  }

  /** Another reads on. What this one has not taken is not held for it as well. */
  giveWay(): void {
    if (this.#response.writableLength > 0) this.#response.destroy();
    else this.end(503);
  }

  /** Whoever loses it from now on knows where it was. */
  #prime(): void {
    if (this.#response.destroyed) return;
    this.#timer = this.#keepingAlive();
    if (!this.#ended && this.#options.resumable?.isEvent()) this.stream();
  }

  #keepingAlive(): NodeJS.Timeout {
    return setInterval(() => this.#keepAlive(), this.#options.limits.keepAliveMs).unref();
  }

  #keepAlive(): void {
    // One that was gone before it came here says so no more.
    if (this.#response.destroyed) {
      clearInterval(this.#timer);
      return;
    }
    // What has ended and is still here has not been read.
    const isUnread = this.#ended || this.isBusy;
    this.#stalls = isUnread ? this.#stalls + 1 : 0;
    if (this.#stalls >= this.#options.limits.stalls) this.#response.destroy();
    if (isUnread) return;
    this.stream();
    this.write(':\n\n');
  }
}

export function eventOf(id: string | undefined, line: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}data: ${line}\n\n`;
}
