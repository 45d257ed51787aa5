import type { WorkerRunStatus, WorkerRunStep } from '@ioi/protocol';
import { visible } from '../core/visible.ts';
import { workerStepLines } from '../core/worker-run-view.ts';
import type { WorkerRunApi } from './worker-run-api.ts';

type Telling = {
  readonly api: Pick<WorkerRunApi, 'trace'>;
  /** As lines of JSON, for a program. */
  readonly isJson: boolean;
  readonly write: (text: string) => void;
};

type Said = { readonly index: number; readonly text: string };

/** How a run goes on, on standard error: its steps as they end, and what models say meanwhile. */
export class WorkerProgress {
  readonly #telling: Telling;
  /** By index: the state that was told. */
  readonly #told = new Map<number, string>();
  #steps = 0;
  #isOpen = false;
  #isMidLine = false;
  #said: Said = { index: -1, text: '' };

  constructor(telling: Telling) {
    this.#telling = telling;
  }

  /** After each look at it, and once at its end. */
  async tell(status: WorkerRunStatus): Promise<void> {
    const { saying } = status;
    // What is said goes on before its step ends, and begins after that it was asked.
    const goesOn = saying?.index === this.#said.index;
    if (saying !== undefined && goesOn) this.#say(saying);
    await this.#tellSteps(status);
    if (saying !== undefined && !goesOn) this.#say(saying);
  }

  async #tellSteps({ steps, envelope, completion }: WorkerRunStatus): Promise<void> {
    const isMore = steps !== this.#steps || this.#isOpen || completion !== undefined;
    if (!isMore) return;
    const trace = await this.#telling.api.trace(envelope.run_id);
    this.#steps = steps;
    for (const step of trace.steps) this.#step(step);
    this.#isOpen =
      trace.steps.some(({ state }) => state === 'pending') || trace.steps.length < steps;
  }

  #step(step: WorkerRunStep): void {
    if (this.#told.get(step.index) === step.state) return;
    this.#told.set(step.index, step.state);
    if (this.#telling.isJson) {
      this.#json({ step });
      return;
    }
    this.#endLine();
    for (const line of workerStepLines([step])) this.#telling.write(`${visible(line)}\n`);
  }

  /** What came since the last look; text that was taken back is begun anew. */
  #say(saying: Said): void {
    const { index, text } = this.#said;
    const isSame = saying.index === index && saying.text.startsWith(text);
    const piece = isSame ? saying.text.slice(text.length) : saying.text;
    if (!isSame) this.#endLine();
    this.#said = saying;
    if (piece === '') return;
    if (this.#telling.isJson) {
      this.#json({ text: { index: saying.index, piece, ...(isSame ? {} : { begins: true }) } });
      return;
    }
    const lines = piece.split('\n').map(visible);
    this.#telling.write(lines.join('\n'));
    this.#isMidLine = lines.at(-1) !== '';
  }

  #endLine(): void {
    if (this.#isMidLine) this.#telling.write('\n');
    this.#isMidLine = false;
  }

  #json(value: object): void {
    this.#telling.write(`${JSON.stringify(value)}\n`);
  }
}
