import type { TSchema } from 'typebox';
import { Commitment } from '../artifacts/governance-receipts.ts';
import { IntentContractSchema } from '../artifacts/intent-contract-schema.ts';
import { RunEnvelope } from '../artifacts/run-envelope.ts';
import { RuntimeEventEnvelope } from '../artifacts/runtime-event-envelope.ts';
import { TaskEnvelope } from '../artifacts/task-envelope.ts';
import { ManagedInvocationReceipt } from '../artifacts/worker-installs.ts';
import { RunCompletionReceipt } from '../artifacts/worker-run-operations.ts';
import {
  anyValue,
  type Declaring,
  declare,
  flag,
  json,
  list,
  object,
  of,
  operations,
  optional,
  text,
  whole,
} from './declare.ts';
import { SEALING } from './problem.ts';

export const WorkerRunAsked = declare(
  'WorkerRunAsked',
  'A task for a worker that lies on this machine, or is installed.',
  object({
    path: optional(
      text('Absolute: a .py, .ts, .mjs, .js or .wasm, or a folder with a `worker` of these.'),
    ),
    installed: optional(text('Instead of a path: an installed worker, by name or `ai://…`.')),
    task: optional(text('One that it declares; its only one unless told.')),
    input: anyValue({ description: 'As its input schema says.' }),
    workspace: text('Absolute: the folder that `fs::*` is bounded to.'),
    deadline: optional(text('Chain Time, in milliseconds.')),
    max_steps: optional(whole('At most 1024, which it is unless told.')),
    reading_valid_ms: optional(
      text(
        'How long it may go on by what it read of the clock and the network; always unless told.',
      ),
    ),
    unconfined: optional(flag('Without a sandbox: nothing but its good will holds the worker.')),
    progress: optional(flag('Have models answer piece by piece, for `saying` of its status.')),
    contract: optional(of(IntentContractSchema)),
    leased: optional(flag('By a machine that is admitted for it, not by the node.')),
  }),
);

export const WorkerRunStatus = declare(
  'WorkerRunStatus',
  'A run of a worker as it stands, and once it has ended what binds it.',
  object({
    envelope: of(RunEnvelope),
    task: of(TaskEnvelope),
    session_id: text('That each of its acts names.'),
    confinement: text('What holds its program to its steps: `sandbox`, `interpreter`, `none`.'),
    steps: whole('That it asked for since the node started, or in all once it has ended.'),
    waiting: list(text(), 'Requests that wait for a person.'),
    ahead: optional(whole('Runs that have their turn before it, where it is `queued`.')),
    saying: optional(
      object({
        index: whole('Of the step.'),
        text: text('At most 64 KiB of it. In memory alone: no record.'),
      }),
    ),
    output: optional(anyValue({ description: 'Of a completed run, while it is kept.' })),
    code: optional(text('Why it failed, or was cancelled.')),
    detail: optional(text()),
    commitment: optional(of(Commitment)),
    completion: optional(of(RunCompletionReceipt)),
    invocation: optional(of(ManagedInvocationReceipt)),
  }),
);

export const WorkerRunsPage = declare(
  'WorkerRunsPage',
  'Runs of workers, the newest first.',
  object({ runs: list(of(RunEnvelope)) }),
);

export const WorkerRunStep = declare(
  'WorkerRunStep',
  'A step that is on record.',
  object({
    index: whole(),
    target: optional(text('Of an act.')),
    request_hash: optional(text('Of an act: `GET /v1/show/{id}` has all of it.')),
    state: text('`done`, `refused`, `failed`, `pending`, `undone`, or `lost`: no longer kept.'),
    code: optional(text()),
    receipt_id: optional(text()),
    token_usage: optional(
      object(
        { input_tokens: whole(), output_tokens: whole() },
        'What its model took, as its server says.',
      ),
    ),
  }),
);

export const WorkerRunTrace = declare(
  'WorkerRunTrace',
  'What a run asked of the node, in order, as it is sealed.',
  object({ run_id: text(), steps: list(of(WorkerRunStep)) }),
);

export const WorkerRunReceipts = declare(
  'WorkerRunReceipts',
  'The receipts of the acts of a run: ids, in the order of its steps.',
  object({
    run_id: text(),
    receipts: list(text()),
    receipt_root: optional(text('Once it has ended.')),
  }),
);

export const WorkerRunArtifacts = declare(
  'WorkerRunArtifacts',
  'What a run was given and gave: commitments; `GET /v1/payload/{digest}` has what is kept.',
  object({ run_id: text(), input: text(), output: optional(text()) }),
);

export const WorkerRunScorecard = declare(
  'WorkerRunScorecard',
  'How a run did, counted from what is sealed, and judged by the contract it was begun under.',
  object({
    run_id: text(),
    state: text(),
    satisfied: optional(flag('Once it has ended.')),
    steps: whole(),
    done: whole(),
    refused: whole(),
    failed: whole(),
    waiting: whole(),
    contract: optional(of(IntentContractSchema)),
    adjudication: optional(RunCompletionReceipt.schema.properties.contract),
  }),
);

const CANCEL = 'End a run; what was sealed goes on to its receipt';
const UNKNOWN = { 404: ['id.unknown'] };
const RUNNING = { ...UNKNOWN, 409: ['run.not_open'] };

function view(name: string, id: string, summary: string, schema: TSchema): Declaring {
  const route = `GET /v1/runs/{id}/${name}`;
  const role = 'auditor' as const;
  return { route, id, role, summary, answers: { 200: json(schema) }, problems: UNKNOWN };
}

export const workerRunOperations = operations('workers', [
  {
    route: 'POST /v1/worker-runs',
    once: true,
    id: 'runWorker',
    role: 'owner',
    summary: 'Have a worker do a task',
    description:
      'Answers once the run is sealed as open; it goes on by itself, also over restarts of the ' +
      'node, and every step of it is decided, sealed and receipted.',
    body: of(WorkerRunAsked),
    answers: { 201: json(of(WorkerRunStatus)) },
    problems: {
      400: ['request.invalid', 'worker.*', 'run.*', 'canon.*'],
      409: ['run.*', 'policy.*', 'node.*', 'worker.*', 'contract.*'],
      429: ['run.too_many'],
      503: SEALING,
    },
  },
  {
    route: 'GET /v1/worker-runs',
    id: 'listWorkerRuns',
    role: 'auditor',
    summary: 'Runs of workers, the newest hundred',
    answers: { 200: json(of(WorkerRunsPage)) },
  },
  view('inspect', 'inspectWorkerRun', 'A run of a worker, and what binds it', of(WorkerRunStatus)),
  view('trace', 'traceWorkerRun', 'What a run asked for, step by step', of(WorkerRunTrace)),
  view('receipts', 'listWorkerRunReceipts', 'The receipts of a run', of(WorkerRunReceipts)),
  view(
    'artifacts',
    'listWorkerRunArtifacts',
    'What it was given, and gave',
    of(WorkerRunArtifacts),
  ),
  view('scorecard', 'scoreWorkerRun', 'How a run did, counted and judged', of(WorkerRunScorecard)),
  {
    route: 'GET /v1/runs/{id}/events',
    id: 'followWorkerRun',
    role: 'auditor',
    summary: 'What appears to happen in a run, as it happens',
    answers: { 200: { type: 'text/event-stream', schema: of(RuntimeEventEnvelope) } },
    problems: { ...UNKNOWN, 429: ['events.too_many'] },
  },
  ...(
    [
      ['pause', 'pauseWorkerRun', 'operator', 'Tell a worker nothing more until it is resumed'],
      ['resume', 'resumeWorkerRun', 'owner', 'Let a run go on'],
      ['cancel', 'cancelWorkerRun', 'operator', CANCEL],
    ] as const
  ).map(([name, id, role, summary]) => ({
    route: `POST /v1/runs/{id}/${name}`,
    id,
    role,
    summary,
    answers: { 200: json(of(WorkerRunStatus)) },
    problems: RUNNING,
  })),
]);
