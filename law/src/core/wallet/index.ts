export type { AuthorityUse } from './authority-events.ts';
export { type PrefixCache, prefixCache, type Verifying, verifyChain } from './chain.ts';
export {
  notStanding,
  refusalUnder,
  type ScopedAct,
  type Standing,
  scopedAct,
  standingOf,
} from './cover.ts';
export type { WalletEvent } from './events.ts';
export {
  type CertificateHead,
  type GrantHead,
  type HoldingHead,
  type RequestHead,
  walletKeys,
} from './heads.ts';
export { requestIdOf } from './requests.ts';
export { contentId, ownerIssuerOf, WALLET } from './signed.ts';
export { walletCompletions, walletWords } from './statements.ts';
