import type { LeasedWork, StepAnswer, WorkerEnd, WorkerStep } from '@ioi/protocol';
import { GuestHost } from '@ioi/workers/shell';
import type { Ask } from './executor.ts';

/** In the time of a lease it is renewed so often. */
const RENEWALS = 3;

/** One run under one lease: from the program to what it says of its end, or until it is lost. */
export class CarriedRun {
  /** What it came to, as words for whoever watches; never rejects. */
  readonly over: Promise<string>;
  readonly #work: LeasedWork;
  readonly #ask: Ask;
  readonly #cut = new AbortController();
  #lost: string | undefined;

  constructor(work: LeasedWork, ask: Ask) {
    this.#work = work;
    this.#ask = ask;
    const renewing = setInterval(() => void this.#renew(), work.lease_ms / RENEWALS);
    this.over = this.#carryOut()
      .catch((fault: unknown) => (fault instanceof Error ? fault.message : String(fault)))
      .finally(() => clearInterval(renewing));
  }

  isOf({ run_id, fence }: { readonly run_id?: unknown; readonly fence?: unknown }): boolean {
    return this.#work.run_id === run_id && this.#work.fence === fence;
  }

  /** Nothing more of it is computed, asked or said. */
  end(why: string): void {
    this.#lost ??= why;
    this.#cut.abort();
  }

  async #carryOut(): Promise<string> {
    const end = await this.#computed();
    if (this.#lost !== undefined) return this.#lost;
    const { run_id, fence } = this.#work;
    const said = await this.#ask({ kind: 'end', run_id, fence, end });
    return said.kind === 'refused' ? said.refusal.code : end.kind;
  }

  async #computed(): Promise<WorkerEnd> {
    const { file: name, bytes: base64, task, input } = this.#work;
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
    const text = Buffer.from(bytes).toString('utf8');
    const file = name.endsWith('.wasm') ? { name, bytes } : { name, text };
    const opened = await GuestHost.open(file, { name });
    if (!opened.ok) return { kind: 'died', ...opened.error };
    const { signal } = this.#cut;
    const takeStep = (step: WorkerStep): Promise<StepAnswer> => this.#step(step);
    try {
      return await opened.value.invoke({ task, input, takeStep, signal });
    } finally {
      await opened.value.close();
    }
  }

  async #step(step: WorkerStep): Promise<StepAnswer> {
    const { run_id, fence } = this.#work;
    const said = await this.#ask({ kind: 'step', run_id, fence, step }).catch(() => undefined);
    if (said?.kind === 'answer') return said.answer;
    this.end(said?.kind === 'refused' ? said.refusal.code : 'its node is gone');
    return { kind: 'failed', code: 'run.over', message: 'the lease of the run is lost' };
  }

  /** A lease that is not renewed is somebody else's soon: then nothing is asked under it. */
  async #renew(): Promise<void> {
    const { run_id, fence } = this.#work;
    const said = await this.#ask({ kind: 'renew', run_id, fence }).catch(() => undefined);
    if (said?.kind === 'refused') this.end(said.refusal.code);
  }
}
