import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, Digest, DomainId, JsonObject, OperationRef, referenceTo } from './primitives.ts';

const InvariantId = Type.String({ pattern: '^inv_[a-z0-9_]{1,64}$' });

const InvariantType = Type.Union([
  Type.Literal('authority'),
  Type.Literal('receipt'),
  Type.Literal('settlement'),
  Type.Literal('policy'),
  Type.Literal('temporal'),
  Type.Literal('projection'),
  Type.Literal('state_root'),
  Type.Literal('artifact_integrity'),
  Type.Literal('policy_monotonicity'),
]);

export const InvariantDefinition = artifact({
  name: 'InvariantDefinition',
  source: 'whitepaper 3.1, B.4',
  summary:
    'Payload of `objects/invariant.define`: a statement over kept counts and sums. `enforce` ' +
    'refuses whatever would break it; `record` lets checks say what they found. Without an ' +
    'expression the result of a check is what its author attests.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      invariant_id: InvariantId,
      domain_id: DomainId,
      invariant_type: InvariantType,
      mode: Type.Union([Type.Literal('enforce'), Type.Literal('record')]),
      expression: Type.Optional(JsonObject),
    },
    closed,
  ),
  examples: [
    {
      invariant_id: 'inv_listed_value',
      domain_id: 'agentgres://domain/market',
      invariant_type: 'settlement',
      mode: 'enforce',
      expression: {
        op: 'le',
        args: [
          { aggregate: { object_class: 'Service', measure: 'sum', pointer: '/price_cents' } },
          { value: 1_000_000 },
        ],
      },
    },
  ],
  refused: [{ why: 'no type', value: { invariant_id: 'inv_a', mode: 'enforce' } }],
});

export const DropInvariant = artifact({
  name: 'DropInvariant',
  source: 'whitepaper 3.1, B.4',
  summary: 'Payload of `objects/invariant.drop`. The id is not used again.',
  artifactClass: 'enforceable',
  schema: Type.Object({ invariant_id: InvariantId }, closed),
  examples: [{ invariant_id: 'inv_listed_value' }],
  refused: [{ why: 'no invariant id', value: { invariant_id: 'con_a' } }],
});

export const InvariantCheckEnvelope = artifact({
  name: 'InvariantCheckEnvelope',
  source: 'whitepaper B.4',
  summary:
    'Payload of `objects/invariant.check`: what an evaluation over accepted operations found. ' +
    'Where the invariant has an expression, a result that does not follow from it is refused.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      invariant_id: InvariantId,
      domain_id: DomainId,
      invariant_type: InvariantType,
      operation_refs: Type.Array(OperationRef, { maxItems: 256 }),
      result: Type.Union([Type.Literal('pass'), Type.Literal('fail'), Type.Literal('warn')]),
      violation_refs: Type.Array(referenceTo('violation'), { maxItems: 256 }),
      receipt_root: Digest,
    },
    closed,
  ),
  examples: [
    {
      invariant_id: 'inv_listed_value',
      domain_id: 'agentgres://domain/market',
      invariant_type: 'settlement',
      operation_refs: [`op://op_${'3d'.repeat(16)}`],
      result: 'pass',
      violation_refs: [],
      receipt_root: `sha256:${'4e'.repeat(32)}`,
    },
  ],
  refused: [{ why: 'no result', value: { invariant_id: 'inv_a', operation_refs: [] } }],
});
