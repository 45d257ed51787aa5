import { setTimeout as sleep } from 'node:timers/promises';
import { LineSplitter, notificationLine } from '@ioi/jsonrpc';
import { writeTogether } from '@ioi/jsonrpc/shell';
import type { Silence } from '../core/answer.ts';
import { Conversation } from './conversation.ts';
import type { Launched } from './launch.ts';
import type { Notice } from './upstream.ts';
import type { Carried, Outgoing, Wire } from './wire.ts';

/** What a server may still say after its process has ended, through pipes it left behind. */
const LAST_WORDS_MS = 200;
/** How long a server may take to leave by itself, and then to obey SIGTERM. */
const LEAVE_MS = 500;
/** Written to it and not read by it; with more it is told nothing further. */
const MOST_UNREAD_BYTES = 32 * 1024 * 1024;
const NOISE_CHARACTERS = 64 * 1024;
const LAST_WORDS_CHARACTERS = 200;

/** One life of a server: from its start to its death. */
export class ServerProcess implements Wire {
  readonly conversation: Conversation;
  readonly hasHeaders = false;
  readonly #launched: Launched;
  #noise = '';
  #isAlive = true;

  constructor(launched: Launched, notice: (notice: Notice) => void) {
    this.#launched = launched;
    this.conversation = new Conversation({
      notice,
      noise: (text) => this.#hear(`${text}\n`),
      tell: (line) => this.tell(line),
    });
    launched.stderr.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    // A pipe breaks when the server dies; its death is noticed below, once and for all.
    for (const stream of [launched.stdin, launched.stdout, launched.stderr]) {
      stream.on('error', () => {});
    }
    this.#read();
    void this.#watch();
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#launched.pid;
  }

  diagnostics(): string {
    return this.#noise;
  }

  carry({ line }: Outgoing): Carried {
    const refusal = this.#isReading() ? undefined : 'the server does not read what it is sent';
    this.tell(line);
    if (!this.#isAlive) this.conversation.settleAll('died', this.#lastWords());
    return { notSent: Promise.resolve(refusal), end: () => {} };
  }

  tell(line: string): void {
    if (this.#isReading()) writeTogether(this.#launched.stdin, `${line}\n`);
  }

  #isReading(): boolean {
    const { writable, writableLength } = this.#launched.stdin;
    return writable && writableLength <= MOST_UNREAD_BYTES;
  }

  giveUp(requestId: number, reason: Silence): void {
    this.tell(notificationLine('notifications/cancelled', { requestId, reason }));
  }

  /** Messages carry all there is to say here. */
  agree(): void {}

  /** Closes its input, then insists; resolves when its process group has been killed. */
  async stop(): Promise<void> {
    this.#launched.stdin.end();
    const { exited } = this.#launched;
    const isGone = await Promise.race([exited.then(() => true), sleep(LEAVE_MS, false)]);
    if (!isGone) {
      this.#launched.kill('SIGTERM');
      await Promise.race([exited, sleep(LEAVE_MS)]);
    }
    this.#launched.kill('SIGKILL');
    await exited;
    this.#die('closed');
  }

  #read(): void {
    // Nothing can come any more; a server that closed its output to leave has left by then.
    this.#launched.stdout.on('end', () => {
      setTimeout(() => this.#launched.kill('SIGKILL'), LEAVE_MS).unref();
    });
    const lines = new LineSplitter();
    this.#launched.stdout.on('data', (chunk: Uint8Array) => {
      for (const frame of lines.push(chunk)) this.conversation.accept(frame);
    });
  }

  async #watch(): Promise<void> {
    const { stdout, exited } = this.#launched;
    const drained = new Promise<void>((resolve) => stdout.on('close', () => resolve()));
    const words = await exited;
    this.#hear(`[${words}]\n`);
    // Answers it wrote before it died are still in the pipe.
    await Promise.race([drained, sleep(LAST_WORDS_MS)]);
    // Whatever it started may have outlived it.
    this.#launched.kill('SIGKILL');
    this.#die('died');
  }

  #die(silence: 'died' | 'closed'): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.conversation.settleAll(silence, this.#lastWords());
    this.#launched.stdin.destroy();
    this.#launched.stdout.destroy();
    this.#launched.stderr.destroy();
  }

  #hear(text: string): void {
    this.#noise = (this.#noise + text).slice(-NOISE_CHARACTERS).toWellFormed();
  }

  /** A cut may halve a character, and half of one has no canonical form. */
  #lastWords(): string {
    return this.#noise.slice(-LAST_WORDS_CHARACTERS).toWellFormed().trim();
  }
}
