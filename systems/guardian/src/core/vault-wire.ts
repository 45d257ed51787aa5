import type { Binding, VaultItem } from './vault-item.ts';
import type { Refusal } from './wire.ts';

/** Which secret is wanted, and where it would go. */
export type SecretAsked = Binding & { readonly name: string };

/** Edge to guardian. */
export type VaultAsk =
  | ({ readonly kind: 'lease' } & SecretAsked)
  /** A grant that was renewed at its authorization server; of `oauth` items alone. */
  | ({ readonly kind: 'renew'; readonly issuer: string; readonly secret: string } & SecretAsked);

/** Undefined when the edge says anything else. */
export function readVaultAsk(body: unknown): VaultAsk | undefined {
  const { kind, name, server, origin, issuer, secret } = Object(body) as Record<string, unknown>;
  if (typeof name !== 'string' || typeof server !== 'string') return undefined;
  if (typeof origin !== 'string') return undefined;
  if (kind === 'lease') return { kind, name, server, origin };
  if (kind !== 'renew' || typeof issuer !== 'string' || typeof secret !== 'string') {
    return undefined;
  }
  return { kind, name, server, origin, issuer: issuer.slice(0, MAX_ISSUER), secret };
}

const MAX_ISSUER = 2048;

export type VaultAnswer =
  | { readonly kind: 'leased'; readonly item: VaultItem; readonly secret: string }
  | { readonly kind: 'renewed' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Guardian to edge, each on behalf of the owner. */
export type EdgeAsk =
  /** Begins to get a grant for a server: the answer is where the person has to go. */
  | { readonly kind: 'login'; readonly server: string }
  /** Answers once the grant is in the vault, or why it will not be. */
  | { readonly kind: 'login_wait'; readonly server: string }
  /** Where the person's browser was sent back to, when it could not reach the edge by itself. */
  | { readonly kind: 'login_finish'; readonly server: string; readonly callback: string }
  /** The secret is gone or another: what uses it ends. */
  | { readonly kind: 'revoked'; readonly name: string };

export type EdgeAnswer =
  | { readonly kind: 'login'; readonly authorization_url: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };
