import { type Digest, isDigest } from '@ioi/canon';
import type { Binding, VaultItem } from './vault-item.ts';
import type { Refusal } from './wire.ts';

/** Which secret is wanted, and where it would go. */
export type SecretAsked = Binding & {
  readonly name: string;
  /** The sealed operation it is for, where there is one. */
  readonly operation?: Digest;
};

/** What was done with secrets, and with what opens them. */
export type VaultAct =
  | 'put'
  | 'leased'
  | 'renewed'
  | 'revived'
  | 'removed'
  | 'shredded'
  | 'unlocked'
  | 'locked'
  | 'unlocker_added'
  | 'unlocker_removed'
  | 'rekeyed'
  | 'adopted'
  | 'set_aside';

/** One line of what was done; it never holds a value. */
export type VaultUse = {
  /** They count up without a gap; the oldest are forgotten. */
  readonly number: number;
  readonly act: VaultAct;
  /** Chain Time, as text. */
  readonly at: string;
  /** Of a secret. */
  readonly name?: string;
  readonly version?: number;
  readonly server?: string;
  readonly operation?: Digest;
  /** Of what opens the vault. */
  readonly unlocker?: string;
};

/** Edge to guardian. */
export type VaultAsk =
  | ({ readonly kind: 'lease' } & SecretAsked)
  /** A grant that was renewed at its authorization server; of `oauth` items alone. */
  | ({ readonly kind: 'renew'; readonly issuer: string; readonly secret: string } & SecretAsked);

/** Undefined when the edge says anything else. */
export function readVaultAsk(body: unknown): VaultAsk | undefined {
  const asked = Object(body) as Record<string, unknown>;
  const { kind, name, server, origin, issuer, secret, operation } = asked;
  if (typeof name !== 'string' || typeof server !== 'string') return undefined;
  if (typeof origin !== 'string') return undefined;
  if (operation !== undefined && !isDigest(operation)) return undefined;
  const sealed = operation === undefined ? {} : { operation };
  if (kind === 'lease') return { kind, name, server, origin, ...sealed };
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
  /** A code for an ID token, from the provider that the owner pinned. */
  | {
      readonly kind: 'exchange';
      readonly token_endpoint: string;
      readonly form: Readonly<Record<string, string>>;
      readonly method: 'client_secret_basic' | 'client_secret_post';
      readonly secret: string;
    }
  /** The secret is gone or another: what uses it ends. */
  | { readonly kind: 'revoked'; readonly name: string }
  /** The grant of a sealed action no longer holds: it ends. */
  | { readonly kind: 'ended'; readonly committed_hash: string };

export type EdgeAnswer =
  | { readonly kind: 'login'; readonly authorization_url: string }
  | { readonly kind: 'exchanged'; readonly id_token: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };
