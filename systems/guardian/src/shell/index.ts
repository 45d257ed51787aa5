export { Approver, type PolicySummary } from './approver.ts';
export { DomainChannel, GuardianChannel } from './channel-client.ts';
export { answerTo, serveChannel } from './channel-server.ts';
export { Guardian, type GuardianOptions } from './guardian.ts';
export { decodeMessage, encodeMessage } from './message-codec.ts';
export { createSealKey, readSealKey, SealKeys } from './seal-keys.ts';
export { SealStore } from './seal-store.ts';
export type { Sources } from './sources.ts';
export { GuardianStore } from './store.ts';
