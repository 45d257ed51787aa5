import { assert, err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, type Digest, digestOf } from '@ioi/canon';
import type { PolicyBundle, Rejection } from '@ioi/protocol';

/** Of a bundle that is held already. */
export type HeldBundle = { readonly version: string; readonly bundle_hash: string };

/** What an organisation signs, under SIG_DOMAIN_POLICY. */
export function bundleMessage(bundle: Omit<PolicyBundle, 'signature'>): Uint8Array {
  const { signature: _, ...signed } = bundle as PolicyBundle;
  const bytes = canonicalBytes(signed);
  assert(bytes.ok, 'a bundle has a canonical form');
  return bytes.value;
}

/** Of all that was signed. */
export function bundleHash({ signature: _, ...signed }: PolicyBundle): Digest {
  const hash = digestOf(signed);
  assert(hash.ok, 'a bundle has a canonical form');
  return hash.value;
}

/** Whether it is newer than what is held, or the same. A version is one bundle; none goes down. */
export function isNewer(
  bundle: PolicyBundle,
  held: HeldBundle | undefined,
): Result<boolean, Rejection> {
  if (held === undefined) return ok(true);
  if (held.bundle_hash === bundleHash(bundle)) return ok(false);
  const { version } = bundle;
  if (held.version === version) {
    const message = `another bundle is version ${version} already`;
    return err({ code: 'bundle.version_reused', message });
  }
  if (BigInt(version) > BigInt(held.version)) return ok(true);
  const message = `version ${version}, and ${held.version} is held`;
  return err({ code: 'bundle.older', message });
}
