export { domainModules } from './domain-modules.ts';
export type { DomainEvent } from './events.ts';
export {
  domainGenesisOf,
  domainNameOf,
  domainOriginOf,
  manifestOf,
  openDomainKey,
} from './identity.ts';
