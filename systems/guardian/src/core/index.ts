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
  type TokenDraft,
  tokenOver,
} from './desk.ts';
export { deviceOrigin } from './device-name.ts';
export { plainEcdsa } from './ecdsa-der.ts';
export { type Handed, isWishShowable, type WishView, wishOf, wishView } from './handed-wish.ts';
export type { OperationAnswer, OperationAsk, SealedOperation } from './operation-wire.ts';
export { ownerSignatureOf } from './owner-signature.ts';
export { type Alike, alikeAmong } from './page-alike.ts';
export {
  BESIDE_PATH,
  type Guarded,
  guardRequest,
  type PagePlace,
  placeOf as pagePlaceOf,
} from './page-guard.ts';
export { type PageItem, pageItem } from './page-view.ts';
export { isShowable, type PolicyView, policyView } from './policy-page.ts';
export { type FirstWord, recover, type Tail } from './recover.ts';
export { factorIn, OFFERED_ALGORITHMS, type Registration } from './registration.ts';
export { revokedGrants, takesBack } from './revoked.ts';
export {
  authorizationQuery,
  type OfferedSignIn,
  plainIdToken,
  SIGNED_IN_PATH,
  subjectIn,
} from './sign-in.ts';
export { type Asked, draftStatement, type StatementDraft } from './statements.ts';
export { brokenTakeover } from './takeover.ts';
export type { Binding, ItemFacts, NewSecret, SecretKind, VaultItem } from './vault-item.ts';
export type {
  BasicMaterial,
  MaterialKind,
  Materials,
  Sigv4Material,
  WebhookMaterial,
} from './vault-material.ts';
export type {
  EdgeAnswer,
  EdgeAsk,
  SecretAsked,
  VaultAct,
  VaultAnswer,
  VaultAsk,
  VaultUse,
} from './vault-wire.ts';
export type {
  AdmissionResult,
  CommitStamp,
  ExchangeAnswer,
  ExchangeAsked,
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
  Vouched,
} from './wire.ts';
