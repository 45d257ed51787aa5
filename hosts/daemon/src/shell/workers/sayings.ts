import { redactText } from '@ioi/law';
import type { WorkerStep } from '@ioi/protocol';
import type { Caller } from '../caller.ts';

type OnText = NonNullable<Caller['onText']>;

/** What a model has said so far to one step of a run. */
export type Saying = { readonly index: number; readonly text: string };

const MOST_WATCHED = 64;
const LONGEST = 65_536;
const NOTHING: Kept = { index: -1, text: '', isOver: false };

type Kept = Saying & { readonly isOver: boolean };

/**
 * What models say to runs that somebody watches, while they say it. Telemetry: it is in memory
 * alone, the last of each run, and what was answered is on record elsewhere.
 */
export class Sayings {
  readonly #said = new Map<string, Kept>();

  /** From its next step on; the oldest of too many is watched no more. */
  watch(runId: string): void {
    this.#said.set(runId, NOTHING);
    const [oldest] = this.#said.keys();
    if (this.#said.size > MOST_WATCHED && oldest !== undefined) this.#said.delete(oldest);
  }

  /** Without the secrets that are recognised in it. */
  of(runId: string): Saying | undefined {
    const said = this.#said.get(runId);
    if (said === undefined || said === NOTHING) return undefined;
    const { index, text, isOver } = said;
    const whole = isOver && text.length < LONGEST ? text : text.slice(0, lastWordIn(text));
    return { index, text: redactText(whole.toWellFormed()).text };
  }

  /** Nothing more comes of that step. */
  over(runId: string, index: number): void {
    const said = this.#said.get(runId);
    if (said?.index === index) this.#said.set(runId, { ...said, isOver: true });
  }

  /** Whom a step tells its text to: its worker, whoever watches, both, or nobody. */
  heardOf(runId: string, { index, target }: WorkerStep, tell?: OnText): OnText | undefined {
    if (target !== 'model::invoke' || !this.#said.has(runId)) return tell;
    this.#said.set(runId, { index, text: '', isOver: false });
    return (piece) => {
      const said = this.#said.get(runId);
      if (said?.index === index) {
        const text = piece === undefined ? '' : (said.text + piece).slice(0, LONGEST);
        this.#said.set(runId, { ...said, text });
      }
      tell?.(piece);
    };
  }
}

/** Where the last word begins: what is not whole yet may be the beginning of a secret. */
function lastWordIn(text: string): number {
  let at = text.length;
  while (at > 0 && text.charCodeAt(at - 1) > 0x20 && text.charCodeAt(at - 1) < 0x7f) at -= 1;
  return at;
}
