import Type, { type TObject, type TProperties } from 'typebox';
import { artifact } from './artifact.ts';
import {
  AuthorityScope,
  Count,
  closed,
  JsonObject,
  LongText,
  Money,
  PrimitiveCapability,
  referenceTo,
  Scalar,
  Semver,
  ShortText,
} from './primitives.ts';

const NAME = '[a-z][a-z0-9_]{0,63}';
export const Name = Type.String({ pattern: `^${NAME}$` });
/** A port of a step, or of the whole as `inputs.name` and `outputs.name`. */
export const PortRef = Type.String({ pattern: `^${NAME}\\.${NAME}$` });
export const MOST_PORTS = 64;
export const MOST_GRAPH_STEPS = 256;
const MOST_BOUNDS = 64;

const PortType = Type.Union([
  Type.Literal('text'),
  Type.Literal('number'),
  Type.Literal('flag'),
  Type.Literal('record'),
  Type.Literal('list'),
  Type.Literal('artifact'),
]);

const Port = Type.Object(
  {
    name: Name,
    type: PortType,
    /** Absent: yes. Of outputs it says nothing. */
    required: Type.Optional(Type.Boolean()),
    about: Type.Optional(ShortText),
  },
  closed,
);
const Ports = Type.Array(Port, { maxItems: MOST_PORTS });

const Budget = Type.Object(
  {
    max_spend: Type.Optional(Money),
    max_calls: Type.Optional(Count),
    max_duration_ms: Type.Optional(Count),
  },
  closed,
);

const common = {
  step_id: Name,
  title: Type.Optional(ShortText),
  inputs: Type.Optional(Ports),
  outputs: Type.Optional(Ports),
  budget: Type.Optional(Budget),
  /** `always`: a person decides each time, whatever the policy says. It never asks for less. */
  approval: Type.Optional(Type.Union([Type.Literal('policy'), Type.Literal('always')])),
};

function step<P extends TProperties>(properties: P): TObject<typeof common & P> {
  return Type.Object({ ...common, ...properties }, closed);
}

const Step = Type.Union([
  step({
    kind: Type.Literal('tool'),
    /** As clients of the node see it. */
    tool: Type.String({ minLength: 1, maxLength: 128 }),
    /** Arguments that are the same each time. */
    params: Type.Optional(JsonObject),
  }),
  step({ kind: Type.Literal('model'), model_id: referenceTo('model'), instruction: LongText }),
  step({
    kind: Type.Literal('worker'),
    worker_id: referenceTo('worker'),
    role: Type.Union([
      Type.Literal('planner'),
      Type.Literal('executor'),
      Type.Literal('verifier'),
      Type.Literal('supervisor'),
    ]),
    instruction: LongText,
    /** Of those that it declares; its only one unless told. */
    task: Type.Optional(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,127}$' })),
    /** Of what the worker declares, all that it gets here; nothing where it is absent. */
    capabilities: Type.Optional(Type.Array(PrimitiveCapability, { maxItems: MOST_BOUNDS })),
    scopes: Type.Optional(Type.Array(AuthorityScope, { maxItems: MOST_BOUNDS })),
  }),
  step({ kind: Type.Literal('approval'), question: LongText }),
  step({
    kind: Type.Literal('recipe'),
    /** What has to end well over the copy, such as its tests: a program and its arguments. */
    command: Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), {
      minItems: 1,
      maxItems: 64,
    }),
  }),
  step({
    kind: Type.Literal('quorum'),
    /** Of the steps before it by `order`, how many have to give equal outputs: more than half. */
    agree: Type.Integer({ minimum: 1, maximum: MOST_GRAPH_STEPS }),
  }),
]);

const Condition = Type.Object(
  {
    port: PortRef,
    is: Type.Union([
      Type.Literal('equal'),
      Type.Literal('not_equal'),
      Type.Literal('at_least'),
      Type.Literal('at_most'),
    ]),
    value: Scalar,
  },
  closed,
);

const Edge = Type.Union([
  /** What comes out of one port goes into another of the same type. */
  Type.Object(
    { kind: Type.Literal('data'), from: PortRef, to: PortRef, when: Type.Optional(Condition) },
    closed,
  ),
  /** One step after another, without anything handed over. */
  Type.Object(
    { kind: Type.Literal('order'), from: Name, to: Name, when: Type.Optional(Condition) },
    closed,
  ),
  /** Instead of one that failed. */
  Type.Object({ kind: Type.Literal('fallback'), from: Name, to: Name }, closed),
]);

const text = (name: string) => ({ name, type: 'text' as const });
const example = {
  workflow_id: 'workflow://weekly-notes',
  version: '1.0.0',
  title: 'Weekly notes',
  objective: 'Read the notes of the week, sum them up, and keep that where a person agrees.',
  inputs: [text('folder')],
  outputs: [text('summary')],
  budget: { max_spend: { amount: '0.50', unit: 'USD' }, max_calls: 20 },
  steps: [
    {
      step_id: 'read',
      kind: 'tool' as const,
      tool: 'read_text_file',
      inputs: [text('path')],
      outputs: [text('content')],
    },
    {
      step_id: 'sum_up',
      kind: 'model' as const,
      model_id: 'model://local/small',
      instruction: 'Sum it up in ten lines.',
      inputs: [text('notes')],
      outputs: [text('summary'), { name: 'lines', type: 'number' as const }],
      budget: { max_spend: { amount: '0.20', unit: 'USD' } },
    },
    {
      step_id: 'check',
      kind: 'worker' as const,
      worker_id: 'worker://local/checker',
      role: 'verifier' as const,
      instruction: 'Nothing is in it that is not in the notes.',
      inputs: [text('summary')],
    },
    {
      step_id: 'agree',
      kind: 'approval' as const,
      question: 'Keep this summary?',
      inputs: [text('summary')],
      outputs: [{ name: 'agreed', type: 'flag' as const }],
    },
    {
      step_id: 'keep',
      kind: 'tool' as const,
      tool: 'write_file',
      params: { path: '/tmp/summary.txt' },
      inputs: [text('content')],
      approval: 'always' as const,
    },
    {
      step_id: 'give_up',
      kind: 'approval' as const,
      question: 'The notes could not be read. Go on without?',
    },
  ],
  edges: [
    { kind: 'data' as const, from: 'inputs.folder', to: 'read.path' },
    { kind: 'data' as const, from: 'read.content', to: 'sum_up.notes' },
    { kind: 'data' as const, from: 'sum_up.summary', to: 'check.summary' },
    { kind: 'data' as const, from: 'sum_up.summary', to: 'agree.summary' },
    { kind: 'order' as const, from: 'check', to: 'agree' },
    {
      kind: 'data' as const,
      from: 'sum_up.summary',
      to: 'keep.content',
      when: { port: 'agree.agreed', is: 'equal' as const, value: true },
    },
    { kind: 'data' as const, from: 'sum_up.summary', to: 'outputs.summary' },
    { kind: 'fallback' as const, from: 'read', to: 'give_up' },
  ],
};

export const WorkflowSchema = artifact({
  name: 'WorkflowSchema',
  source: 'whitepaper 4.8, 4.9, 10.1',
  summary:
    'A directed graph of steps without cycles, as somebody wrote it: what each takes and gives, ' +
    'what it may use up, where a person decides, what follows what and on which condition. It ' +
    'allows nothing: whatever a step does is decided like any other act. `graph_id` is SHA-256 ' +
    'of its canonical JSON.',
  artifactClass: 'observational',
  schema: Type.Object(
    {
      workflow_id: Type.String({ pattern: '^workflow://[a-z0-9][a-z0-9-]{0,63}$' }),
      version: Semver,
      title: ShortText,
      objective: Type.Optional(LongText),
      inputs: Type.Optional(Ports),
      outputs: Type.Optional(Ports),
      budget: Type.Optional(Budget),
      /** `copy`: its steps work on a copy of the folder, which is merged at the end as one act. */
      workspace: Type.Optional(Type.Union([Type.Literal('folder'), Type.Literal('copy')])),
      steps: Type.Array(Step, { minItems: 1, maxItems: MOST_GRAPH_STEPS }),
      edges: Type.Array(Edge, { maxItems: 4096 }),
    },
    closed,
  ),
  examples: [example],
  refused: [
    { why: 'unknown field', value: { ...example, code: 'eval()' } },
    { why: 'no step', value: { ...example, steps: [] } },
    {
      why: 'an edge without a type',
      value: { ...example, edges: [{ from: 'inputs.folder', to: 'read.path' }] },
    },
    {
      why: 'a step of another kind',
      value: { ...example, steps: [{ step_id: 'read', kind: 'script', source: 'rm -rf /' }] },
    },
  ],
});
