import type { Duplex } from 'node:stream';
import { AnswerEnd, answersIn, messageOf, type SqlError, settingMessages } from '../core/index.ts';
import type { SessionEngine } from './bridge-store.ts';
import { EngineFault, type Ran } from './engine.ts';

/** Bytes of answers that are gathered, over all sessions. */
export type Gathered = { size: number };

type Asked = {
  readonly parts: Uint8Array[];
  size: number;
  isTooLarge: boolean;
  readonly resolve: (ran: Ran) => void;
  readonly reject: (fault: EngineFault) => void;
};

const ANSWER_MOST = 64 * 1024 * 1024;
const GATHERED_MOST = 512 * 1024 * 1024;
/** ReadyForQuery, which every answer to a Sync ends with. */
const READY_BYTES = 6;
const ASKING = 'PBDEC';
const GONE: SqlError = {
  sqlstate: '57P01',
  message: 'the server behind the bridge ended the session',
  detail: 'bridge.server_gone: connect again in a few seconds',
};

/** One session of the server, for one session of ours: one unit at a time, answered whole. */
export class Backend implements SessionEngine {
  readonly #stream: Duplex;
  readonly #gathered: Gathered;
  readonly #cancel: () => void;
  readonly #onEnd: (error: SqlError) => void;
  readonly #end = new AnswerEnd();
  #asked: Asked | undefined;
  #settings: string | undefined;
  #began = 0;
  #isGone = false;

  constructor(
    stream: Duplex,
    about: {
      readonly gathered: Gathered;
      readonly cancel: () => void;
      readonly onEnd: (error: SqlError) => void;
    },
  ) {
    this.#stream = stream;
    this.#gathered = about.gathered;
    this.#cancel = about.cancel;
    this.#onEnd = about.onEnd;
    stream.on('data', (chunk: Uint8Array) => this.#take(chunk));
    stream.on('error', () => stream.destroy());
    stream.once('close', () => this.#ended());
    stream.resume();
  }

  get busyMs(): number {
    return this.#asked === undefined ? 0 : performance.now() - this.#began;
  }

  forgetSettings(): void {
    this.#settings = undefined;
  }

  async run(settings: string | undefined, bytes: Uint8Array, isSynced = true): Promise<Ran> {
    if (settings !== undefined && settings !== this.#settings) {
      const set = await this.#ask(settingMessages(settings), undefined);
      const told = answersIn(set.bytes).filter(({ type }) => 'EZ'.includes(type));
      if (told.some(({ type }) => type === 'E')) {
        const said = told.map(({ type, body }) => messageOf(type, body));
        return { bytes: Buffer.concat(said), isTooLarge: false, isUnset: true };
      }
      this.#settings = settings;
    }
    if (isSynced) return await this.#ask(bytes, undefined);
    const open = answersIn(bytes).filter(({ type }) => ASKING.includes(type)).length;
    return await this.#ask(bytes, open);
  }

  /** What runs is left to the server, which ends it when it looks for who asked. */
  close(): void {
    if (this.#isGone) return;
    this.#stream.end(messageOf('X'));
    this.#gone();
    this.#stream.destroy();
  }

  #ask(bytes: Uint8Array, open: number | undefined): Promise<Ran> {
    if (this.#isGone) return Promise.reject(new EngineFault(GONE));
    this.#end.expect(open);
    this.#began = performance.now();
    return new Promise((resolve, reject) => {
      this.#asked = { parts: [], size: 0, isTooLarge: false, resolve, reject };
      this.#stream.write(bytes);
      if (this.#end.isDone) this.#answer(this.#asked);
    });
  }

  #take(chunk: Uint8Array): void {
    const asked = this.#asked;
    this.#end.take(chunk);
    // Of what comes unasked, such as a notice, nothing is a client's.
    if (asked === undefined) return;
    asked.parts.push(chunk);
    asked.size += chunk.length;
    this.#gathered.size += chunk.length;
    const isOver = asked.size > ANSWER_MOST || this.#gathered.size > GATHERED_MOST;
    if (isOver && !asked.isTooLarge) {
      asked.isTooLarge = true;
      this.#cancel();
    }
    if (asked.isTooLarge) this.#keepEnd(asked);
    if (this.#end.isDone) this.#answer(asked);
  }

  /** What is over the limit is not held; its end is. */
  #keepEnd(asked: Asked): void {
    const end = Buffer.concat(asked.parts.splice(0).slice(-READY_BYTES)).subarray(-READY_BYTES);
    this.#gathered.size -= asked.size - end.length;
    asked.size = end.length;
    asked.parts.push(Buffer.from(end));
  }

  #answer(asked: Asked): void {
    this.#asked = undefined;
    this.#gathered.size -= asked.size;
    const [only] = asked.parts;
    const isOne = asked.parts.length === 1 && only !== undefined;
    const bytes = isOne ? only : Buffer.concat(asked.parts);
    const isCut = asked.isTooLarge && bytes[bytes.length - READY_BYTES] !== 0x5a;
    const { isTooLarge } = asked;
    asked.resolve({ bytes: isCut ? new Uint8Array() : bytes, isTooLarge, isUnset: false });
  }

  #ended(): void {
    if (this.#isGone) return;
    this.#gone();
    this.#onEnd(GONE);
  }

  #gone(): void {
    this.#isGone = true;
    const asked = this.#asked;
    this.#asked = undefined;
    this.#gathered.size -= asked?.size ?? 0;
    asked?.reject(new EngineFault(GONE));
  }
}
