import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { err, ok, type Result } from '@ioi/basis';
import { resolvePaths } from '@ioi/drivers/shell';
import type {
  ActionFacts,
  ActionRequest,
  Driver,
  Edge,
  Outcome,
  PerformOptions,
  Reconciliation,
  Rejection,
  RuntimeToolContract,
  SealedAction,
} from '@ioi/protocol';
import type { MergeOutcome } from '@ioi/workspace/shell';
import type { Described, MergeAnswer, MergeJob } from './merge-jobs.ts';

const ID_DIGITS = 32;
const SALT_BYTES = 16;
/** Below what the contract of a merge allows: its end has a name then. */
const MOST_MS = 3_300_000;
/** Some trees of as many entries as a folder may have, with the longest names. */
const MEMORY = { maxOldGenerationSizeMb: 2048 };

/**
 * Brings what runs did to copies into the folders they were made of, when that is sealed. What is
 * merged is found by its run, and is what was sealed: the digest over all of it is compared.
 */
export class MergeGate implements Driver {
  readonly name = 'merge';
  readonly #folder: string;
  readonly #mostMs: number;
  readonly #listeners: ((run: string) => void)[] = [];

  /** Where runs are kept. */
  constructor(folder: string, mostMs = MOST_MS) {
    this.#folder = folder;
    this.#mostMs = mostMs;
  }

  /** Told of each run whose changes stand in their folder from then on. */
  onMerged(listener: (run: string) => void): void {
    this.#listeners.push(listener);
  }

  async describe(run: string): Promise<Result<Described, Rejection>> {
    const answer = await this.#ask({ kind: 'describe', run }).catch(faulted);
    if (answer.kind === 'described') return ok(answer.described);
    if (answer.kind === 'refused') return err(answer.refusal);
    return err({ code: 'daemon.fault', message: 'a merge answered what was not asked' });
  }

  /** Where a copy of a folder lies, for a run that works on it in place of the folder. */
  async copy(run: string, root: string, name: string): Promise<Result<string, Rejection>> {
    const salt = randomBytes(SALT_BYTES).toString('hex');
    const answer = await this.#ask({ kind: 'copy', run, root, name, salt }).catch(faulted);
    if (answer.kind === 'copied') return ok(answer.at);
    const refusal = answer.kind === 'refused' ? answer.refusal : undefined;
    return err(refusal ?? { code: 'daemon.fault', message: 'a copy was not made' });
  }

  /** Runs of copies that a stop of the node left in their midst. */
  async left(): Promise<readonly string[]> {
    // Most starts find none, and a thread for nothing would hold them up.
    const copies = await readdir(join(this.#folder, 'overlays')).catch(() => []);
    if (copies.length === 0) return [];
    const answer = await this.#ask({ kind: 'left' }).catch(faulted);
    return answer.kind === 'left' ? answer.runs : [];
  }

  /** It is worked on again: until its end nobody merges it. */
  async takeUp(run: string): Promise<void> {
    await this.#ask({ kind: 'take_up', run }).catch(faulted);
  }

  /** `finish`: what was changed in the copy waits to be merged; `drop`: it will not be. */
  async close(run: string, kind: 'finish' | 'drop'): Promise<Result<void, Rejection>> {
    const answer = await this.#ask({ kind: 'finish', run, isDropped: kind === 'drop' }).catch(
      faulted,
    );
    return answer.kind === 'refused' ? err(answer.refusal) : ok(undefined);
  }

  /** Again after an approval: what was approved may be in the way of something by then. */
  async gather(
    _contract: RuntimeToolContract,
    { params }: ActionRequest,
  ): Promise<Result<ActionFacts, Rejection>> {
    const found = await this.describe(String(params['run']));
    if (!found.ok) return found;
    const { refusal, changeSet, paths, roots } = found.value;
    if (refusal !== undefined) {
      return err({ ...refusal, message: `${refusal.code}: ${refusal.message}` });
    }
    const resolved = await resolvePaths('/', paths);
    if (!resolved.ok) return resolved;
    const isInside = (path: string): boolean => roots.some((root) => path.startsWith(`${root}/`));
    const outside = [...resolved.value.values()].find((path) => !isInside(path));
    if (outside !== undefined) {
      return err({ code: 'merge.refused', message: `merge.refused: a path leads to ${outside}` });
    }
    const asked = JSON.stringify(params['paths']);
    const isAll = asked === JSON.stringify(paths.map((path) => resolved.value.get(path)));
    if (params['change_set'] !== changeSet || !isAll) {
      const message = 'merge.other_changes: it is merged as it is, or not at all';
      return err({ code: 'merge.other_changes', message });
    }
    return ok({ workspace_root: roots[0] ?? '/' });
  }

  async perform(action: SealedAction, _edge: Edge, options: PerformOptions): Promise<Outcome> {
    if (options.signal.aborted) return { kind: 'failed_before_effect', reason: 'cancelled' };
    const run = String(action.request.params['run']);
    const changeSet = String(action.request.params['change_set']);
    const mergeId = mergeIdOf(action);
    const answer = await this.#ask({ kind: 'merge', run, mergeId, changeSet });
    if (answer.kind === 'refused') {
      return { kind: 'failed_before_effect', reason: answer.refusal.message };
    }
    if (answer.kind !== 'ended') return { kind: 'effect_unknown', reason: 'no word of a merge' };
    if (answer.outcome.kind === 'merged') for (const tell of this.#listeners) tell(run);
    return outcomeOf(answer.outcome, action);
  }

  /** One that was cut short is finished here, or put back where it cannot be. */
  async reconcile(action: SealedAction): Promise<Reconciliation> {
    const job = { kind: 'settle', mergeId: mergeIdOf(action) } as const;
    const answer = await this.#ask(job).catch(faulted);
    if (answer.kind !== 'ended') return { kind: 'unknown', reason: 'no word of a merge' };
    const { outcome } = answer;
    if (outcome.kind === 'merged') return { kind: 'performed', postconditions: seen(action) };
    const kind = outcome.kind === 'not_merged' ? 'not_performed' : 'unknown';
    return { kind, reason: outcome.why };
  }

  #ask(job: MergeJob): Promise<MergeAnswer> {
    const url = new URL('./merge-thread.ts', import.meta.url);
    const workerData = { folder: this.#folder, job };
    const worker = new Worker(url, { workerData, resourceLimits: MEMORY });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`it took longer than ${this.#mostMs} ms`));
        void worker.terminate();
      }, this.#mostMs);
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        clearTimeout(timer);
        reject(new Error('a merge ended without a word'));
      });
    });
  }
}

function faulted(fault: unknown): MergeAnswer {
  const refusal = { code: 'daemon.fault', message: `runs cannot be read: ${String(fault)}` };
  return { kind: 'refused', refusal };
}

/** The same for the same sealed act: it is begun once, whoever asks again. */
function mergeIdOf({ committedHash }: SealedAction): string {
  return `merge_${committedHash.slice('sha256:'.length).slice(0, ID_DIGITS)}`;
}

function outcomeOf(outcome: MergeOutcome, action: SealedAction): Outcome {
  if (outcome.kind === 'unknown') return { kind: 'effect_unknown', reason: outcome.why };
  if (outcome.kind === 'not_merged') {
    return { kind: 'failed_before_effect', reason: `${outcome.code}: ${outcome.why}` };
  }
  const { run: run_id, change_set } = action.request.params;
  return {
    kind: 'completed',
    output: { run_id, change_set, merge_id: mergeIdOf(action) },
    reportedError: false,
    postconditions: seen(action),
  };
}

/** Every path was looked at again, and stands as it was to. */
function seen({ request }: SealedAction) {
  const evidenceHash = request.params['change_set'] as `sha256:${string}`;
  return [{ name: 'content_matches', satisfied: true, evidenceHash }];
}
