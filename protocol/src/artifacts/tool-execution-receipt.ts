import Type from 'typebox';
import { artifact } from './artifact.ts';
import { Count, closed, Digest, LongText, ShortText, Uint64 } from './primitives.ts';

/** Required bindings per action domain (whitepaper 8.2.1, RRS-A). */
export const RrsaMarkers = Type.Object(
  {
    rrsa_request_binding: Digest,
    rrsa_firewall_decision: Digest,
    rrsa_domain: Type.Union([
      Type.Literal('filesystem'),
      Type.Literal('network'),
      Type.Literal('shell'),
      Type.Literal('unmapped'),
    ]),
    rrsa_path_scope_binding: Type.Optional(Digest),
    rrsa_domain_binding: Type.Optional(Digest),
    rrsa_output_commitment: Type.Optional(Digest),
  },
  closed,
);

const Postcondition = Type.Object(
  { name: ShortText, satisfied: Type.Boolean(), evidence_hash: Type.Optional(Digest) },
  closed,
);

/** As the server of a model counts them; whoever performed the act passes its word on. */
export const TokenUsage = Type.Object({ input_tokens: Count, output_tokens: Count }, closed);

const Candidate = Type.String({ minLength: 1, maxLength: 2048 });

/** Of an act that asked a model: the candidate to be asked first, and the one that answered. */
export const ModelServed = Type.Object(
  {
    requested: Candidate,
    served: Candidate,
    /** As the server that answered names its model. */
    model: Type.String({ minLength: 1, maxLength: 512 }),
  },
  closed,
);

const HASH = `sha256:${'0f'.repeat(32)}`;

export const ToolExecutionReceipt = artifact({
  name: 'ToolExecutionReceipt',
  source: 'whitepaper 2.6.7, 8.2.1, E.2',
  summary:
    'What became of a committed action. `completed`: the effect was observed, not inferred from ' +
    'an exit status. `failed_before_effect`: nothing happened. `effect_unknown`: it may have ' +
    'happened; nobody retries it, `reconciles` names the receipt a later one resolves. ' +
    '`satisfied` needs every marker of the domain and every postcondition of the contract.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      request_hash: Digest,
      committed_action_hash: Digest,
      contract_hash: Digest,
      outcome: Type.Union([
        Type.Literal('completed'),
        Type.Literal('failed_before_effect'),
        Type.Literal('effect_unknown'),
      ]),
      /** The tool's own error flag; it never decides the outcome. */
      reported_error: Type.Boolean(),
      satisfied: Type.Boolean(),
      markers: RrsaMarkers,
      postconditions: Type.Array(Postcondition, { maxItems: 8 }),
      evidence_commit_hash: Digest,
      contract_version: ShortText,
      attempt: Count,
      error_class: Type.Optional(ShortText),
      detail: Type.Optional(LongText),
      reconciles: Type.Optional(Digest),
      /** Of an act that asked a model, where its server said so. */
      token_usage: Type.Optional(TokenUsage),
      model_served: Type.Optional(ModelServed),
      seq: Uint64,
      prev_receipt_hash: Digest,
    },
    closed,
  ),
  examples: [
    {
      request_hash: HASH,
      committed_action_hash: HASH,
      contract_hash: HASH,
      outcome: 'completed',
      reported_error: false,
      satisfied: true,
      markers: {
        rrsa_request_binding: HASH,
        rrsa_firewall_decision: HASH,
        rrsa_domain: 'filesystem',
        rrsa_path_scope_binding: HASH,
        rrsa_output_commitment: HASH,
      },
      postconditions: [{ name: 'content_matches', satisfied: true, evidence_hash: HASH }],
      evidence_commit_hash: HASH,
      contract_version: '2026.8.31',
      attempt: 1,
      seq: '12',
      prev_receipt_hash: HASH,
    },
  ],
  refused: [{ why: 'an outcome nobody defined', value: { outcome: 'probably' } }],
});
