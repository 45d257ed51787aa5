import { GraphStepArtifact } from '../artifacts/graph-run-operations.ts';
import {
  anyValue,
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

export const WorkflowRunAsked = declare(
  'WorkflowRunAsked',
  'What a workflow is carried out on.',
  object({
    input: anyValue({ description: 'An object: a member for each input of the workflow.' }),
    workspace: text('Absolute: the folder that `fs::*` of each step is bounded to.'),
    parallel: optional(whole('Steps under way at once, at most 16; 4 unless told.')),
    unconfined: optional(flag('Without a sandbox: nothing but their good will holds its workers.')),
  }),
);

export const WorkflowRunStep = declare(
  'WorkflowRunStep',
  'A step of a workflow, as far as it is.',
  object({
    step_id: text(),
    kind: text(),
    state: text('`waiting`, `begun`, or the state of its artifact.'),
    worker: optional(text('`ai://…`, of a step of a worker.')),
    run_id: optional(text('The run of the worker: `GET /v1/runs/{id}/inspect`.')),
    pending: list(text(), 'Requests of it that wait for a person.'),
    artifact: optional(text('Digest of its GraphStepArtifact.')),
    code: optional(text('Why it failed, or was skipped.')),
  }),
);

export const WorkflowRunListed = declare(
  'WorkflowRunListed',
  'A run of a workflow.',
  object({
    graph_run_id: text(),
    workflow_id: text(),
    graph_id: text('Of the workflow as it was when it began.'),
    state: text('`open`, `cancelling`, `completed`, `failed`, `cancelled` or `escalated`.'),
    code: optional(text()),
  }),
);

export const WorkflowRunMerge = declare(
  'WorkflowRunMerge',
  'The copy of the folder that a workflow worked on.',
  object({
    run_id: text('`POST /v1/runs/{id}/merge` has it merged.'),
    state: text('`working`, `asking`, `pending`, `merged`, `refused`, `discarded`, or `kept`.'),
    code: optional(text('Why it is refused.')),
  }),
);

export const WorkflowRunStatus = declare(
  'WorkflowRunStatus',
  'A run of a workflow, step by step.',
  object({
    run: of(WorkflowRunListed),
    title: text(),
    steps: list(of(WorkflowRunStep), 'In the order of the workflow.'),
    output: optional(anyValue({ description: 'Of a completed run, while it is kept.' })),
    detail: optional(text()),
    merge: optional(of(WorkflowRunMerge)),
    speculative: optional(
      flag(
        'What it gave stands on a copy alone, and in no folder before `merge` is `merged`. Not ' +
          'told of one whose copy was kept over a start of the node.',
      ),
    ),
  }),
);

export const WorkflowRunsPage = declare(
  'WorkflowRunsPage',
  'Runs of workflows, the newest first.',
  object({ runs: list(of(WorkflowRunListed)) }),
);

export const WorkflowRunArtifacts = declare(
  'WorkflowRunArtifacts',
  'What the steps of a run left, as it is sealed, in the order of the workflow.',
  object({ graph_run_id: text(), artifacts: list(of(GraphStepArtifact)) }),
);

const UNKNOWN = { 404: ['id.unknown'] };

export const workflowRunOperations = operations('workflows', [
  {
    route: 'POST /v1/workflows/{name}/runs',
    once: true,
    id: 'runWorkflow',
    role: 'owner',
    summary: 'Carry out a workflow that is kept here',
    description:
      'Answers once the run is sealed as open; it goes on by itself, also over restarts of the ' +
      'node. Each step is a run, of an installed worker or of the node itself, of which every ' +
      'act is decided.',
    body: of(WorkflowRunAsked),
    answers: { 201: json(of(WorkflowRunStatus)) },
    problems: {
      400: ['request.invalid', 'run.*', 'graph.*'],
      404: ['workflow.unknown'],
      409: ['contract.*', 'graph.*', 'policy.*', 'node.*', 'worker.*', 'workflow.*'],
      422: ['workflow.*', 'canon.*'],
      429: ['graph.too_many'],
      503: SEALING,
    },
  },
  {
    route: 'GET /v1/workflow-runs',
    id: 'listWorkflowRuns',
    role: 'auditor',
    summary: 'Runs of workflows, the newest hundred',
    answers: { 200: json(of(WorkflowRunsPage)) },
  },
  {
    route: 'GET /v1/workflow-runs/{id}',
    id: 'inspectWorkflowRun',
    role: 'auditor',
    summary: 'A run of a workflow, step by step',
    answers: { 200: json(of(WorkflowRunStatus)) },
    problems: UNKNOWN,
  },
  {
    route: 'GET /v1/workflow-runs/{id}/artifacts',
    id: 'listWorkflowRunArtifacts',
    role: 'auditor',
    summary: 'What its steps left, each bound to those before it',
    answers: { 200: json(of(WorkflowRunArtifacts)) },
    problems: UNKNOWN,
  },
  {
    route: 'POST /v1/workflow-runs/{id}/cancel',
    id: 'cancelWorkflowRun',
    role: 'operator',
    summary: 'Begin nothing more of it, and end what is under way',
    answers: { 200: json(of(WorkflowRunStatus)) },
    problems: { ...UNKNOWN, 409: ['graph.*'], 503: SEALING },
  },
]);
