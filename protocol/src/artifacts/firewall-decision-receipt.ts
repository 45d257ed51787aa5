import Type from 'typebox';
import { artifact } from './artifact.ts';
import { AuthorityRequestId, closed, Digest, ShortText, Uint64 } from './primitives.ts';

const Verdict = Type.Union([
  Type.Object({ kind: Type.Literal('Allow') }, closed),
  Type.Object({ kind: Type.Literal('Block') }, closed),
  Type.Object({ kind: Type.Literal('PendingApproval') }, closed),
  Type.Object({ kind: Type.Literal('Approved'), token_hash: Digest }, closed),
]);

const HASH = `sha256:${'0e'.repeat(32)}`;

export const FirewallDecisionReceipt = artifact({
  name: 'FirewallDecisionReceipt',
  source: 'whitepaper 2.6.7, A.2; design ruling 6',
  summary:
    'The decision on one act. `seq` is its place in the log, `prev_receipt_hash` the digest of ' +
    'the receipt before it. guardian_sig is the signed checkpoint that covers `seq` with the ' +
    "inclusion path, and so lies outside the receipt's own digest. `request_hash` is absent " +
    'when the input could not be canonicalised; `raw_hash` then is the digest of its bytes.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      request_hash: Type.Optional(Digest),
      raw_hash: Type.Optional(Digest),
      policy_hash: Type.Optional(Digest),
      verdict: Verdict,
      code: ShortText,
      /** Under a policy that observes: what enforcing it would have answered, and why. */
      observed: Type.Optional(
        Type.Object(
          {
            verdict: Type.Union([Type.Literal('Block'), Type.Literal('PendingApproval')]),
            code: ShortText,
          },
          closed,
        ),
      ),
      rule_id: Type.Optional(ShortText),
      /** The condition, fact or field that decided. */
      deciding_field: Type.Optional(ShortText),
      /** What was asked for, where a grant is missing. */
      authority_request_id: Type.Optional(AuthorityRequestId),
      /** The layer that decided; absent where no bundle of an organisation is in force. */
      layer: Type.Optional(Type.Union([Type.Literal('local'), Type.Literal('organisation')])),
      /** The rules of that bundle, whichever layer decided. */
      ceiling_hash: Type.Optional(Digest),
      /** Digest of tool, parameter schema, target selectors, risk surface and deadline. */
      intent_hash: Type.Optional(Digest),
      /** Digest of policy version, rule, scopes and the approval that made the exception. */
      policy_binding_hash: Type.Optional(Digest),
      /** Digest of this step and of the step before it, for all steps of the node. */
      step_i_hash: Type.Optional(Digest),
      pii_decision_hash: Type.Optional(Digest),
      redaction_manifest_hash: Type.Optional(Digest),
      /** Salted digest of what was inspected before anything was taken out of it. */
      vault_commitment: Type.Optional(Digest),
      /** The request that a person edited this one into. */
      replaced_by: Type.Optional(Digest),
      seq: Uint64,
      prev_receipt_hash: Digest,
    },
    closed,
  ),
  examples: [
    {
      request_hash: HASH,
      policy_hash: HASH,
      verdict: { kind: 'Block' },
      code: 'policy.default_deny',
      seq: '4',
      prev_receipt_hash: HASH,
    },
    {
      request_hash: HASH,
      policy_hash: HASH,
      verdict: { kind: 'Approved', token_hash: HASH },
      code: 'policy.approved',
      rule_id: 'ask_overwrite',
      deciding_field: 'target_exists',
      seq: '9',
      prev_receipt_hash: HASH,
    },
  ],
  refused: [
    {
      why: 'observed to be allowed',
      value: {
        request_hash: HASH,
        verdict: { kind: 'Allow' },
        code: 'policy.observed',
        observed: { verdict: 'Allow', code: 'policy.allowed' },
        seq: '9',
        prev_receipt_hash: HASH,
      },
    },
    {
      why: 'approved without a token',
      value: {
        request_hash: HASH,
        policy_hash: HASH,
        verdict: { kind: 'Approved' },
        code: 'x',
        seq: '9',
        prev_receipt_hash: HASH,
      },
    },
  ],
});
