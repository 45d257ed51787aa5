import { HEADER, int32At } from './wire.ts';

/** Those that end the answer to one message of the extended protocol. */
const ENDING = '123TnCIs';

/**
 * Walks over what a server says, chunk by chunk, and holds nothing of it but the head of a message:
 * a stream does not say where the answer to what was asked ends.
 */
export class AnswerEnd {
  readonly #head = new Uint8Array(HEADER);
  #headSize = 0;
  #type = 0;
  /** Bytes of the message that are not there yet. */
  #left = 0;
  /** Messages that are asked and not answered; undefined until the next Sync is answered. */
  #open: number | undefined;
  #isDone = true;
  /** Told to skip until a Sync, after an error. */
  #isSkipping = false;

  /** Undefined for `open`: until ReadyForQuery. */
  expect(open: number | undefined): void {
    this.#open = this.#isSkipping && open !== undefined ? 0 : open;
    this.#isDone = this.#open === 0;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
        if (this.#left === 0) this.#ended();
        continue;
      }
      if (this.#headSize === 0 && at + HEADER <= chunk.length) {
        // The head lies in this chunk, as nearly every one does.
        this.#began(chunk[at] ?? 0, int32At(chunk, at + 1));
        at += HEADER;
        continue;
      }
      this.#head[this.#headSize] = chunk[at] ?? 0;
      this.#headSize += 1;
      at += 1;
      if (this.#headSize < HEADER) continue;
      this.#began(this.#head[0] ?? 0, int32At(this.#head, 1));
    }
  }

  #began(type: number, length: number): void {
    this.#type = type;
    this.#headSize = 0;
    this.#left = Math.max(0, length - (HEADER - 1));
    if (this.#left === 0) this.#ended();
  }

  #ended(): void {
    const type = String.fromCharCode(this.#type);
    if (type === 'Z') {
      this.#isSkipping = false;
      this.#isDone = true;
    } else if (type === 'E') {
      this.#isSkipping = true;
      if (this.#open !== undefined) this.#isDone = true;
    } else if (this.#open !== undefined && ENDING.includes(type)) {
      this.#open -= 1;
      this.#isDone = this.#open <= 0;
    }
  }
}
