import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import {
  closed,
  Digest,
  HybridSignature,
  ModuleId,
  Money,
  NodeId,
  ShortText,
  Uint64,
  Uint128,
  Uri,
} from './primitives.ts';

const HASH = `sha256:${'5b'.repeat(32)}`;
const SOURCE = 'whitepaper A.3, 8.2';
/** Links of the one chain of receipts of a log. */
const links = { seq: Uint64, prev_receipt_hash: Digest };
const linked = { seq: '21', prev_receipt_hash: HASH };
const signature = exampleSignature(HASH);

/** What an upgrade is bound to (whitepaper 2.6.11). */
export const UpgradeTarget = Type.Object(
  {
    kind: Type.Union([
      Type.Literal('module'),
      Type.Literal('workflow'),
      Type.Literal('policy'),
      Type.Literal('tool'),
      Type.Literal('model_route'),
      Type.Literal('schema'),
    ]),
    ref: Uri,
  },
  closed,
);

/** `wider`: some request goes further. `undecided` counts as that: nobody showed otherwise. */
export const InclusionResult = Type.Union([
  Type.Literal('unchanged'),
  Type.Literal('narrower'),
  Type.Literal('wider'),
  Type.Literal('undecided'),
]);

export const ModuleInvocationReceipt = artifact({
  name: 'ModuleInvocationReceipt',
  source: SOURCE,
  summary:
    'One invocation of a service module, finished. `receipt_hashes` are the execution receipts ' +
    'of the actions it performed; a failure has the digest of what it answered as output.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      artifact_class: Type.Literal(1),
      invocation_id: Digest,
      module_ref: ModuleId,
      manifest_hash: Digest,
      caller_identity: Uri,
      chain_id: Type.Optional(Digest),
      input_payload_hash: Digest,
      output_payload_hash: Digest,
      execution_gas_spent: Uint128,
      status: Type.Union([Type.Literal('Success'), Type.Literal('Failure')]),
      receipt_hashes: Type.Array(Digest, { maxItems: 64 }),
      ...links,
    },
    closed,
  ),
  examples: [
    {
      artifact_class: 1,
      invocation_id: HASH,
      module_ref: 'module://local/summarise/1',
      manifest_hash: HASH,
      caller_identity: 'agent://local/mcp',
      input_payload_hash: HASH,
      output_payload_hash: HASH,
      execution_gas_spent: '0',
      status: 'Success',
      receipt_hashes: [HASH],
      ...linked,
    },
  ],
  refused: [{ why: 'a status nobody defined', value: { status: 'Maybe' } }],
});

export const UpgradeProposalReceipt = artifact({
  name: 'UpgradeProposalReceipt',
  source: SOURCE,
  summary:
    'An upgrade was proposed. `target_module_id` names the target of whatever kind; zeros as ' +
    '`old_manifest_hash` stand for a target that has no version yet.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      artifact_class: Type.Literal(1),
      proposal_id: Digest,
      chain_id: Digest,
      proposer: Uri,
      target_kind: UpgradeTarget.properties.kind,
      target_module_id: Uri,
      old_manifest_hash: Digest,
      new_manifest_hash: Digest,
      rationale_hash: Digest,
      ...links,
    },
    closed,
  ),
  examples: [
    {
      artifact_class: 1,
      proposal_id: HASH,
      chain_id: HASH,
      proposer: 'agent://local/mcp',
      target_kind: 'module',
      target_module_id: 'module://local/summarise/1',
      old_manifest_hash: HASH,
      new_manifest_hash: HASH,
      rationale_hash: HASH,
      ...linked,
    },
  ],
  refused: [{ why: 'no proposer', value: { proposal_id: HASH } }],
});

export const UpgradeDecisionReceipt = artifact({
  name: 'UpgradeDecisionReceipt',
  source: SOURCE,
  summary:
    'What the owner decided about a proposal, with the signature that decided it, and the token ' +
    'where it widens or cannot be shown not to.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      artifact_class: Type.Literal(1),
      proposal_id: Digest,
      verdict: Type.Union([
        Type.Literal('Approved'),
        Type.Literal('Rejected'),
        Type.Literal('Escalated'),
        Type.Literal('RolledBack'),
      ]),
      reason_code: Type.Union([
        Type.Literal('MONOTONIC_PASS'),
        Type.Literal('STEP_UP_APPROVED'),
        Type.Literal('OWNER_DECISION'),
      ]),
      inclusion_result: InclusionResult,
      authority_signature: HybridSignature,
      token_hash: Type.Optional(Digest),
      ...links,
    },
    closed,
  ),
  examples: [
    {
      artifact_class: 1,
      proposal_id: HASH,
      verdict: 'Approved',
      reason_code: 'MONOTONIC_PASS',
      inclusion_result: 'narrower',
      authority_signature: signature,
      ...linked,
    },
  ],
  refused: [{ why: 'unsigned', value: { proposal_id: HASH, verdict: 'Approved' } }],
});

export const MutationReceipt = artifact({
  name: 'MutationReceipt',
  source: 'whitepaper 8.2 (class 6), 9.4',
  summary:
    'Something governed was changed: by a swap, or by a committed upgrade, whose id ' +
    '`mutation_id` then is. `inclusion_result` is the check of the Monotonic Policy Invariant; ' +
    'whatever touches policy, capabilities or the way a model is mounted is `undecided` unless ' +
    'it drops capabilities alone, and needs `token_hash`.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      artifact_class: Type.Literal(6),
      mutation_id: Digest,
      chain_id: Type.Optional(Digest),
      target_kind: UpgradeTarget.properties.kind,
      target_module_id: Uri,
      old_manifest_hash: Digest,
      new_manifest_hash: Digest,
      rationale_hash: Digest,
      inclusion_result: InclusionResult,
      token_hash: Type.Optional(Digest),
      ...links,
    },
    closed,
  ),
  examples: [
    {
      artifact_class: 6,
      mutation_id: HASH,
      target_kind: 'module',
      target_module_id: 'module://local/summarise/2',
      old_manifest_hash: HASH,
      new_manifest_hash: HASH,
      rationale_hash: HASH,
      inclusion_result: 'unchanged',
      ...linked,
    },
  ],
  refused: [{ why: 'another class', value: { artifact_class: 1, mutation_id: HASH } }],
});

export const LocalSettlementReceipt = artifact({
  name: 'LocalSettlementReceipt',
  source: SOURCE,
  summary:
    'Two chains of one node settled between themselves. `net_amount` is what was paid, 0 of ' +
    '`none` where nothing was. `receipt_root` is the root over all governance receipts of the ' +
    'node before this one, since no root covers the receipt that names it.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      artifact_class: Type.Literal(1),
      settlement_id: Digest,
      node_id: NodeId,
      involved_chains: Type.Array(Digest, { minItems: 2, maxItems: 2 }),
      net_amount: Money.properties.amount,
      asset_identifier: ShortText,
      receipt_root: Digest,
      ...links,
    },
    closed,
  ),
  examples: [
    {
      artifact_class: 1,
      settlement_id: HASH,
      node_id: `node://local/${'0f'.repeat(16)}`,
      involved_chains: [HASH, `sha256:${'5c'.repeat(32)}`],
      net_amount: '12.5',
      asset_identifier: 'labor_gas',
      receipt_root: HASH,
      ...linked,
    },
  ],
  refused: [{ why: 'one chain', value: { settlement_id: HASH, involved_chains: [HASH] } }],
});

export const SessionReceipt = artifact({
  name: 'SessionReceipt',
  source: 'whitepaper 8.2 (class 1), 4.2.3',
  summary:
    'One step of a session. With the ticket that pays for it, it is a leaf of the accumulator of ' +
    'the session; `ticket_hash` is absent for a step nobody pays for.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      artifact_class: Type.Literal(1),
      session_id: Digest,
      step: Uint64,
      policy_hash: Digest,
      input_payload_hash: Digest,
      output_payload_hash: Digest,
      model_snapshot_id: Type.Optional(ShortText),
      ticket_hash: Type.Optional(Digest),
      ...links,
    },
    closed,
  ),
  examples: [
    {
      artifact_class: 1,
      session_id: HASH,
      step: '1',
      policy_hash: HASH,
      input_payload_hash: HASH,
      output_payload_hash: HASH,
      ...linked,
    },
  ],
  refused: [{ why: 'no session', value: { artifact_class: 1, step: '1' } }],
});

export const Commitment = artifact({
  name: 'Commitment',
  source: 'whitepaper 8.2 (class 2), 4.2.4',
  summary:
    'What a session was, when it closed: the root over its steps and their number. Zeros are no ' +
    'root: a session without steps commits to the root of an empty tree.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      artifact_class: Type.Literal(2),
      session_id: Digest,
      policy_hash: Digest,
      receipt_root: Digest,
      final_seq: Uint64,
    },
    closed,
  ),
  examples: [
    {
      artifact_class: 2,
      session_id: HASH,
      policy_hash: HASH,
      receipt_root: HASH,
      final_seq: '7',
    },
  ],
  refused: [{ why: 'no root', value: { artifact_class: 2, session_id: HASH } }],
});
