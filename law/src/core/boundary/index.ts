export { ACTIVATE_TARGET } from './activate-policy.ts';
export { budgetView } from './budgets.ts';
export { decidingContents } from './deciding-texts.ts';
export {
  egressRules,
  inspectVault,
  readVault,
  type VaultContent,
  withEgress,
} from './egress.ts';
export type { BoundaryEvent } from './events.ts';
export {
  type ActionHead,
  type BudgetHead,
  type ContractHead,
  keys,
  type NodeHead,
  type OpenHead,
  type PolicyHead,
} from './heads.ts';
export { BOUNDARY } from './module.ts';
export { nodeDomainOf, nodeIdOf, originOf } from './node-id.ts';
export { type PolicyCache, policyCache } from './policy-cache.ts';
export { NO_RECEIPT, receiptHash } from './receipts.ts';
export { decidedOn, payloadsOf } from './references.ts';
export { type ChangedVerdict, type PolicySimulation, simulatePolicy } from './simulate.ts';
