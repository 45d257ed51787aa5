import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ReplyHead, ReplySink } from '@ioi/protocol';
import type { WebAnswer } from './backend.ts';
import { endSoon } from './end-soon.ts';
import { problemBytes } from './reply.ts';

const SWITCHING = 101;

/** What is answered to a program that asked for a WebSocket, and from then on both ways of it. */
export class SocketReply implements ReplySink {
  readonly #near: Duplex;
  isBegun = false;
  incoming: AsyncIterable<Uint8Array> | undefined;

  constructor(near: Duplex) {
    this.#near = near;
  }

  begin({ status, headers }: ReplyHead): this {
    const near = this.#near;
    this.isBegun = true;
    const isOpen = status === SWITCHING;
    const own = isOpen ? ['upgrade: websocket', 'connection: Upgrade'] : ['connection: close'];
    const lines = headers.map(([name, value]) => `${name}: ${value}`);
    const first = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Answered'}`;
    if (!near.destroyed) near.write(`${[first, ...lines, ...own].join('\r\n')}\r\n\r\n`, 'latin1');
    // By itself the end of one direction would end the other before its receipt is sealed.
    if (isOpen) this.incoming = near.iterator({ destroyOnReturn: false });
    return this;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#near.destroyed) return;
    await new Promise<void>((resolve) => this.#near.write(chunk, () => resolve()));
  }

  finish(answer: WebAnswer): void {
    const near = this.#near;
    if (near.destroyed) return;
    if (answer.kind === 'replied') endSoon(near.once('finish', () => near.destroy()));
    else if (answer.kind === 'problem' && !this.isBegun)
      endSoon(near, problemBytes(answer.problem));
    else near.destroy();
  }
}
