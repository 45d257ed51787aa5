import { err, ok, type Result, secureUrl } from '@ioi/basis';
import type { Refusal } from './wire.ts';

/** `bearer` and `header` are sent as they are; `oauth` is a grant that the edge keeps fresh. */
type SecretKind = 'bearer' | 'header' | 'oauth';

/** The one place a secret may go to. */
export type Binding = {
  /** As node.json names it. */
  readonly server: string;
  /** `https:`, or `http:` on this machine. */
  readonly origin: string;
};

/** All that is told of a secret. */
export type VaultItem = {
  readonly name: string;
  readonly kind: SecretKind;
  readonly bound_to: Binding;
  /** Of a `header`: which one, in lower case. */
  readonly header?: string;
  /** Of an `oauth` grant: the authorization server that gave it. */
  readonly issuer?: string;
  /** How often it was replaced since it was put. */
  readonly rotations: number;
};

/** What an owner puts: the item, and what nobody but the edge is told. */
export type NewSecret = Omit<VaultItem, 'rotations' | 'issuer'> & { readonly secret: string };

const NAME = /^[a-z][a-z0-9_-]{0,63}$/;
const HEADER = /^[a-z][a-z0-9-]{0,63}$/;
/** What the connection and the protocol on it need for themselves. */
const TAKEN_FAMILY = /^(accept|content|mcp|proxy|trailer|transfer)(-|$)/;
const TAKEN = ['connection', 'cookie', 'host', 'keep-alive', 'last-event-id', 'te', 'upgrade'];
/** A shorter one could not be told from other text when it comes back. */
const BEARER = /^[\x21-\x7e]{8,8192}$/;
const HEADER_VALUE = /^[\x21-\x7e]([\x20-\x7e]{6,8190})[\x21-\x7e]$/;
/** Characters of a grant. */
export const MAX_GRANT = 256 * 1024;

/** What was asked to be put, when all of it is well. Messages never hold the secret. */
export function readNewSecret(
  given: Readonly<Record<string, unknown>>,
): Result<NewSecret, Refusal> {
  const { name, kind, server, origin, header, secret } = given;
  if (typeof name !== 'string' || !NAME.test(name)) return wrong('a name is like my-server');
  if (typeof server !== 'string' || !NAME.test(server)) return wrong('no server is named');
  const url = secureUrl(String(origin));
  if (url === undefined || url.origin !== origin) {
    return wrong('an origin is https://HOST, or http:// on this machine');
  }
  const base = { name, bound_to: { server, origin: url.origin } };
  if (typeof secret !== 'string') return wrong('there is no secret');
  if (kind === 'oauth') {
    return secret.length > MAX_GRANT
      ? wrong('the grant is too large')
      : ok({ ...base, kind, secret });
  }
  if (kind === 'bearer') {
    if (!BEARER.test(secret)) return wrong('a token is 8 to 8192 visible characters, no spaces');
    return ok({ ...base, kind, secret });
  }
  if (kind !== 'header') return wrong('a secret is a bearer, a header or an oauth grant');
  if (typeof header !== 'string' || !HEADER.test(header) || isTaken(header)) {
    return wrong('this header is not one for a secret');
  }
  if (!HEADER_VALUE.test(secret)) return wrong('a header has 8 to 8192 visible characters');
  return ok({ ...base, kind, header, secret });
}

/** Whether a secret may go there; the refusal names what it is bound to. */
export function checkBinding(
  { name, bound_to: bound }: VaultItem,
  { server, origin }: Binding,
): Result<void, Refusal> {
  if (bound.server === server && bound.origin === origin) return ok(undefined);
  const message = `${name} is for ${bound.server} at ${bound.origin} alone`;
  return err({ code: 'credential.bound_elsewhere', message });
}

function isTaken(header: string): boolean {
  return TAKEN.includes(header) || TAKEN_FAMILY.test(header);
}

function wrong(message: string): Result<never, Refusal> {
  return err({ code: 'credential.invalid', message });
}
