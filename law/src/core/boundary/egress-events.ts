import { assert } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { digestOf } from '@ioi/canon';
import type { ActionRequest, FirewallDecisionReceipt, RuntimeToolContract } from '@ioi/protocol';
import { isEgress, type PiiDecision } from '../cim/index.ts';
import { hostOfRequest } from '../policy/index.ts';
import type { BoundaryEvent } from './events.ts';

export type EgressContext = {
  readonly request: ActionRequest;
  readonly requestHash: Digest;
  readonly policyHash: Digest | undefined;
  readonly contract: RuntimeToolContract;
  readonly inspection: PiiDecision | undefined;
};

type ReceiptFields = Pick<
  FirewallDecisionReceipt,
  'pii_decision_hash' | 'redaction_manifest_hash' | 'vault_commitment'
>;

/** What a decision receipt says of an inspection. */
export function inspectionFields(inspection: PiiDecision | undefined): ReceiptFields {
  if (inspection === undefined) return {};
  const { decision_hash, source_hash } = inspection;
  return {
    pii_decision_hash: decision_hash,
    vault_commitment: source_hash,
    ...manifestHash(inspection),
  };
}

/** The records beside the receipt: what was found, what was held back, what may leave. */
export function egressEvents(
  { request, requestHash, policyHash, contract, inspection }: EgressContext,
  receipt: Pick<FirewallDecisionReceipt, 'verdict' | 'code' | 'rule_id'>,
): BoundaryEvent[] {
  if (policyHash === undefined) return [];
  const { target } = request;
  const about = { request_hash: requestHash, target, policy_hash: policyHash };
  const events: BoundaryEvent[] = [];
  if (inspection) {
    const { source_hash, redaction_manifest: _, ...decided } = inspection;
    const decision = { ...about, vault_commitment: source_hash, ...decided };
    events.push({
      type: 'egress.inspected',
      decision: { ...decision, ...manifestHash(inspection) },
    });
    if (receipt.code.startsWith('egress.')) {
      const classes = [...new Set(inspection.findings.map((finding) => finding.class))];
      const { decision_hash } = inspection;
      const interception = { ...about, code: receipt.code, classes, decision_hash };
      events.push({ type: 'firewall.intercepted', interception });
    }
  }
  const isPermitted = receipt.verdict.kind === 'Allow' || receipt.verdict.kind === 'Approved';
  if (isPermitted && isEgress(contract)) {
    const host = hostOfRequest(request);
    const { rule_id } = receipt;
    const places = { ...(host && { host }), ...(rule_id && { rule_id }) };
    events.push({ type: 'egress.permitted', permitted: { ...about, ...places } });
  }
  return events;
}

function manifestHash({ redaction_manifest }: PiiDecision): { redaction_manifest_hash?: Digest } {
  if (redaction_manifest === undefined) return {};
  const hash = digestOf(redaction_manifest);
  assert(hash.ok, 'a manifest has a canonical form');
  return { redaction_manifest_hash: hash.value };
}
