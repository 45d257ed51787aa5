import type { WorkerStep } from '@ioi/protocol';
import type { Caller } from '../caller.ts';

type OnText = NonNullable<Caller['onText']>;

/** What a model has said so far to one step of a run. */
export type Saying = { readonly index: number; readonly text: string };

const MOST_WATCHED = 64;
const LONGEST = 65_536;
const NOTHING: Saying = { index: -1, text: '' };

/**
 * What models say to runs that somebody watches, while they say it. Telemetry: it is in memory
 * alone, the last of each run, and what was answered is on record elsewhere.
 */
export class Sayings {
  readonly #said = new Map<string, Saying>();

  /** From its next step on; the oldest of too many is watched no more. */
  watch(runId: string): void {
    this.#said.set(runId, NOTHING);
    const [oldest] = this.#said.keys();
    if (this.#said.size > MOST_WATCHED && oldest !== undefined) this.#said.delete(oldest);
  }

  of(runId: string): Saying | undefined {
    const said = this.#said.get(runId);
    return said === NOTHING ? undefined : said;
  }

  /** Whom a step tells its text to: its worker, whoever watches, both, or nobody. */
  heardOf(runId: string, { index, target }: WorkerStep, tell?: OnText): OnText | undefined {
    if (target !== 'model::invoke' || !this.#said.has(runId)) return tell;
    this.#said.set(runId, { index, text: '' });
    return (piece) => {
      const said = this.#said.get(runId);
      if (said?.index === index) {
        const text = piece === undefined ? '' : (said.text + piece).slice(0, LONGEST);
        this.#said.set(runId, { index, text: text.toWellFormed() });
      }
      tell?.(piece);
    };
  }
}
