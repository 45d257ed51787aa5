import { setTimeout as sleep } from 'node:timers/promises';
import { meaningOf, type Notice, RETRY_AFTER_MS } from '../core/notice.ts';
import { messageOf } from '../shell/fault.ts';
import type { Home } from '../shell/home.ts';
import { deliver } from './deliver.ts';
import { readTargets, type Target, type Targets } from './targets.ts';

/** Of one target; a flood of requests is no flood of messages. */
const MOST_WAITING = 16;
const BETWEEN_MS = 1_000;

export type NotifierOptions = {
  readonly home: Home;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Milliseconds before each next try; the usual ones unless given. */
  readonly retryAfterMs?: readonly number[];
  readonly betweenMs?: number;
};

/**
 * Tells people elsewhere, from the supervisor: who cannot be reached is tried again a few times,
 * and nothing waits for it.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #waiting = new Map<string, Notice[]>();

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Never throws, never waits. The file is read anew: what was added is told without a restart. */
  tell(notice: Notice): void {
    for (const { name } of this.#targets().targets) {
      const line = this.#waiting.get(name);
      if (line === undefined) {
        this.#waiting.set(name, [notice]);
        void this.#work(name).finally(() => this.#waiting.delete(name));
      } else {
        if (line.length >= MOST_WAITING) line.shift();
        line.push(notice);
      }
    }
  }

  async #work(name: string): Promise<void> {
    const { signal, betweenMs = BETWEEN_MS } = this.#options;
    const line = this.#waiting.get(name) ?? [];
    while (!signal.aborted) {
      const notice = line.shift();
      if (notice === undefined) return;
      await this.#send(name, notice);
      await sleep(betweenMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #send(name: string, notice: Notice): Promise<void> {
    const { signal, say, retryAfterMs = RETRY_AFTER_MS } = this.#options;
    for (const waitMs of [...retryAfterMs, undefined]) {
      const { targets, vapid } = this.#targets();
      const target = targets.find((each) => each.name === name);
      if (target === undefined) return;
      const answered = meaningOf(await tried(target, notice, vapid));
      if (answered === 'sent') return;
      if (answered !== 'again' || waitMs === undefined) {
        say(`${name} was not notified (${answered}); see: ioi notify test ${name}`);
        return;
      }
      await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  #targets(): Targets {
    try {
      return readTargets(this.#options.home);
    } catch (fault) {
      this.#options.say(messageOf(fault));
      return { targets: [] };
    }
  }
}

/** A target that makes no message is refused like any other. */
async function tried(target: Target, notice: Notice, vapid: Targets['vapid']): Promise<number> {
  try {
    return await deliver(target, notice, vapid);
  } catch {
    return 400;
  }
}
