import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { ReplyHead, ReplySink } from '@ioi/protocol';
import type { WebAnswer, WebProblem } from './backend.ts';

/**
 * Writes an answer while it comes. Its end waits for `finish`: whoever has seen all of an answer
 * can rely on its receipt being sealed. Where the length is known, the last piece is kept back.
 */
export class Reply implements ReplySink {
  readonly #response: ServerResponse;
  #left = Number.POSITIVE_INFINITY;
  #last: Uint8Array | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  begin({ status, headers }: ReplyHead): this {
    const length = headers.find(([name]) => name === 'content-length')?.[1];
    if (length !== undefined) this.#left = Number(length);
    try {
      this.#response.sendDate = false;
      this.#response.writeHead(status, headers.flat());
      if (this.#left > 0) this.#response.flushHeaders();
    } catch {
      // What cannot be said to the program is read to its end all the same.
      this.#response.destroy();
    }
    return this;
  }

  async write(chunk: Uint8Array): Promise<void> {
    const response = this.#response;
    if (response.destroyed) return;
    this.#left -= chunk.length;
    if (this.#left <= 0 && this.#last === undefined) {
      this.#last = chunk;
      return;
    }
    if (response.write(chunk)) return;
    const over = new AbortController();
    const { signal } = over;
    const either = ['drain', 'close'].map((name) => once(response, name, { signal }));
    await Promise.race(either).catch(() => {});
    over.abort();
    await Promise.allSettled(either);
  }

  finish(answer: WebAnswer): void {
    const response = this.#response;
    switch (answer.kind) {
      case 'replied':
        response.end(this.#last);
        return;
      case 'broken':
        response.destroy();
        return;
      case 'kept':
        this.begin(answer.head);
        response.end(answer.body);
        return;
      case 'problem':
        if (response.headersSent) response.destroy();
        else writeProblem(response, answer.problem);
    }
  }
}

/** A refusal of what may be followed by something that was not read. */
function writeProblem(response: ServerResponse, problem: WebProblem): void {
  const { retry_after: seconds } = problem;
  const body = problemText(problem);
  if (seconds !== undefined) response.setHeader('retry-after', seconds);
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}

/** The same where no request was read that could be answered; ends the connection. */
export function problemBytes(problem: WebProblem): string {
  const body = problemText(problem);
  const head = [
    `HTTP/1.1 ${problem.status} Refused`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

export function problemText(problem: WebProblem): string {
  const { retry_after: _, ...told } = problem;
  return `${JSON.stringify({ type: 'about:blank', ...told })}\n`;
}
