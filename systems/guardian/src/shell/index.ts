export { Approver, type PolicySummary } from './approver.ts';
export { DomainChannel, GuardianChannel } from './channel-client.ts';
export { serveChannel } from './channel-server.ts';
export { Guardian, type GuardianOptions } from './guardian.ts';
export { OwnerLock } from './owner-lock.ts';
export { createSealKey, readSealKey, SealKeys } from './seal-keys.ts';
export { StatementDesk, type Wish } from './statement-desk.ts';
export { GuardianStore } from './store.ts';
