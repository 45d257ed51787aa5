import type { Chance } from './chance.ts';

type Task = { readonly at: number; readonly order: number; readonly run: () => void };

/**
 * Virtual time: nothing happens but tasks, one at a time, each followed by whatever promises it
 * settled. The seed decides how long things take, and so their order.
 */
export class Schedule {
  readonly #chance: Chance;
  #tasks: Task[] = [];
  #now = 0;
  #order = 0;
  #isStopped = false;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** Milliseconds since the run began. */
  get now(): number {
    return this.#now;
  }

  /** Runs a task within so many milliseconds, as a rule. */
  within(ms: number, run: () => void): void {
    this.at(this.#now + this.#chance.delay(ms), run);
  }

  at(time: number, run: () => void): void {
    if (this.#isStopped) return;
    this.#order += 1;
    const task = { at: Math.max(time, this.#now), order: this.#order, run };
    const place = this.#tasks.findIndex((other) => other.at > task.at);
    this.#tasks.splice(place < 0 ? this.#tasks.length : place, 0, task);
  }

  /** Runs the next task; false when there is none. */
  async step(): Promise<boolean> {
    if (this.#tasks.length === 0) await settled();
    const task = this.#tasks.shift();
    if (task === undefined) return false;
    this.#now = task.at;
    task.run();
    await settled();
    return true;
  }

  /** Nothing happens any more. */
  stop(): void {
    this.#tasks = [];
    this.#isStopped = true;
  }

  /** Until nothing is left to do; false when that takes more than so many tasks. */
  async quiet(most: number): Promise<boolean> {
    for (let done = 0; done < most; done += 1) if (!(await this.step())) return true;
    return false;
  }
}

/** The engine takes up the next immediate when no promise is left to settle. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
