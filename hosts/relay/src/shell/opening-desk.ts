import type { Socket } from 'node:net';
import { type Opening, sourceOf } from '../core/index.ts';

/** Strangers: who has not said yet what they come for. */
const MOST_STRANGERS = 1024;
const MOST_OF_SOURCE = 128;
const OPENING_MS = 10_000;

type Opened = (socket: Socket, opening: Opening, first: Uint8Array) => void;

/** Reads of each connection as much as shows who it is, for as long as that may take. */
export class OpeningDesk {
  readonly #read: (bytes: Uint8Array) => Opening;
  readonly #opened: Opened;
  readonly #sources = new Map<string, number>();
  #strangers = 0;

  constructor(read: (bytes: Uint8Array) => Opening, opened: Opened) {
    this.#read = read;
    this.#opened = opened;
  }

  /** It flows again when somebody reads it: nothing that came is lost. */
  receive(socket: Socket): void {
    const source = sourceOf(socket.remoteAddress);
    const count = this.#sources.get(source) ?? 0;
    if (this.#strangers >= MOST_STRANGERS || count >= MOST_OF_SOURCE) return void socket.destroy();
    this.#sources.set(source, count + 1);
    this.#strangers += 1;
    let first: Buffer = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      first = Buffer.concat([first, chunk]);
      const opening = this.#read(first);
      if (opening.kind === 'more') return;
      socket.pause();
      known();
      this.#opened(socket, opening, first);
    };
    const late = setTimeout(() => socket.destroy(), OPENING_MS);
    const known = (): void => {
      clearTimeout(late);
      socket.off('data', take).off('close', known).off('end', gone);
      this.#leave(source);
    };
    const gone = (): void => void socket.destroy();
    socket.on('data', take);
    socket.once('close', known);
    socket.once('end', gone);
  }

  #leave(source: string): void {
    this.#strangers -= 1;
    const left = (this.#sources.get(source) ?? 1) - 1;
    if (left > 0) this.#sources.set(source, left);
    else this.#sources.delete(source);
  }
}
