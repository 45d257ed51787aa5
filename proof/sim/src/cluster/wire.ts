import { LogFault } from '@ioi/agentgres/shell';
import type { Chance } from '../chance.ts';
import type { Schedule } from '../schedule.ts';

/** A call that is lost is given up after so long. */
const GIVEN_UP_MS = 3_000;

/** A machine as the world treats it: it may be stopped for a while, or cut off. */
export class Machine {
  readonly #schedule: Schedule;
  readonly #chance: Chance;
  readonly #slowness: number;
  isCut = false;
  #stoppedUntil = 0;

  constructor(schedule: Schedule, chance: Chance, slowness: number) {
    this.#schedule = schedule;
    this.#chance = chance;
    this.#slowness = slowness;
  }

  /** Nothing runs on it until then; what it sent is under way. */
  stop(ms: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#schedule.now + ms);
  }

  goOn(): void {
    this.#stoppedUntil = 0;
  }

  /** Something of its own, in so many milliseconds or when it goes on. */
  later(ms: number, run: () => void): void {
    this.#schedule.at(this.#schedule.now + ms, () => {
      if (this.#schedule.now >= this.#stoppedUntil) run();
      else this.later(this.#stoppedUntil - this.#schedule.now, run);
    });
  }

  /** Something on this machine that takes a moment. */
  here<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.later(this.#chance.delay(1), () => {
        Promise.resolve().then(work).then(resolve, reject);
      });
    });
  }

  /** Something at the store: it may be done and its answer lost, or never arrive. */
  far<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const lost = (): void => {
        const fault = new LogFault('store.unreachable', 'the store does not answer');
        this.later(GIVEN_UP_MS, () => reject(fault));
      };
      if (this.isCut) return lost();
      this.#schedule.within(this.#slowness, () => {
        if (this.isCut && this.#chance.oneIn(2)) return lost();
        let answer: () => void;
        try {
          const value = work();
          answer = () => resolve(value);
        } catch (fault) {
          answer = () => reject(fault);
        }
        this.#schedule.within(this.#slowness, () => (this.isCut ? lost() : this.later(0, answer)));
      });
    });
  }
}
