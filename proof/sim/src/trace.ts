import { createHash } from 'node:crypto';
import type { Schedule } from './schedule.ts';

/** Lines that a violation is told with. */
const KEPT = 60;

/** What happened, in order: its digest is the same whenever the run is. */
export class Trace {
  readonly #schedule: Schedule;
  readonly #hash = createHash('sha256');
  readonly #last: string[] = [];
  readonly #counts = new Map<string, number>();
  #lines = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  note(who: string, what: string): void {
    const line = `${this.#schedule.now} ${who}: ${what}`;
    this.#hash.update(`${line}\n`);
    this.#lines += 1;
    this.#last.push(line);
    if (this.#last.length > KEPT) this.#last.shift();
  }

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  get lines(): number {
    return this.#lines;
  }

  get last(): readonly string[] {
    return this.#last;
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  digest(): string {
    return `sha256:${this.#hash.copy().digest('hex')}`;
  }
}
