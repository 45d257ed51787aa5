export {
  type Attesting,
  admittedBefore,
  type Batch,
  commitStamp,
  type Place,
  placeAfter,
  placeOf,
  prepare,
  type SealedState,
  seal,
} from './attest.ts';
export {
  type ChainClock,
  type ClockReading,
  chainTime,
  later,
  resyncTarget,
  startClock,
} from './clock.ts';
export type { GuardianConfig } from './config.ts';
export {
  type ActivationDraft,
  type Approving,
  draftActivation,
  draftToken,
  type PendingItem,
  tokenOver,
} from './desk.ts';
export { ownerSignatureOf } from './owner-signature.ts';
export { type FirstWord, recover, type Tail } from './recover.ts';
export { type Asked, draftStatement, type StatementDraft } from './statements.ts';
export { brokenTakeover } from './takeover.ts';
export type { Binding, VaultItem } from './vault-item.ts';
export type { EdgeAnswer, EdgeAsk, SecretAsked, VaultAnswer, VaultAsk } from './vault-wire.ts';
export type {
  AdmissionResult,
  CommitStamp,
  GuardianAnswer,
  GuardianAsk,
  GuardianMessage,
  GuardianNotice,
  GuardianRequest,
  GuardianStatus,
  Payloads,
  PreparedBatch,
  RecoveredBatch,
  Refusal,
  Seal,
} from './wire.ts';
