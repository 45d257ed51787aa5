export type { Asked, Leased, Refused, VaultPort } from './account.ts';
export { serveLine } from './edge-server.ts';
export { Egress } from './egress.ts';
export type { Consent } from './grant-provider.ts';
export { Logins } from './logins.ts';
export { vaultOver } from './vault-over.ts';
