export { domainModules } from './domain-modules.ts';
export {
  EPOCH_CHANGE,
  epochMessage,
  epochOriginOf,
  firstSealer,
  followsLog,
  holdEpoch,
  logNameOf,
  nextEpochOf,
  type SealedLog,
  type Sealer,
  sealerNamedIn,
} from './epoch.ts';
export type { DomainEvent } from './events.ts';
export {
  domainGenesisOf,
  domainNameOf,
  manifestOf,
  openDomainKey,
} from './identity.ts';
export { holdRoster, type Rostered, rosterMessage, saysTheSame } from './roster.ts';
export { type GrantedLog, grantMessage, holdGrant } from './succession.ts';
