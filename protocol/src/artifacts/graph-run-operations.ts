import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, Digest, LongText, referenceTo, ShortText } from './primitives.ts';
import { RUN_EXAMPLE, RunId } from './run-envelope.ts';
import { MOST_GRAPH_STEPS, MOST_PORTS, Name, PortRef, WorkflowSchema } from './workflow-schema.ts';

const HASH = `sha256:${'5c'.repeat(32)}`;
const GRAPH_EXAMPLE = `graph_${'5c'.repeat(16)}`;
const MOST_PARALLEL = 16;
const MOST_LABELS = 256;

const GraphRunId = Type.String({ pattern: '^graph_[0-9a-f]{32}$' });

/** What stands at a port. Equal values of one run of a graph have equal hashes, of others not. */
const Payload = Type.Object({ port: Name, canonical_payload_hash: Digest }, closed);
const Payloads = Type.Array(Payload, { maxItems: MOST_PORTS });

/** `from`: the port that it came from, which is another than an edge names after a fallback. */
const Given = Type.Object({ port: Name, from: PortRef, canonical_payload_hash: Digest }, closed);
const Parents = Type.Array(Digest, { maxItems: MOST_GRAPH_STEPS });

/** Which installed worker carries a step out, and how many steps of its own it may take. */
const Bound = Type.Object(
  {
    step_id: Name,
    worker: referenceTo('ai'),
    manifest_hash: Digest,
    task: ShortText,
    max_steps: Type.Integer({ minimum: 1, maximum: 1024 }),
  },
  closed,
);

/** Under which contract the node itself carries a step out: in one act, by nobody else. */
const OwnStep = Type.Object({ step_id: Name, contract_hash: Digest }, closed);

export const OpenGraphRun = artifact({
  name: 'OpenGraphRun',
  source: 'whitepaper 4.8, 4.8.1; decision 0041',
  summary:
    'Payload of `graphs/open`: a graph begins to be carried out. `graph_id` is SHA-256 of the ' +
    'canonical JSON of `workflow`. `bound` has the installed worker of each of its steps of the ' +
    'kind worker, `own` the contract of each of the kinds tool and model, and of each question ' +
    'in its midst; what they may ask for together is not more than the budget of the whole. ' +
    '`input_commitment` is over what it was given, with a salt.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      graph_run_id: GraphRunId,
      graph_id: Digest,
      workflow: WorkflowSchema.schema,
      bound: Type.Array(Bound, { maxItems: MOST_GRAPH_STEPS }),
      own: Type.Optional(Type.Array(OwnStep, { minItems: 1, maxItems: MOST_GRAPH_STEPS })),
      inputs: Payloads,
      input_commitment: Digest,
      parallel: Type.Integer({ minimum: 1, maximum: MOST_PARALLEL }),
      /** Under which its copy of the folder is merged, where it works on one. */
      overlay_run: Type.Optional(RunId),
      /** What its steps give is labelled as speculative until the copy is merged. */
      labels_speculative: Type.Optional(Type.Literal(true)),
    },
    closed,
  ),
  examples: [
    {
      graph_run_id: GRAPH_EXAMPLE,
      graph_id: HASH,
      workflow: WorkflowSchema.examples[0] as (typeof WorkflowSchema.examples)[number],
      bound: [
        {
          step_id: 'check',
          worker: 'ai://builder-xyz/checker',
          manifest_hash: HASH,
          task: 'check',
          max_steps: 20,
        },
      ],
      inputs: [{ port: 'folder', canonical_payload_hash: HASH }],
      input_commitment: HASH,
      parallel: 4,
    },
  ],
  refused: [{ why: 'no graph', value: { graph_run_id: GRAPH_EXAMPLE, graph_id: HASH } }],
});

export const BeginGraphStep = artifact({
  name: 'BeginGraphStep',
  source: 'whitepaper 4.8.1; decision 0041',
  summary:
    'Payload of `graphs/begin`: a step of a graph begins, once. `run_id` is the run that ' +
    'carries it out, sealed before that run is opened, so that no stop begins it again. ' +
    'Each of `inputs` has the hash that its source has.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      graph_run_id: GraphRunId,
      step_id: Name,
      run_id: RunId,
      /** Of its acts: by it they are counted against what the graph may spend. */
      session_id: Type.Optional(Digest),
      inputs: Type.Array(Given, { maxItems: MOST_PORTS }),
      parents: Parents,
    },
    closed,
  ),
  examples: [
    {
      graph_run_id: GRAPH_EXAMPLE,
      step_id: 'check',
      run_id: RUN_EXAMPLE,
      inputs: [{ port: 'folder', from: 'inputs.folder', canonical_payload_hash: HASH }],
      parents: [],
    },
  ],
  refused: [{ why: 'no run', value: { graph_run_id: GRAPH_EXAMPLE, step_id: 'check' } }],
});

export const GraphStepArtifact = artifact({
  name: 'GraphStepArtifact',
  source: 'whitepaper 4.8.1 (step-wise artifacts); decision 0041',
  summary:
    'Payload of `graphs/settle`, and what a step of a graph leaves: bound to the graph, to the ' +
    'hashes of what went in and came out, to the policy it was decided under, to the models that ' +
    'answered it, and by `parents` to the artifacts of the steps before it. It is named by ' +
    'SHA-256 of its canonical JSON. `skipped`: nothing led to it.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      graph_run_id: GraphRunId,
      graph_id: Digest,
      step_id: Name,
      state: Type.Union([
        Type.Literal('completed'),
        Type.Literal('failed'),
        Type.Literal('cancelled'),
        Type.Literal('skipped'),
        Type.Literal('escalated'),
      ]),
      run_id: Type.Optional(RunId),
      inputs: Type.Array(Given, { maxItems: MOST_PORTS }),
      outputs: Payloads,
      policy_hash: Digest,
      /** Over the models that answered the run, each as its route names it. */
      model_snapshot_id: Type.Optional(Digest),
      parents: Parents,
      /** Where what came out comes from, as rules on flows name it. */
      labels: Type.Optional(Type.Array(ShortText, { minItems: 1, maxItems: MOST_LABELS })),
      /** It stands on a copy alone: nothing of it is in the folder before a sealed merge. */
      speculative: Type.Optional(Type.Literal(true)),
      code: Type.Optional(ShortText),
    },
    closed,
  ),
  examples: [
    {
      graph_run_id: GRAPH_EXAMPLE,
      graph_id: HASH,
      step_id: 'check',
      state: 'completed',
      run_id: RUN_EXAMPLE,
      inputs: [{ port: 'folder', from: 'inputs.folder', canonical_payload_hash: HASH }],
      outputs: [{ port: 'summary', canonical_payload_hash: HASH }],
      policy_hash: HASH,
      parents: [HASH],
    },
  ],
  refused: [{ why: 'no parents', value: { graph_run_id: GRAPH_EXAMPLE, step_id: 'check' } }],
});

export const CancelGraphRun = artifact({
  name: 'CancelGraphRun',
  source: 'whitepaper 4.8; decision 0041',
  summary: 'Payload of `graphs/cancel`: no step of it begins any more.',
  artifactClass: 'enforceable',
  schema: Type.Object({ graph_run_id: GraphRunId }, closed),
  examples: [{ graph_run_id: GRAPH_EXAMPLE }],
  refused: [{ why: 'no run', value: {} }],
});

export const EndGraphRun = artifact({
  name: 'EndGraphRun',
  source: 'whitepaper 4.8.1 (traceability); decision 0041',
  summary:
    'Payload of `graphs/end`: the artifacts of all steps that were settled, in the order of the ' +
    'graph. It is completed by all its steps and the outputs that it promises; `escalated` is ' +
    'for a person to go on with. With `frees_budgets` what was spent in it is counted no longer, ' +
    'and nothing more is spent in it.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      graph_run_id: GraphRunId,
      state: Type.Union([
        Type.Literal('completed'),
        Type.Literal('failed'),
        Type.Literal('cancelled'),
        Type.Literal('escalated'),
      ]),
      artifacts: Parents,
      outputs: Type.Array(Given, { maxItems: MOST_PORTS }),
      frees_budgets: Type.Optional(Type.Literal(true)),
      code: Type.Optional(ShortText),
      detail: Type.Optional(LongText),
    },
    closed,
  ),
  examples: [{ graph_run_id: GRAPH_EXAMPLE, state: 'completed', artifacts: [HASH], outputs: [] }],
  refused: [{ why: 'an end that is none', value: { graph_run_id: GRAPH_EXAMPLE, state: 'open' } }],
});
