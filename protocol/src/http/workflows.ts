import { WorkflowSchema } from '../artifacts/workflow-schema.ts';
import {
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

const graphId = text('SHA-256 of its canonical JSON.');

export const WorkflowFault = declare(
  'WorkflowFault',
  'What is wrong with a workflow, and where in its text. Lines and columns count from 1.',
  object({
    code: text('Dotted, such as `workflow.cycle`.'),
    message: text(),
    pointer: text('RFC 6901, into the text.'),
    line: whole(),
    column: whole(),
  }),
);

export const WorkflowListed = declare(
  'WorkflowListed',
  'A workflow that is kept here.',
  object({
    name: text('Of `workflow://name`.'),
    title: text(),
    version: text('Empty where what is kept is damaged.'),
    graph_id: optional(graphId),
    steps: whole(),
    faults: whole('As it stands now: a tool may have gone since.'),
  }),
);

export const WorkflowsPage = declare(
  'WorkflowsPage',
  'The workflows that are kept here, by name.',
  object({ workflows: list(of(WorkflowListed)) }),
);

export const WorkflowText = declare(
  'WorkflowText',
  'A workflow as somebody types it.',
  object({ text: text('JSON, whatever is wrong with it; at most 256 KiB.') }),
);

export const WorkflowCheck = declare(
  'WorkflowCheck',
  'What a text says: all that is wrong with it, or what it is.',
  object({
    faults: list(of(WorkflowFault)),
    workflow: optional(of(WorkflowSchema)),
    graph_id: optional(graphId),
    layers: optional(
      list(list(text()), 'Names of steps, each layer after those that it waits for.'),
    ),
    unresolved: list(text(), 'Models, which nobody looks up yet, and workers not installed here.'),
    blocked: list(
      of(WorkflowFault),
      'What no run of a workflow does yet: it is kept, and not run.',
    ),
  }),
);

export const WorkflowSaved = declare(
  'WorkflowSaved',
  'A workflow that is kept now.',
  object({ name: text(), graph_id: graphId }),
);

const TAG = 'Strong: of these bytes.';
const MATCH = {
  'if-match': { in: 'header', summary: 'Only where these bytes are kept.' },
  'if-none-match': { in: 'header', summary: '`*`: only where none is kept.' },
} as const;
const TAKEN = { headers: { ETag: TAG } };

export const workflowOperations = operations('workflows', [
  {
    route: 'GET /v1/workflows',
    id: 'listWorkflows',
    role: 'auditor',
    summary: 'The workflows that are kept here',
    answers: { 200: json(of(WorkflowsPage)) },
  },
  {
    route: 'POST /v1/workflows/check',
    id: 'checkWorkflow',
    role: 'auditor',
    summary: 'What is wrong with a workflow, and where; nothing is kept',
    body: of(WorkflowText),
    answers: { 200: json(of(WorkflowCheck)) },
    problems: { 400: ['request.invalid'] },
  },
  {
    route: 'GET /v1/workflows/{name}',
    id: 'readWorkflow',
    role: 'auditor',
    summary: 'A workflow, as it was kept',
    query: { 'if-none-match': { in: 'header', summary: 'Tags of what is known.' } },
    answers: {
      200: { ...json(of(WorkflowSchema)), ...TAKEN },
      304: { headers: { ETag: TAG } },
    },
    problems: { 404: ['workflow.unknown'] },
  },
  {
    route: 'PUT /v1/workflows/{name}',
    id: 'saveWorkflow',
    role: 'operator',
    summary: 'Keep a workflow; it is a draft, which allows nothing',
    description:
      'The bytes are kept as they come, where nothing is wrong with them. One of the conditions ' +
      'has to be there, so that nobody writes over what they did not see.',
    query: MATCH,
    body: of(WorkflowSchema),
    answers: {
      200: { ...json(of(WorkflowSaved)), ...TAKEN },
      201: { ...json(of(WorkflowSaved)), ...TAKEN },
    },
    problems: {
      400: ['request.invalid', 'workflow.name_invalid'],
      409: ['workflow.too_many'],
      412: ['precondition.failed'],
      422: ['workflow.*', 'canon.*'],
      428: ['precondition.required'],
    },
  },
  {
    route: 'DELETE /v1/workflows/{name}',
    id: 'removeWorkflow',
    role: 'operator',
    summary: 'Keep a workflow no longer',
    query: { 'if-match': MATCH['if-match'] },
    answers: { 200: json(object({ removed: flag() })) },
    problems: { 404: ['workflow.unknown'], 412: ['precondition.failed'] },
  },
]);
