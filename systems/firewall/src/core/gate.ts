import { digestBytes, parseStrict } from '@ioi/canon';
import type { LayeredDecision } from '@ioi/law';
import { type FirewallDecisionReceipt, isActionRequest } from '@ioi/protocol';
import { type Decided, type DecisionInput, decide, refusal } from './decide.ts';
import { LARGEST_REQUEST } from './identity.ts';

/** A receipt before the log gives it its place. */
export type UnsealedReceipt = Omit<FirewallDecisionReceipt, 'seq' | 'prev_receipt_hash'>;

export type Gated = Decided & { readonly receipt: UnsealedReceipt };

// Room for white space and escapes around a request that fits.
const MOST_BYTES = LARGEST_REQUEST * 2;

/**
 * Bytes to decision and receipt. Input that is no request still gets one, over the hash of its
 * bytes (design ruling 6), so that nothing is dropped without a trace.
 */
export function gate(bytes: Uint8Array, input: Omit<DecisionInput, 'request'>): Gated {
  const parsed = parseStrict(bytes, { maxBytes: MOST_BYTES });
  if (!parsed.ok) {
    const isLarge = parsed.error.code === 'canon.too_large';
    return withRawReceipt(refusal(isLarge ? 'request.too_large' : 'canon.refused'), bytes);
  }
  if (!isActionRequest(parsed.value)) return withRawReceipt(refusal('request.invalid'), bytes);
  const decided = decide({ ...input, request: parsed.value });
  if (decided.requestHash === undefined) return withRawReceipt(decided, bytes);
  const { requestHash, decision } = decided;
  const policyHash = input.policy?.policyHash;
  const receipt = {
    request_hash: requestHash,
    ...(policyHash !== undefined && { policy_hash: policyHash }),
    ...(input.ceiling && { ceiling_hash: input.ceiling.policy.policyHash }),
    ...verdictFields(decision),
  };
  return { ...decided, receipt };
}

function withRawReceipt(decided: Decided, bytes: Uint8Array): Gated {
  const receipt = { raw_hash: digestBytes(bytes), ...verdictFields(decided.decision) };
  return { ...decided, receipt };
}

const VERDICTS = {
  ALLOW: { kind: 'Allow' },
  BLOCK: { kind: 'Block' },
  REQUIRE_APPROVAL: { kind: 'PendingApproval' },
} as const;

type VerdictFields = Pick<
  UnsealedReceipt,
  'verdict' | 'code' | 'observed' | 'rule_id' | 'deciding_field' | 'layer'
>;

function verdictFields(decision: LayeredDecision): VerdictFields {
  const { verdict, code, observed, ruleId, field, layer } = decision;
  return {
    verdict: VERDICTS[verdict],
    code,
    ...(observed !== undefined && {
      observed: { verdict: VERDICTS[observed.verdict].kind, code: observed.code },
    }),
    ...(ruleId !== undefined && { rule_id: ruleId }),
    ...(field !== undefined && { deciding_field: field }),
    ...(layer !== undefined && { layer }),
  };
}
