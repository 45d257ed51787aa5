import { assert } from '@ioi/basis';
import { nodeEventsOf, type WorkerEvent, type WorkerRunHead, workerKeys } from '@ioi/law';
import type {
  EndWorkerRun,
  RunEnvelope,
  WorkerRunArtifacts,
  WorkerRunReceipts,
  WorkerRunScorecard,
  WorkerRunStatus,
  WorkerRunStep,
  WorkerRunTrace,
} from '@ioi/protocol';
import { isEnded, MOST_STEPS } from '@ioi/workers';
import { keptGiven } from './kept-given.ts';
import { RunJournal } from './run-journal.ts';
import type { StepsOptions } from './run-steps.ts';
import { sealable } from './sealable.ts';
import type { WorkerRun } from './worker-run.ts';

export type Viewing = Pick<StepsOptions, 'reader' | 'contents' | 'sayings'> & {
  readonly nodeId: string;
  readonly find: (runId: string) => WorkerRun | undefined;
};

type Ended = Extract<WorkerEvent, { readonly type: 'worker_run.ended' }>;
type End = { readonly event: Ended; readonly payload: EndWorkerRun };

const MOST_HEADS = 100_000;
const MOST_LISTED = 100;

/** Runs as they are told to whoever asks: what is sealed of them, and how far the others are. */
export class RunView {
  readonly #viewing: Viewing;

  constructor(viewing: Viewing) {
    this.#viewing = viewing;
  }

  list(): RunEnvelope[] {
    const { reader } = this.#viewing;
    const { headClass } = workerKeys.run('');
    const heads = reader.headsOf<WorkerRunHead>(headClass, '', MOST_HEADS);
    const newest = heads
      .map(({ value }) => value)
      .sort((one, other) => Number(other.opened_seq) - Number(one.opened_seq));
    return newest.slice(0, MOST_LISTED).map((head) => this.#envelope(head));
  }

  head(runId: string): WorkerRunHead | undefined {
    return this.#viewing.reader.get<WorkerRunHead>(workerKeys.run(runId));
  }

  /** Of one that was opened for an Idempotency-Key: for which request, as long as that is kept. */
  askedOf({ run }: WorkerRunHead): string | undefined {
    const given = keptGiven(this.#viewing.contents, run);
    return given.ok ? given.value.asked : undefined;
  }

  status(head: WorkerRunHead): WorkerRunStatus {
    const { run } = head;
    const live = this.#viewing.find(run.run_id);
    const end = this.#endOf(head);
    const output = end?.payload.output_commitment;
    const text = output === undefined ? undefined : this.#viewing.contents.text(output);
    const saying = this.#viewing.sayings.of(run.run_id);
    const { code, detail } = end?.payload ?? live?.run ?? {};
    const { commitment, completion, invocation } = end?.event ?? {};
    return {
      envelope: this.#envelope(head),
      task: run.task,
      session_id: run.session_id,
      confinement: run.confinement,
      steps: live?.run.steps ?? Number(commitment?.final_seq ?? 0),
      waiting: [...(live?.waiting ?? [])],
      ...(live?.ahead === undefined ? {} : { ahead: live.ahead }),
      ...(saying === undefined ? {} : { saying }),
      ...(text === undefined ? {} : { output: JSON.parse(text) }),
      ...(code === undefined ? {} : { code }),
      ...(detail === undefined ? {} : { detail: end ? detail : sealable(detail) }),
      ...(commitment === undefined ? {} : { commitment }),
      ...(completion === undefined ? {} : { completion }),
      ...(invocation === undefined ? {} : { invocation }),
    };
  }

  trace(head: WorkerRunHead): WorkerRunTrace {
    return { run_id: head.run.run_id, steps: this.#steps(head) };
  }

  receipts(head: WorkerRunHead): WorkerRunReceipts {
    const root = this.#endOf(head)?.event.commitment.receipt_root;
    const receipts = this.#steps(head).flatMap(({ receipt_id }) => receipt_id ?? []);
    const bound = root === undefined ? {} : { receipt_root: root };
    return { run_id: head.run.run_id, receipts, ...bound };
  }

  artifacts(head: WorkerRunHead): WorkerRunArtifacts {
    const { run_id, input_commitment: input } = head.run;
    const output = this.#endOf(head)?.payload.output_commitment;
    return { run_id, input, ...(output === undefined ? {} : { output }) };
  }

  scorecard(head: WorkerRunHead): WorkerRunScorecard {
    const steps = this.#steps(head);
    const count = (...states: string[]): number =>
      steps.filter(({ state }) => states.includes(state)).length;
    const { satisfied, contract: adjudication } = this.#endOf(head)?.event.completion ?? {};
    const { contract } = head.run;
    return {
      run_id: head.run.run_id,
      state: this.#envelope(head).state,
      ...(satisfied === undefined ? {} : { satisfied }),
      steps: steps.length,
      done: count('done'),
      refused: count('refused'),
      failed: count('failed', 'undone', 'lost'),
      waiting: count('pending'),
      ...(contract === undefined ? {} : { contract }),
      ...(adjudication === undefined ? {} : { adjudication }),
    };
  }

  #steps({ run, ...head }: WorkerRunHead): WorkerRunStep[] {
    const journal = new RunJournal(this.#viewing, run.run_id);
    journal.recall({ run, ...head });
    return Array.from({ length: MOST_STEPS }, (_, index) => index).flatMap((index) => {
      const record = journal.recordOf(index);
      if (record === undefined) return [];
      const { recorded } = record;
      const answer = recorded.kind === 'answered' ? recorded.answer : undefined;
      const request_hash = journal.requestOf(index);
      const target = journal.targetOf(index);
      const receipt_id = journal.receiptOf(index);
      const token_usage = journal.usageOf(index);
      return [
        {
          index,
          ...(target === undefined ? {} : { target }),
          ...(request_hash === undefined ? {} : { request_hash }),
          state: answer?.kind ?? recorded.kind,
          ...(answer && 'code' in answer ? { code: answer.code } : {}),
          ...(receipt_id === undefined ? {} : { receipt_id }),
          ...(token_usage === undefined ? {} : { token_usage }),
        },
      ];
    });
  }

  #envelope(head: WorkerRunHead): RunEnvelope {
    const { nodeId, find } = this.#viewing;
    const { run, state } = head;
    const live = find(run.run_id)?.run.state;
    // Until its end is sealed it is at work.
    const open = live === undefined || isEnded(live) ? 'running' : live;
    const at = (name: string): string => `/v1/runs/${run.run_id}/${name}`;
    return {
      run_id: run.run_id,
      task_id: run.task.task_id,
      runtime_id: `runtime://${nodeId.slice('node://'.length)}/daemon`,
      worker_id: run.worker_id,
      state: state === 'open' || this.#isAhead(head) ? open : state,
      assignment: {
        node_id: nodeId,
        placement_reason: 'the worker was given to this node',
        privacy_mode: 'local',
      },
      event_stream: at('events'),
      artifacts_endpoint: at('artifacts'),
      receipts_endpoint: at('receipts'),
      trace_endpoint: at('trace'),
      inspect_endpoint: at('inspect'),
      scorecard_endpoint: at('scorecard'),
    };
  }

  /** The heads file is written elsewhere: it may have an end that is not known as sealed here. */
  #isAhead({ ended_seq }: WorkerRunHead): boolean {
    return ended_seq !== undefined && Number(ended_seq) >= this.#viewing.reader.size;
  }

  #endOf(head: WorkerRunHead): End | undefined {
    const { ended_seq } = head;
    if (ended_seq === undefined || this.#isAhead(head)) return undefined;
    const entry = this.#viewing.reader.entry(Number(ended_seq));
    const event = entry && nodeEventsOf(entry).find(({ type }) => type === 'worker_run.ended');
    assert(event?.type === 'worker_run.ended', 'what ended has its end in the log');
    return { event, payload: entry?.payload as EndWorkerRun };
  }
}
