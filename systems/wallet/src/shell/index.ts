export type { Asked, Leased, Refused, VaultPort } from './account.ts';
export { type Invoke, type SealedWork, serveLine } from './edge-server.ts';
export { Egress } from './egress.ts';
export { exchangeWithSecret } from './exchange-with-secret.ts';
export type { Consent } from './grant-provider.ts';
export { Logins } from './logins.ts';
export { type OperationVault, SealedEgress } from './sealed-egress.ts';
export { operationVaultOver, vaultOver } from './vault-over.ts';
export { WebEgress, type WebExchange } from './web-egress.ts';
