import { err, ok, type Result } from '@ioi/basis';
import type { MaterialKind } from './vault-material.ts';
import type { Refusal } from './wire.ts';

/** What a connector does with it; `oauth` is a grant that the edge keeps fresh. */
export type SecretKind = MaterialKind | 'oauth';

/** The one place a secret may go to. */
export type Binding = {
  /** A server or connector, as node.json names it. */
  readonly server: string;
  /** `https:`, or `http:` on this machine; of keys also `ssh://HOST:PORT` and `evm:CHAIN`. */
  readonly origin: string;
};

/** What is told of a secret of some kinds beside its name, so that others can use it. */
export type ItemFacts = {
  /** Of a `header` and a `webhook`: which one, in lower case. */
  readonly header?: string;
  /** Of a `webhook`: the hash of its HMAC. */
  readonly algorithm?: 'sha256' | 'sha512';
  /** Of `sigv4`: the region and the service that a signature is for. */
  readonly region?: string;
  readonly service?: string;
  /** Of an `ssh_key`: a line as authorized_keys has it, and `SHA256:…` as OpenSSH tells it. */
  readonly public_key?: string;
  readonly fingerprint?: string;
  /** Of an `evm_key`: its address as EIP-55 writes it. */
  readonly address?: string;
  /** Milliseconds of Chain Time, as text: from then on nobody gets it. */
  readonly expires_at?: string;
};

/** All that is told of a secret. */
export type VaultItem = ItemFacts & {
  readonly name: string;
  readonly kind: SecretKind;
  readonly bound_to: Binding;
  /** Of an `oauth` grant: the authorization server that gave it. */
  readonly issuer?: string;
  /** From one; every replacement counts on, also after a removal. */
  readonly version: number;
};

/** What an owner puts: the item, and what nobody but the edge is told (`Materials`). */
export type NewSecret = Omit<VaultItem, 'version' | 'issuer'> & { readonly secret: string };

/** Whether a secret may go there; the refusal names what it is bound to. */
export function checkBinding(
  { name, bound_to: bound }: VaultItem,
  { server, origin }: Binding,
): Result<void, Refusal> {
  if (bound.server === server && bound.origin === origin) return ok(undefined);
  const message = `${name} is for ${bound.server} at ${bound.origin} alone`;
  return err({ code: 'credential.bound_elsewhere', message });
}

/** Whether it may still be used at this Chain Time, in milliseconds. */
export function checkExpiry({ name, expires_at: end }: VaultItem, now: bigint) {
  if (end === undefined || now < BigInt(end)) return ok(undefined);
  const message = `${name} has expired; put a new one: ioi wallet secret rotate ${name}`;
  return err({ code: 'credential.expired', message });
}
