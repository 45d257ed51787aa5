export {
  challengeOf,
  checkClientData,
  isCounterAhead,
  readAuthenticatorData,
  readCounter,
  verifyAssertion,
} from './assertion.ts';
export { clientSecretPlace } from './client-secret.ts';
export {
  type ApproversHead,
  hasPasskeyHere,
  isOutOfBand,
  type Quorum,
  quorumFor,
} from './heads.ts';
export {
  isForRoles,
  isHybridInSum,
  LONGEST_SESSION_MS,
  type Missing,
  missingAmong,
  openerOf,
  type Signer,
  type Signing,
  signersOf,
} from './signatures.ts';
