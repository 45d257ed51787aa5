import Type from 'typebox';
import { artifact } from './artifact.ts';
import { FirewallDecisionReceipt } from './firewall-decision-receipt.ts';
import {
  LocalSettlementReceipt,
  ModuleInvocationReceipt,
  MutationReceipt,
  SessionReceipt,
  UpgradeDecisionReceipt,
  UpgradeProposalReceipt,
} from './governance-receipts.ts';
import {
  AgentId,
  AuthorityScope,
  ChainTime,
  closed,
  Digest,
  GrantId,
  PrimitiveCapability,
  ReceiptId,
  ShortText,
} from './primitives.ts';
import { ToolExecutionReceipt } from './tool-execution-receipt.ts';

const HASH = `sha256:${'1a'.repeat(32)}`;

export const ReceiptEnvelope = artifact({
  name: 'ReceiptEnvelope',
  source: 'whitepaper B.4',
  summary:
    'Carries every receipt. `timestamp` is Chain Time. `isolation_tier` is what was probed on ' +
    'this host, absent where nothing was decided or performed on it; `demo` is true on a node ' +
    'marked as demo. Of the types, `module_invocation`, `upgrade`, `mutation` and `session` are ' +
    'named here: B.4 lists none that fits.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      receipt_id: ReceiptId,
      receipt_type: Type.Union([
        Type.Literal('policy'),
        Type.Literal('tool_execution'),
        Type.Literal('settlement'),
        Type.Literal('module_invocation'),
        Type.Literal('upgrade'),
        Type.Literal('mutation'),
        Type.Literal('session'),
      ]),
      actor_id: AgentId,
      run_id: Type.Optional(ShortText),
      task_id: Type.Optional(ShortText),
      input_hash: Type.Optional(Digest),
      output_hash: Type.Optional(Digest),
      policy_hash: Type.Optional(Digest),
      authority_grant_id: Type.Optional(GrantId),
      primitive_capabilities: Type.Array(PrimitiveCapability, { maxItems: 16 }),
      authority_scopes: Type.Array(AuthorityScope, { maxItems: 16 }),
      artifact_refs: Type.Array(ShortText, { maxItems: 64 }),
      timestamp: ChainTime,
      isolation_tier: Type.Optional(
        Type.Union([
          Type.Literal('advisory'),
          Type.Literal('mediated'),
          Type.Literal('sandboxed'),
          Type.Literal('separated'),
          Type.Literal('hardware'),
        ]),
      ),
      demo: Type.Boolean(),
      body: Type.Union([
        FirewallDecisionReceipt.schema,
        ToolExecutionReceipt.schema,
        LocalSettlementReceipt.schema,
        ModuleInvocationReceipt.schema,
        UpgradeProposalReceipt.schema,
        UpgradeDecisionReceipt.schema,
        MutationReceipt.schema,
        SessionReceipt.schema,
      ]),
    },
    closed,
  ),
  examples: [
    {
      receipt_id: `receipt_${'2b'.repeat(16)}`,
      receipt_type: 'policy',
      actor_id: 'agent://local/mcp',
      input_hash: HASH,
      policy_hash: HASH,
      primitive_capabilities: ['prim:fs.write'],
      authority_scopes: [],
      artifact_refs: [],
      timestamp: '1800000000000',
      isolation_tier: 'mediated',
      demo: true,
      body: {
        request_hash: HASH,
        policy_hash: HASH,
        verdict: { kind: 'Allow' },
        code: 'policy.allowed',
        rule_id: 'write_notes',
        seq: '3',
        prev_receipt_hash: HASH,
      },
    },
  ],
  refused: [{ why: 'no body', value: { receipt_id: `receipt_${'2b'.repeat(16)}` } }],
});
