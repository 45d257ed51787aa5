import Type from 'typebox';
import { artifact } from './artifact.ts';
import { IntentContractSchema } from './intent-contract-schema.ts';
import {
  AgentId,
  Count,
  closed,
  Digest,
  LongText,
  referenceTo,
  ShortText,
  Uint64,
} from './primitives.ts';
import { RUN_EXAMPLE, RunId, WorkerId } from './run-envelope.ts';
import { TaskEnvelope } from './task-envelope.ts';

const HASH = `sha256:${'8b'.repeat(32)}`;
/** Also attempts that came to nothing, and what people edited into something else. */
const MOST_ACTS = 4096;
const MOST_LABELS = 256;
/** Six fields, and what a rubric has at most. */
const MOST_JUDGED = 70;

const ApplicabilityClass = Type.Union([
  Type.Literal('deterministic_local'),
  Type.Literal('topology_dependent'),
  Type.Literal('remote_retrieval'),
]);

/** `none`: the program holds itself to its steps, or not; the node does not see. */
const Confinement = Type.Union([
  Type.Literal('sandbox'),
  Type.Literal('interpreter'),
  Type.Literal('none'),
]);

const Managed = Type.Object(
  { id: referenceTo('ai'), manifest_hash: Digest, instance_id: ShortText },
  closed,
);

/** The one act of a step of a graph that the node itself carries out. */
const Own = Type.Object({ contract_hash: Digest }, closed);

const Verdict = Type.Union([
  Type.Literal('kept'),
  Type.Literal('broken'),
  Type.Literal('not_decided'),
]);

/** One field of a contract, or `rubric.NAME`, and why it was judged so. */
const Judged = Type.Object({ entry: ShortText, verdict: Verdict, why: ShortText }, closed);
const JudgedList = Type.Array(Judged, { maxItems: MOST_JUDGED });

/** `tier` 4A: a rubric that is decided without people (whitepaper 4.3.5). */
const Adjudication = Type.Object(
  {
    template_id: IntentContractSchema.schema.properties.template_id,
    contract_hash: Digest,
    tier: Type.Union([Type.Literal('4A'), Type.Literal('4B')]),
    verdict: Verdict,
    judged: JudgedList,
  },
  closed,
);

export const OpenWorkerRun = artifact({
  name: 'OpenWorkerRun',
  source: 'whitepaper B.4, E.2; decision 0034',
  summary:
    'Payload of `workers/open`: a worker begins a task. Every act of the run has this session in ' +
    'its request. `input_commitment` is over what it was given, with a salt; `program_hash` over ' +
    'what runs; `provider_selection_commit` over which worker was taken for which task; ' +
    '`task_schema_hash` over what the task takes and returns; `confinement` says what held its ' +
    'program to its steps. `managed` names the installed ' +
    'worker that runs: then `program_hash` is that of its package. `own` is of a step that the ' +
    'node carries out without one, in one act under that contract: then it is that of the step. ' +
    '`contract` is what its end is judged by; its template is that of the manifest. `execution`: ' +
    'it is carried out by executors, each step under the newest lease of it. `seed_commit`: ' +
    'what chance of the run is drawn from, which its end reveals.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      run_id: RunId,
      task: TaskEnvelope.schema,
      worker_id: WorkerId,
      agent_id: AgentId,
      session_id: Digest,
      program_hash: Digest,
      input_commitment: Digest,
      task_schema_hash: Digest,
      confinement: Confinement,
      provider_selection_commit: Digest,
      managed: Type.Optional(Managed),
      own: Type.Optional(Own),
      /** A person decides each act of it that the rules let through. */
      approval: Type.Optional(Type.Literal('always')),
      contract: Type.Optional(IntentContractSchema.schema),
      seed_commit: Type.Optional(Digest),
      /** By an executor, under a lease of the log, and by nobody without one. */
      execution: Type.Optional(Type.Literal('leased')),
    },
    closed,
  ),
  examples: [
    {
      run_id: RUN_EXAMPLE,
      task: TaskEnvelope.examples[0] as (typeof TaskEnvelope.examples)[number],
      worker_id: 'worker://local/count',
      agent_id: 'agent://local/worker/count',
      session_id: HASH,
      program_hash: HASH,
      input_commitment: HASH,
      task_schema_hash: HASH,
      confinement: 'sandbox',
      provider_selection_commit: HASH,
    },
  ],
  refused: [{ why: 'no session', value: { run_id: RUN_EXAMPLE, program_hash: HASH } }],
});

export const AnswerStep = artifact({
  name: 'AnswerStep',
  source: 'whitepaper 2.4 (DBIS-4); decision 0034',
  summary:
    'Payload of `workers/answer`: what the node told a worker that is no act done: the time, ' +
    'chance, what it remembers, that a step never became a request, or that nobody knows what ' +
    'became of one. `step_hash` is over target and parameters, `answer_commitment` over what was ' +
    'told, with a salt; `labels` say where what it remembers comes from.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      run_id: RunId,
      index: Count,
      step_hash: Digest,
      answer_commitment: Digest,
      /** Of `memory::put`: what is remembered under which key from here on. */
      remembers: Type.Optional(Type.Object({ key_hash: Digest, value: Digest }, closed)),
      labels: Type.Optional(Type.Array(ShortText, { minItems: 1, maxItems: MOST_LABELS })),
    },
    closed,
  ),
  examples: [{ run_id: RUN_EXAMPLE, index: 0, step_hash: HASH, answer_commitment: HASH }],
  refused: [{ why: 'an index below zero', value: { run_id: RUN_EXAMPLE, index: -1 } }],
});

export const EndWorkerRun = artifact({
  name: 'EndWorkerRun',
  source: 'whitepaper E.2, 8.2.1; decision 0034',
  summary:
    'Payload of `workers/end`. `acts` are the requests of the run in the order of its steps. ' +
    '`verification_commit` is over the output and whether it fits what the task returns; without ' +
    'it no run is completed. `judged` has the entries of a rubric that were held against the ' +
    'output: all that can be decided, and no others. `seed` is the one that was committed, in hex.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      run_id: RunId,
      state: Type.Union([
        Type.Literal('completed'),
        Type.Literal('failed'),
        Type.Literal('cancelled'),
      ]),
      acts: Type.Array(Digest, { maxItems: MOST_ACTS }),
      output_commitment: Type.Optional(Digest),
      verification_commit: Type.Optional(Digest),
      code: Type.Optional(ShortText),
      detail: Type.Optional(LongText),
      judged: Type.Optional(JudgedList),
      seed: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
    },
    closed,
  ),
  examples: [
    {
      run_id: RUN_EXAMPLE,
      state: 'completed',
      acts: [HASH],
      output_commitment: HASH,
      verification_commit: HASH,
      seed: '8b'.repeat(32),
    },
  ],
  refused: [{ why: 'an end that is none', value: { run_id: RUN_EXAMPLE, state: 'paused' } }],
});

export const RunCompletionReceipt = artifact({
  name: 'RunCompletionReceipt',
  source: 'whitepaper E.2 (completion gate), 8.2.1 (RRS-I)',
  summary:
    'Whether a run kept its contract: drawn from what is sealed, never from what the worker ' +
    'said. `evidence_commit_hash` is over both markers, the root of its receipts and, where ' +
    'there is one, `contract`: how it stands to the contract it was begun under. What was not ' +
    'decided there does not satisfy.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      run_id: RunId,
      contract_version: ShortText,
      state: EndWorkerRun.schema.properties.state,
      satisfied: Type.Boolean(),
      evidence_commit_hash: Digest,
      applicability_class: ApplicabilityClass,
      provider_selection_commit: Digest,
      verification_commit: Type.Optional(Digest),
      acts: Uint64,
      answers: Uint64,
      error_class: Type.Optional(
        Type.Union([
          Type.Literal('ExecutionFailedTerminal'),
          Type.Literal('ExecutionContractViolation'),
        ]),
      ),
      code: Type.Optional(ShortText),
      contract: Type.Optional(Adjudication),
    },
    closed,
  ),
  examples: [
    {
      run_id: RUN_EXAMPLE,
      contract_version: '1',
      state: 'completed',
      satisfied: true,
      evidence_commit_hash: HASH,
      applicability_class: 'topology_dependent',
      provider_selection_commit: HASH,
      verification_commit: HASH,
      acts: '1',
      answers: '2',
    },
  ],
  refused: [{ why: 'no evidence', value: { run_id: RUN_EXAMPLE, satisfied: true } }],
});
