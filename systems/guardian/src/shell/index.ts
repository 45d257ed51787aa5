export { Approver, type PolicySummary } from './approver.ts';
export { DomainChannel, GuardianChannel, GuardianRefused } from './channel-client.ts';
export { serveChannel } from './channel-server.ts';
export { Guardian, type GuardianOptions } from './guardian.ts';
export { createSealKey, readSealKey, SealKeys } from './seal-keys.ts';
export { type SealRow, SealStore, sealedState, sealRow } from './seal-store.ts';
export { type Appointment, signChange } from './sign-change.ts';
export { GuardianStore } from './store.ts';
