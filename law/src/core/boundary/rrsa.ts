import type { RrsaMarkers, RuntimeToolContract, ToolExecutionReceipt } from '@ioi/protocol';

type Marker = Exclude<
  keyof RrsaMarkers,
  'rrsa_request_binding' | 'rrsa_firewall_decision' | 'rrsa_domain'
>;

/** What each domain must commit to, beyond the base bindings (whitepaper 8.2.1, RRS-A table). */
const REQUIRED: Readonly<Record<RrsaMarkers['rrsa_domain'], readonly Marker[]>> = {
  filesystem: ['rrsa_path_scope_binding', 'rrsa_output_commitment'],
  network: ['rrsa_domain_binding', 'rrsa_output_commitment'],
  shell: ['rrsa_output_commitment'],
  unmapped: ['rrsa_output_commitment'],
};

type Bound = { requestHash: string; decisionHash: string; contract: RuntimeToolContract };

/** The markers an execution lacks or binds wrongly; empty when complete. */
function missingMarkers(markers: RrsaMarkers, bound: Bound): string[] {
  const missing: string[] = [];
  if (markers.rrsa_request_binding !== bound.requestHash) missing.push('rrsa_request_binding');
  if (markers.rrsa_firewall_decision !== bound.decisionHash) missing.push('rrsa_firewall_decision');
  if (markers.rrsa_domain !== bound.contract.rrsa_domain) missing.push('rrsa_domain');
  for (const name of REQUIRED[bound.contract.rrsa_domain]) {
    if (markers[name] === undefined) missing.push(name);
  }
  return missing;
}

type Executed = Pick<ToolExecutionReceipt, 'outcome' | 'postconditions' | 'markers'>;

/**
 * The completion gate (whitepaper E.2): a completed execution satisfies its contract only with
 * every marker of its domain and every postcondition of the contract, each seen to hold.
 */
export function violations(executed: Executed, bound: Bound): string[] {
  if (executed.outcome !== 'completed') return [];
  const unmet = bound.contract.postconditions.filter((name) => {
    const seen = executed.postconditions.filter((each) => each.name === name);
    return seen.length === 0 || !seen.every((each) => each.satisfied);
  });
  return [...missingMarkers(executed.markers, bound), ...unmet];
}
