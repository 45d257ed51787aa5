import { setTimeout as sleep } from 'node:timers/promises';
import { digestBytes, type Json } from '@ioi/canon';
import type { WorkerRunAsked, WorkerRunStatus } from '@ioi/protocol';
import { isUnreachable } from '../fault.ts';
import type { WorkerRunApi } from '../worker-run-api.ts';

/** What every run of it is given, whoever asks. */
export type ServedRun = Pick<
  WorkerRunAsked,
  'installed' | 'workspace' | 'max_steps' | 'unconfined'
>;

export type Begun = { readonly task: string; readonly input: Json; readonly key?: string };

const LOOK_MS = 150;

/** A worker that others have do its tasks: each a run at the node, as its owner begins them. */
export class ServedWorker {
  readonly #runs: WorkerRunApi;
  readonly #run: ServedRun;

  constructor(runs: WorkerRunApi, run: ServedRun) {
    this.#runs = runs;
    this.#run = run;
  }

  /** With a key the same asked twice is begun once. */
  begin({ task, input, key }: Begun): Promise<WorkerRunStatus> {
    // Of one worker: another that is served here has messages of its own.
    const own = key && digestBytes(JSON.stringify([this.#run.installed, key]));
    return this.#runs.run({ ...this.#run, task, input }, own);
  }

  look(run: string): Promise<WorkerRunStatus> {
    return this.#runs.inspect(run);
  }

  cancel(run: string): Promise<WorkerRunStatus> {
    return this.#runs.say(run, 'cancel');
  }

  /** Each time it stands otherwise, until its end; it goes on whoever looks. */
  async *follow(begun: WorkerRunStatus, signal: AbortSignal): AsyncGenerator<WorkerRunStatus> {
    let seen = standingOf(begun);
    let status = begun;
    while (status.completion === undefined && !signal.aborted) {
      await sleep(LOOK_MS);
      const last = status;
      status = await this.look(begun.envelope.run_id).catch((fault: unknown) => {
        // A node that starts again goes on with it.
        if (!isUnreachable(fault)) throw fault;
        return last;
      });
      const standing = standingOf(status);
      if (standing === seen) continue;
      seen = standing;
      yield status;
    }
  }
}

function standingOf({ envelope, completion, waiting }: WorkerRunStatus): string {
  return JSON.stringify([envelope.state, completion !== undefined, waiting]);
}
