export { Approver, type PolicySummary } from './approver.ts';
export { DomainChannel, GuardianChannel } from './channel-client.ts';
export { serveChannel } from './channel-server.ts';
export { Guardian, type GuardianOptions } from './guardian.ts';
export { type ReadSeal, readSeal } from './read-seal.ts';
export { createSealKey, readSealKey, SealKeys } from './seal-keys.ts';
export { GuardianStore } from './store.ts';
