import { setTimeout as sleep } from 'node:timers/promises';

/** A server that says without end that it changed is read so often and no more. */
const PAUSE_MS = 500;

/** Reads again what is said to have changed: one reading at a time, the next for all since then. */
export class Rereading<Change> {
  readonly #read: (changes: ReadonlySet<Change>) => Promise<void>;
  #changes = new Set<Change>();
  #isRunning = false;

  /** `read` must not reject. */
  constructor(read: (changes: ReadonlySet<Change>) => Promise<void>) {
    this.#read = read;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  ask(change: Change): void {
    this.#changes.add(change);
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#changes.size > 0) {
      const changes = this.#changes;
      this.#changes = new Set();
      await this.#read(changes);
      await sleep(PAUSE_MS, undefined, { ref: false });
    }
    this.#isRunning = false;
  }
}
