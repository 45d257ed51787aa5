import { assert, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import {
  type AnswerStep,
  type Commitment,
  type EndWorkerRun,
  type HeadChange,
  type HeadKey,
  isAnswerStep,
  isEndWorkerRun,
  isOpenWorkerRun,
  type Module,
  type NamedOperation,
  type OpenWorkerRun,
  type Operation,
  type Rejection,
  type RunCompletionReceipt,
  type View,
} from '@ioi/protocol';
import { keys, type PolicyHead } from '../boundary/heads.ts';
import { accumulate, receiptLeaf } from '../governance/accumulator.ts';
import { endOfRun } from './end.ts';
import { type WorkerRunHead, workerKeys } from './heads.ts';
import { providerSelectionOf } from './markers.ts';

const WORKERS = 'workers';
const VERSION = '1';

export const OPEN_WORKER_RUN = `${WORKERS}/open`;
export const ANSWER_STEP = `${WORKERS}/answer`;
export const END_WORKER_RUN = `${WORKERS}/end`;

/** What is remembered of runs of workers; together with the operation it stands in the log. */
export type WorkerEvent =
  | {
      readonly type: 'worker_run.opened';
      readonly run: OpenWorkerRun;
      readonly head: WorkerRunHead;
    }
  | {
      readonly type: 'worker_run.answered';
      readonly answered: AnswerStep;
      readonly worker_id: string;
    }
  | {
      readonly type: 'worker_run.ended';
      readonly commitment: Commitment;
      readonly completion: RunCompletionReceipt;
      readonly ended_seq: string;
    };

/** Runs of workers, from what they were given to what binds them (whitepaper E.2, 8.2.1). */
export function workersModule(): Module<WorkerEvent> {
  const operations = {
    open: openRun as unknown as NamedOperation<WorkerEvent>,
    answer: answerStep as unknown as NamedOperation<WorkerEvent>,
    end: endRun as unknown as NamedOperation<WorkerEvent>,
  };
  const manifest = { name: WORKERS, version: VERSION, operations: Object.keys(operations) };
  const moduleHash = digestOf(manifest);
  assert(moduleHash.ok, 'a manifest has a canonical form');
  return {
    name: WORKERS,
    version: VERSION,
    moduleHash: moduleHash.value,
    classes: {
      worker_run: { limit: undefined },
      worker_step: { limit: undefined },
      worker_memory: { limit: undefined },
    },
    operations,
    touches,
    evolve,
  };
}

const openRun: Operation<OpenWorkerRun, WorkerEvent> = {
  authors: ['channel'],
  accepts: isOpenWorkerRun,
  reads: ({ run_id }) => [keys.node, keys.policy, workerKeys.run(run_id)],
  needs: () => [],
  decide: (run, { view, at }) => {
    if (!view.get(keys.node)) return refuse('node.no_genesis', 'the log has no genesis');
    if (view.get(workerKeys.run(run.run_id)) !== undefined) {
      return refuse('run.exists', `${run.run_id} was opened before`);
    }
    const policy = view.get<PolicyHead>(keys.policy);
    if (policy === undefined) return refuse('policy.none_active', 'no policy is active');
    if (run.provider_selection_commit !== providerSelectionOf(run)) {
      return refuse('run.marker_wrong', 'provider_selection_commit is over something else');
    }
    const { policy_hash } = policy;
    const about = { run, policy_hash, opened_seq: String(at.seq), answers: 0 };
    return ok([{ type: 'worker_run.opened', run, head: { state: 'open', ...about } }]);
  },
};

/** Once for each step: what a worker was told is not told otherwise later. */
const answerStep: Operation<AnswerStep, WorkerEvent> = {
  authors: ['channel'],
  accepts: isAnswerStep,
  reads: ({ run_id, index }) => [workerKeys.run(run_id), workerKeys.step(run_id, index)],
  needs: () => [],
  decide: (answered, { view }) => {
    const open = openIn(view, answered.run_id);
    if (!open.ok) return open;
    if (view.get(workerKeys.step(answered.run_id, answered.index)) !== undefined) {
      return refuse('run.step_answered', `step ${answered.index} was answered before`);
    }
    const { worker_id } = open.value.run;
    return ok([{ type: 'worker_run.answered', answered, worker_id }]);
  },
};

const endRun: Operation<EndWorkerRun, WorkerEvent> = {
  authors: ['channel'],
  accepts: isEndWorkerRun,
  reads: ({ run_id, acts }) => [workerKeys.run(run_id), ...acts.map((hash) => keys.action(hash))],
  needs: () => [],
  decide: (ending, { view, at }) => {
    const open = openIn(view, ending.run_id);
    if (!open.ok) return open;
    const ended = endOfRun(ending, open.value, view);
    if (!ended.ok) return ended;
    return ok([{ type: 'worker_run.ended', ...ended.value, ended_seq: String(at.seq) }]);
  },
};

function openIn(view: View, runId: string): Result<WorkerRunHead, Rejection> {
  const head = view.get<WorkerRunHead>(workerKeys.run(runId));
  if (head?.state === 'open') return ok(head);
  return refuse('run.not_open', `${runId} is ${head?.state ?? 'unknown'}`);
}

function touches(event: WorkerEvent): HeadKey[] {
  if (event.type === 'worker_run.opened') return [workerKeys.run(event.run.run_id)];
  if (event.type === 'worker_run.ended') return [workerKeys.run(event.completion.run_id)];
  const { run_id, index, remembers } = event.answered;
  const own = [workerKeys.run(run_id), workerKeys.step(run_id, index)];
  if (remembers === undefined) return own;
  return [...own, workerKeys.memory(event.worker_id, remembers.key_hash)];
}

function evolve(view: View, event: WorkerEvent): readonly HeadChange[] {
  if (event.type === 'worker_run.opened') {
    return [{ key: workerKeys.run(event.run.run_id), value: event.head }];
  }
  const runId = event.type === 'worker_run.ended' ? event.completion.run_id : event.answered.run_id;
  const head = view.get<WorkerRunHead>(workerKeys.run(runId));
  assert(head !== undefined, 'a run that goes on was opened');
  if (event.type === 'worker_run.ended') {
    const { completion, ended_seq } = event;
    return [{ key: workerKeys.run(runId), value: { ...head, state: completion.state, ended_seq } }];
  }
  const { answered, worker_id } = event;
  const { index, step_hash, answer_commitment, remembers, labels } = answered;
  const from = labels === undefined ? {} : { labels };
  const accumulator = accumulate(head.accumulator, receiptLeaf(answered));
  const value = { ...head, answers: head.answers + 1, accumulator };
  const told = { step_hash, answer_commitment, ...from };
  const changes = [
    { key: workerKeys.run(runId), value },
    { key: workerKeys.step(runId, index), value: told },
  ];
  if (remembers === undefined) return changes;
  const key = workerKeys.memory(worker_id, remembers.key_hash);
  return [...changes, { key, value: { value: remembers.value as Digest, ...from } }];
}

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}
