import type { OpenWorkerRun, Rejection } from '@ioi/protocol';

/** Chain Time, and whatever has a NetworkReceipt. */
const READS = /^(clock::now$|net::)/;

/**
 * What a run read of the world, and for how long it may go on by that: the window of its task, in
 * Chain Time from when each was sealed, also where it is told again after a stop.
 */
export class Readings {
  readonly #validMs: bigint | undefined;
  #oldest: { readonly at: bigint; readonly index: number; readonly target: string } | undefined;

  constructor({ task }: Pick<OpenWorkerRun, 'task'>) {
    const { reading_valid_ms: valid } = task.constraints;
    this.#validMs = valid === undefined ? undefined : BigInt(valid);
  }

  note({ index, target }: { readonly index: number; readonly target: string }, at: bigint): void {
    if (!READS.test(target)) return;
    if (this.#oldest === undefined || at < this.#oldest.at) this.#oldest = { at, index, target };
  }

  /** By then nothing may rest on the oldest of them. */
  expired(now: bigint): Rejection | undefined {
    const [oldest, valid] = [this.#oldest, this.#validMs];
    if (oldest === undefined || valid === undefined || now - oldest.at <= valid) return undefined;
    const { index, target } = oldest;
    const what = `what step ${index}, ${target}, read`;
    const message = `${what} is older than the ${valid} ms that it holds`;
    return { code: 'run.reading_expired', message };
  }
}
