export type { AccumulatorHead } from './accumulator.ts';
export { levelIdOf, nextOfApprovers } from './approvers.ts';
export { GOVERNANCE, policyInForce, statementBytes } from './authority.ts';
export { chainIdOf, nodeEnvelopeIn } from './chains.ts';
export {
  type ApprovalDraft,
  draftAddOn,
  draftChain,
  draftDecision,
  draftInstall,
  draftRegistration,
  draftRemoval,
  draftSettlement,
  draftSwap,
  draftTransition,
  draftUnpin,
  type SigningDraft,
} from './drafts.ts';
export type { GovernanceEvent, GovernanceReceipt } from './events.ts';
export {
  type AnnouncedHead,
  type ChainHead,
  type ChainIndexHead,
  governanceKeys,
  type InvocationHead,
  type LeaseHead,
  type ModuleHead,
  type MountedHead,
  type ProposalHead,
  type ProposalState,
  type SessionHead,
  type SettlementHead,
  type TargetHead,
} from './heads.ts';
export { NO_HASH } from './names.ts';
export { nextPin } from './organisations.ts';
export {
  isRevoked,
  nextRevocation,
  revokedIn,
  sessionBytes,
  standingRevocations,
} from './portable-sessions.ts';
export {
  type AddOnStatement,
  type InstallStatement,
  isSignedOperation,
  moduleOf,
  rehearse,
  requestToApprove,
  type Signable,
  type SignedEvent,
  type SignedOperation,
  type Stage,
  signableBytes,
  signedPayload,
  type WalletStatement,
} from './signable.ts';
