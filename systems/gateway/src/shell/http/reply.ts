import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HttpLimits } from './limits.ts';

export type ReplyOptions = {
  readonly limits: HttpLimits;
  /** Added to whatever the answer is. */
  readonly headers: () => OutgoingHttpHeaders;
  /** Keeps an event for readers that come back, and names it. */
  readonly remember?: (line: string, last: boolean) => string;
  /** What a stream begins with. */
  readonly first?: () => string;
  /** The reader has gone before the answer was there. */
  readonly gone: () => void;
};

const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

/**
 * What one HTTP request gets: a JSON answer where that is all there is, and a stream of events as
 * soon as something precedes it, or it takes long.
 */
export class Reply {
  readonly #response: ServerResponse;
  readonly #options: ReplyOptions;
  readonly #timer: NodeJS.Timeout;
  #streams = false;
  #ended = false;
  #stalls = 0;

  constructor(response: ServerResponse, options: ReplyOptions) {
    this.#response = response;
    this.#options = options;
    this.#timer = setInterval(() => this.#keepAlive(), options.limits.keepAliveMs);
    this.#timer.unref();
    response.on('error', () => {});
    response.on('close', () => {
      clearInterval(this.#timer);
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
      this.#ended = true;
      if (this.#response.destroyed) return;
      const headers = { 'content-type': 'application/json', ...this.#options.headers() };
      this.#response.writeHead(status, headers).end(line);
      return;
    }
    this.stream();
    const id = this.#options.remember?.(line, last);
    this.write(`${id === undefined ? '' : `id: ${id}\n`}data: ${line}\n\n`);
    if (last) this.end(202);
  }

  /** From here on it is a stream of events. */
  stream(): void {
    if (this.#streams) return;
    this.#streams = true;
    if (this.#response.destroyed) return;
    this.#response.writeHead(200, { ...STREAM_HEADERS, ...this.#options.headers() });
    this.#response.flushHeaders();
    const first = this.#options.first?.() ?? '';
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

  #keepAlive(): void {
    this.#stalls = this.isBusy ? this.#stalls + 1 : 0;
    if (this.#stalls >= this.#options.limits.stalls) {
      this.#response.destroy();
      return;
    }
    this.stream();
    if (!this.isBusy) this.write(':\n\n');
  }
}
