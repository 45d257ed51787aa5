import { type FSWatcher, watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Editors write a file in several goes. */
const QUIET_MS = 200;
const LEFT_OUT = /(^|\/)(\.|node_modules|__pycache__)/;

/** A folder whose files are written by somebody: told once for what changes at one time. */
export class FolderWatch {
  readonly #watcher: FSWatcher;
  #changes = 0;
  #told = 0;
  #wake: () => void = () => {};
  #isClosed = false;

  constructor(folder: string) {
    this.#watcher = watch(folder, { recursive: true }, (_, name) => {
      if (LEFT_OUT.test(name ?? '')) return;
      this.#changes += 1;
      this.#wake();
    });
    // A folder that is gone changes no more.
    this.#watcher.on('error', () => this.close());
  }

  get hasChanged(): boolean {
    return this.#changes > this.#told;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves once something changed and then nothing for a moment; false when it was closed. */
  async changed(): Promise<boolean> {
    while (!this.hasChanged && !this.#isClosed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    for (let seen = -1; seen !== this.#changes && !this.#isClosed; ) {
      seen = this.#changes;
      await sleep(QUIET_MS);
    }
    this.#told = this.#changes;
    return !this.#isClosed;
  }

  close(): void {
    this.#isClosed = true;
    this.#watcher.close();
    this.#wake();
  }
}
