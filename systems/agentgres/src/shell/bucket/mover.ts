import { setTimeout as sleep } from 'node:timers/promises';
import { faultCode } from '@ioi/basis';
import type { RemoteTotals, RemoteTrouble } from '../../core/bucket/remote.ts';
import type { AwayObjects } from './away-objects.ts';

/** Files on their way at once. */
const AT_ONCE = 4;
const IDLE_MS = 2_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** One that did not go keeps no other from going. */
const POSTPONED_MS = 60_000;
const MOST_POSTPONED = 1_024;

type Log = (message: string, about: object) => void;

/** Moves files between a folder and a bucket, a few at a time, for as long as the node runs. */
export class Mover {
  readonly #away: AwayObjects;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #stopping = new AbortController();
  readonly #postponed = new Map<string, number>();
  #trouble: RemoteTrouble | undefined;

  constructor(away: AwayObjects, log: Log, now: () => number = Date.now) {
    this.#away = away;
    this.#log = log;
    this.#now = now;
  }

  /** Undefined where nothing was ever away. */
  totals(): RemoteTotals | undefined {
    const totals = this.#away.totals();
    if (totals === undefined) return undefined;
    if (!this.#away.isUsed && totals.stored.count > 0) this.#stuck(this.#away.absence());
    return { ...totals, ...(this.#trouble ? { trouble: this.#trouble } : {}) };
  }

  /** Until it is stopped. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    let pause = FIRST_PAUSE_MS;
    let lookAt = this.#now();
    while (!signal.aborted && this.#away.isUsed) {
      if (this.#now() >= lookAt) {
        lookAt = (await this.sees()) ? Infinity : this.#now() + POSTPONED_MS;
      }
      const { moved, failed } = await this.pass().catch((fault) => this.#stuck(fault));
      const isStuck = failed > 0 && moved === 0;
      pause = isStuck ? Math.min(2 * pause, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
      const wait = isStuck ? pause : moved > 0 ? 0 : IDLE_MS;
      await sleep(wait, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  /**
   * Whether what is away can be read: one of them is, so that a node which has been restored, or
   * was told another way to the bucket, says so before somebody needs what is there.
   */
  async sees(): Promise<boolean> {
    const file = this.#away.sample();
    if (file === undefined) return true;
    try {
      await this.#away.recall(file);
      this.#over();
      return true;
    } catch (fault) {
      this.#stuck(fault);
      return false;
    }
  }

  /** A few files, each way; how many went, and how many did not. */
  async pass(): Promise<{ readonly moved: number; readonly failed: number }> {
    const away = this.#away;
    const now = this.#now();
    for (const [file, until] of this.#postponed) if (until <= now) this.#postponed.delete(file);
    const without: ReadonlySet<string> = new Set(this.#postponed.keys());
    const going = away.isHomeward
      ? away.homeward(AT_ONCE, without).map((file) => this.#move(file, away.bringHome(file)))
      : away.pending(AT_ONCE, without).map((file) => this.#move(file, away.store(file)));
    const first = await Promise.all(going);
    if (!away.isHomeward) away.makeRoom();
    const leaving = away.doomed(AT_ONCE, without);
    const second = await Promise.all(leaving.map((file) => this.#move(file, away.remove(file))));
    const done = [...first, ...second];
    const moved = done.filter((isMoved) => isMoved).length;
    if (moved > 0 && moved === done.length && this.#postponed.size === 0) this.#over();
    return { moved, failed: done.length - moved };
  }

  async #move(file: string, moving: Promise<void>): Promise<boolean> {
    try {
      await moving;
      return true;
    } catch (fault) {
      if (this.#postponed.size < MOST_POSTPONED) {
        this.#postponed.set(file, this.#now() + POSTPONED_MS);
      }
      this.#stuck(fault);
      return false;
    }
  }

  #stuck(fault: unknown): { readonly moved: number; readonly failed: number } {
    const code = faultCode(fault, 'bucket.refused');
    const message = fault instanceof Error ? fault.message : String(fault);
    const isNew = this.#trouble?.code !== code;
    const since = this.#trouble?.since ?? this.#now();
    this.#trouble = { code, message, since };
    if (isNew) this.#log('contents do not get to where they belong', { code, reason: message });
    return { moved: 0, failed: 1 };
  }

  #over(): void {
    if (this.#trouble) this.#log('contents get to where they belong again', {});
    this.#trouble = undefined;
  }
}
