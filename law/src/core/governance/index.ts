export { type AccumulatorHead, accumulatorRoot, sessionLeaf } from './accumulator.ts';
export { GOVERNANCE, policyInForce } from './authority.ts';
export { chainIdOf, nodeEnvelopeIn } from './chains.ts';
export { UPGRADE_TARGET } from './decide-proposal.ts';
export {
  type ApprovalDraft,
  draftChain,
  draftDecision,
  draftRegistration,
  draftSettlement,
  draftSwap,
  draftTransition,
  type SigningDraft,
} from './drafts.ts';
export type { GovernanceEvent, GovernanceReceipt } from './events.ts';
export {
  type AnnouncedHead,
  type ChainHead,
  type ChainIndexHead,
  governanceKeys,
  type InvocationHead,
  type ModuleHead,
  type MountedHead,
  type ProposalHead,
  type ProposalState,
  type SessionHead,
  type SettlementHead,
  type TargetHead,
} from './heads.ts';
export { type Governed, inclusionOf } from './inclusion.ts';
export { governanceModule } from './module.ts';
export { invocationRef, NO_HASH, proposalRef, transitionRef } from './names.ts';
export { SWAP_TARGET } from './swap-module.ts';
export { inclusionOfChange } from './targets.ts';
