import Type from 'typebox';
import { artifact } from './artifact.ts';
import {
  AuthorityScope,
  ChainTime,
  Count,
  closed,
  LongText,
  Money,
  PrimitiveCapability,
  ShortText,
  Uint64,
  Uri,
} from './primitives.ts';

const TASK = `task_${'6f'.repeat(16)}`;

export const TaskId = Type.String({ pattern: '^task_[0-9a-f]{32}$' });
const Ref = Type.Optional(Uri);

export const TaskEnvelope = artifact({
  name: 'TaskEnvelope',
  source: 'whitepaper B.4',
  summary:
    'Work to be done, for whom, within what. `constraints.deadline` and `created_at` are Chain ' +
    'Time; `max_steps`, what a run may ask of the node at most, and `reading_valid_ms`, how long ' +
    'it may go on by what it read of the clock and the network, are ours.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      task_id: TaskId,
      requester_id: Uri,
      objective: LongText,
      task_class: Type.Union([
        Type.Literal('coding'),
        Type.Literal('research'),
        Type.Literal('workflow'),
        Type.Literal('commerce'),
        Type.Literal('render'),
        Type.Literal('connector'),
        Type.Literal('service_delivery'),
        Type.Literal('other'),
      ]),
      privacy_class: Type.Union([
        Type.Literal('public'),
        Type.Literal('internal'),
        Type.Literal('confidential'),
        Type.Literal('regulated'),
      ]),
      execution_profile: Type.Union([
        Type.Literal('local'),
        Type.Literal('hosted'),
        Type.Literal('depin_mutual_blind'),
        Type.Literal('tee_enterprise'),
        Type.Literal('customer_vpc'),
      ]),
      input_refs: Type.Array(Uri, { maxItems: 64 }),
      output_contract: Type.Object(
        {
          type: Type.Union([
            Type.Literal('report'),
            Type.Literal('patch'),
            Type.Literal('artifact'),
            Type.Literal('delivery_bundle'),
            Type.Literal('service_result'),
            Type.Literal('worker_result'),
          ]),
          required_receipts: Type.Array(
            Type.Union([Type.Literal('execution'), Type.Literal('validation')]),
            { maxItems: 2 },
          ),
        },
        closed,
      ),
      constraints: Type.Object(
        {
          deadline: Type.Optional(ChainTime),
          max_budget: Type.Optional(Money),
          max_steps: Type.Optional(Count),
          reading_valid_ms: Type.Optional(Uint64),
          human_approval: Type.Optional(ShortText),
        },
        closed,
      ),
      primitive_capabilities_required: Type.Array(PrimitiveCapability, { maxItems: 16 }),
      authority_scopes_required: Type.Array(AuthorityScope, { maxItems: 16 }),
      created_at: ChainTime,
      training_spec_ref: Ref,
      benchmark_profile_ref: Ref,
      sparse_worker_category: Type.Optional(ShortText),
      evaluation_rubric_ref: Ref,
      contribution_policy_ref: Ref,
    },
    closed,
  ),
  examples: [
    {
      task_id: TASK,
      requester_id: 'wallet://local/owner',
      objective: 'count_words',
      task_class: 'other',
      privacy_class: 'internal',
      execution_profile: 'local',
      input_refs: [],
      output_contract: { type: 'worker_result', required_receipts: ['execution', 'validation'] },
      constraints: { deadline: '1800000600000', max_steps: 100 },
      primitive_capabilities_required: ['prim:fs.read'],
      authority_scopes_required: [],
      created_at: '1800000000000',
    },
  ],
  refused: [
    { why: 'an id of another kind', value: { task_id: 'run_1', objective: 'count_words' } },
    { why: 'no objective', value: { task_id: TASK } },
  ],
});
