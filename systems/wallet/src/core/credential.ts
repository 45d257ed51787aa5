import { ok, type Result } from '@ioi/basis';
import type { Header } from './admit.ts';
import { type Grant, readGrant } from './grant.ts';
import { type EdgeRefusal, unsent } from './refusal.ts';

/** A secret as the guardian gave it: how it is sent, and what may not come back. */
export type Credential =
  | { readonly kind: 'fixed'; readonly header: Header; readonly secrets: readonly string[] }
  | { readonly kind: 'grant'; readonly grant: Grant };

/** Characters; a shorter word could be any other. */
const SHORTEST = 8;

/** Reads what the guardian leases. */
export function readCredential(
  { kind, header }: { readonly kind: string; readonly header?: string },
  secret: string,
): Result<Credential, EdgeRefusal> {
  if (kind === 'bearer') {
    return ok({ kind: 'fixed', header: ['authorization', `Bearer ${secret}`], secrets: [secret] });
  }
  if (kind === 'header' && header !== undefined) {
    // Of `Basic dXNlcjo…` and the like the last word alone is secret enough.
    const words = secret.split(' ').filter((word) => word.length >= SHORTEST);
    return ok({ kind: 'fixed', header: [header, secret], secrets: [secret, ...words] });
  }
  const grant = kind === 'oauth' ? readGrant(secret) : undefined;
  if (grant !== undefined) return ok({ kind: 'grant', grant });
  return unsent('credential.unreadable', 'the credential is not understood; set it again');
}
