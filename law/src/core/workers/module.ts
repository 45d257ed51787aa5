import { assert, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  type AnswerStep,
  type Commitment,
  type EndWorkerRun,
  type HeadChange,
  type HeadKey,
  isAnswerStep,
  isEndWorkerRun,
  isOpenWorkerRun,
  type ManagedInvocationReceipt,
  type Module,
  type NamedOperation,
  type OpenWorkerRun,
  type Operation,
  type Rejection,
  type RunCompletionReceipt,
  type Stamp,
  type View,
} from '@ioi/protocol';
import { keys, type PolicyHead } from '../boundary/heads.ts';
import { executionKeys } from '../execution/heads.ts';
import { accumulate, receiptLeaf } from '../governance/accumulator.ts';
import { evolve as governed, touches as governs } from '../governance/evolve.ts';
import { graphKeys } from '../graphs/heads.ts';
import { heldContract } from './contracted.ts';
import { endOfRun } from './end.ts';
import { type InstalledHead, type WorkerRunHead, workerKeys } from './heads.ts';
import { type InstallEvent, installWorker, removeWorker, WORKERS } from './installs.ts';
import { gateOfLeased } from './leased.ts';
import {
  contractKeys,
  gateOfManaged,
  holdManaged,
  invocationOf,
  managedKeys,
  withInvocation,
} from './managed.ts';
import { providerSelectionOf } from './markers.ts';
import { answerOf, gateOfAsked, gateOfOwn, heldOwnRun } from './own.ts';
import { gateOfSeed } from './randomness.ts';

const VERSION = '2';

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
      /** Of an installed worker, and then whose instance it is. */
      readonly invocation?: ManagedInvocationReceipt;
      readonly managed_id?: string;
      /** Of a question, where a person did not agree. */
      readonly answer?: 'no';
      readonly ended_seq: string;
    }
  | InstallEvent;

/** Runs of workers, from what they were given to what binds them (whitepaper E.2, 8.2.1). */
export function workersModule(registry: VerifierRegistry): Module<WorkerEvent> {
  const operations = {
    install: installWorker(registry) as unknown as NamedOperation<WorkerEvent>,
    remove: removeWorker(registry) as unknown as NamedOperation<WorkerEvent>,
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
      worker_installed: { limit: 10_000 },
    },
    operations,
    touches,
    evolve,
  };
}

const openRun: Operation<OpenWorkerRun, WorkerEvent> = {
  authors: ['channel'],
  accepts: isOpenWorkerRun,
  reads: (run) => [keys.node, keys.policy, workerKeys.run(run.run_id), ...managedKeys(run)],
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
    const managed = holdManaged(run, view);
    if (!managed.ok) return managed;
    const unheld = heldOwnRun(run) ?? heldContract(run, view);
    if (unheld !== undefined) return err(unheld);
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
  reads: ({ run_id, acts }, view) => {
    const head = view.get<WorkerRunHead>(workerKeys.run(run_id));
    const ofSession = head === undefined ? [] : [graphKeys.session(head.run.session_id)];
    const ofActs = acts.map((hash) => keys.action(hash));
    const ofLease = head?.run.execution === undefined ? [] : [executionKeys.lease(run_id)];
    const ofRun = [workerKeys.run(run_id), ...ofSession, ...ofActs, ...ofLease];
    if (head?.run.managed === undefined) return ofRun;
    return [...ofRun, keys.node, ...managedKeys(head.run), ...contractKeys(head, acts, view)];
  },
  needs: () => [],
  decide: (ending, { view, at }) => {
    const open = openIn(view, ending.run_id);
    if (!open.ok) return open;
    const head = open.value;
    const undeclared = gatesOf(head, ending, view);
    if (undeclared !== undefined) return err(undeclared);
    const ended = endOfRun(ending, head, { view, at });
    if (!ended.ok) return ended;
    const invoked = invocationOf({ ending, head, end: ended.value }, view, at);
    const managed = invoked && { ...invoked, managed_id: head.run.managed?.id ?? '' };
    const said = answerOf(head, ending, view);
    const about = { ...ended.value, ...managed, ...said, ended_seq: String(at.seq) };
    return ok([{ type: 'worker_run.ended', ...about }]);
  },
};

function gatesOf(head: WorkerRunHead, ending: EndWorkerRun, view: View): Rejection | undefined {
  const beyond =
    gateOfSeed(head, ending) ?? gateOfManaged(head, ending, view) ?? gateOfOwn(head, ending, view);
  return beyond ?? gateOfAsked(head, ending, view) ?? gateOfLeased(head, ending, view);
}

function openIn(view: View, runId: string): Result<WorkerRunHead, Rejection> {
  const head = view.get<WorkerRunHead>(workerKeys.run(runId));
  if (head?.state === 'open') return ok(head);
  return refuse('run.not_open', `${runId} is ${head?.state ?? 'unknown'}`);
}

function touches(event: WorkerEvent): readonly HeadKey[] {
  switch (event.type) {
    case 'worker_run.opened':
      return [workerKeys.run(event.run.run_id)];
    case 'worker_run.ended': {
      const run = workerKeys.run(event.completion.run_id);
      const { managed_id: id } = event;
      return id === undefined ? [run] : [run, workerKeys.installed(id)];
    }
    case 'worker_run.answered': {
      const { run_id, index, remembers } = event.answered;
      const own = [workerKeys.run(run_id), workerKeys.step(run_id, index)];
      if (remembers === undefined) return own;
      return [...own, workerKeys.memory(event.worker_id, remembers.key_hash)];
    }
    case 'worker.installed':
      return [workerKeys.installed(event.installed.manifest.id)];
    case 'worker.removed':
      return [workerKeys.installed(event.id)];
    default:
      return governs(event);
  }
}

function evolve(view: View, event: WorkerEvent, at: Stamp): readonly HeadChange[] {
  switch (event.type) {
    case 'worker_run.opened':
      return [{ key: workerKeys.run(event.run.run_id), value: event.head }];
    case 'worker_run.ended':
      return runEnded(view, event);
    case 'worker_run.answered':
      return stepAnswered(view, event);
    case 'worker.installed':
      return [{ key: workerKeys.installed(event.installed.manifest.id), value: event.installed }];
    case 'worker.removed':
      return [{ key: workerKeys.installed(event.id), value: event.removed }];
    default:
      return governed(view, event, at);
  }
}

type EventOf<T extends WorkerEvent['type']> = Extract<WorkerEvent, { readonly type: T }>;

function runEnded(view: View, event: EventOf<'worker_run.ended'>): readonly HeadChange[] {
  const { completion, ended_seq, invocation, managed_id, answer } = event;
  const head = openedHead(view, completion.run_id);
  const said = answer === undefined ? {} : { answer };
  const value = { ...head, state: completion.state, ...said, ended_seq };
  const change = { key: workerKeys.run(completion.run_id), value };
  if (invocation === undefined || managed_id === undefined) return [change];
  const key = workerKeys.installed(managed_id);
  const installed = view.get<InstalledHead>(key);
  assert(installed !== undefined, 'what ran was installed');
  // Another instance has its name by now, and had no part in it.
  const isOther = invocation.instance_ref !== `inst://${installed.instance.instance_id}`;
  if (isOther) return [change];
  return [change, { key, value: withInvocation(installed, invocation) }];
}

function openedHead(view: View, runId: string): WorkerRunHead {
  const head = view.get<WorkerRunHead>(workerKeys.run(runId));
  assert(head !== undefined, 'a run that goes on was opened');
  return head;
}

function stepAnswered(
  view: View,
  { answered, worker_id }: EventOf<'worker_run.answered'>,
): readonly HeadChange[] {
  const { run_id: runId } = answered;
  const head = openedHead(view, runId);
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
