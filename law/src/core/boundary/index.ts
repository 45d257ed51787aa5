export { ACTIVATE_TARGET, takesPasskey } from './activate-policy.ts';
export { budgetView } from './budgets.ts';
export { contradictoryBundle } from './contradictory-bundle.ts';
export { decidingContents } from './deciding-texts.ts';
export {
  egressLayer,
  egressRules,
  inspectVault,
  outcomeUnder,
  readVault,
  type VaultContent,
  withEgress,
} from './egress.ts';
export type { BoundaryEvent } from './events.ts';
export { extendedTime } from './extend-action.ts';
export {
  type ActionHead,
  type BudgetHead,
  type BundleHead,
  type ContractHead,
  keys,
  type NodeHead,
  type OpenHead,
  type OrganisationHead,
  type PolicyHead,
} from './heads.ts';
export {
  asksProvenance,
  bundleInForce,
  layersInForce,
  rolesInForce,
  staleFrom,
} from './layers-in-force.ts';
export { BOUNDARY } from './module.ts';
export { nodeDomainOf, nodeIdOf, originOf } from './node-id.ts';
export { type PolicyCache, policyCache } from './policy-cache.ts';
export { checkPublication, type Expected } from './publication.ts';
export { NO_RECEIPT, receiptHash } from './receipts.ts';
export { decidedOn, payloadsOf } from './references.ts';
export { bundleHash, bundleMessage } from './signed-bundle.ts';
export {
  type ChangedVerdict,
  contractsNamedIn,
  decisionsIn,
  type PolicySimulation,
  simulatePolicy,
} from './simulate.ts';
