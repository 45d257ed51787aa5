import { err, ok, type Result } from '@ioi/basis';
import { canonicalJson, type Digest, digestBytes } from '@ioi/canon';
import type { NormalisedCall } from '@ioi/firewall';
import { SALT_DIGITS, saltedText, type VaultContent } from '@ioi/law';
import type { Rejection } from '@ioi/protocol';

/** What was inspected, salted, by the digest that commits to it. */
export type Vault = { readonly digest: Digest; readonly text: string };

/**
 * A call as it was before anything was taken out of it. `salt` is 32 hex digits of chance of its
 * own: with it forgotten, the commitment tells nothing.
 */
export function vaultOf(
  { params, payloads }: Pick<NormalisedCall, 'params' | 'payloads'>,
  salt: string,
): Result<Vault, Rejection> {
  const salts = payloads.map(({ digest, text }) => [digest, text.slice(0, SALT_DIGITS)] as const);
  const content: VaultContent = { params, salts: Object.fromEntries(salts) };
  const canonical = canonicalJson(content);
  if (!canonical.ok) return err({ code: 'canon.refused', message: canonical.error.message });
  const text = saltedText(salt, canonical.value);
  return ok({ digest: digestBytes(text), text });
}
