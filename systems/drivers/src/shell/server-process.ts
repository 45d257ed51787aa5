import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonObject, LineSplitter, requestLine } from '@ioi/jsonrpc';
import { Conversation, type ExchangeLimits, type Reply } from './conversation.ts';
import type { Launched } from './launch.ts';

/** What a server may still say after its process has ended, through pipes it left behind. */
const LAST_WORDS_MS = 200;
/** How long a server may take to leave by itself, and then to obey SIGTERM. */
const LEAVE_MS = 500;
const NOISE_CHARACTERS = 64 * 1024;
const LAST_WORDS_CHARACTERS = 200;

/** One life of a server: from its start to its death. */
export class ServerProcess {
  readonly conversation: Conversation;
  readonly #launched: Launched;
  #noise = '';
  #isAlive = true;

  constructor(launched: Launched, toolsChanged: () => void) {
    this.#launched = launched;
    const noise = (text: string): void => this.#hear(`${text}\n`);
    this.conversation = new Conversation({ toolsChanged, noise });
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

  send(line: string): void {
    if (this.#launched.stdin.writable) this.#launched.stdin.write(`${line}\n`);
  }

  ask(method: string, params: JsonObject, limits: ExchangeLimits): Promise<Reply> {
    const { id, reply } = this.conversation.begin(limits);
    this.send(requestLine(id, method, params));
    if (!this.#isAlive) this.conversation.settleAll('died', this.#lastWords());
    return reply;
  }

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
    const lines = new LineSplitter();
    this.#launched.stdout.on('data', (chunk: Uint8Array) => {
      for (const frame of lines.push(chunk)) {
        const back = this.conversation.accept(frame);
        if (back !== undefined) this.send(back);
      }
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
