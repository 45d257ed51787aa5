import { err, ok, type Result } from '@ioi/basis';
import { canonicalJson, digestBytes } from '@ioi/canon';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import type { OrganisationPublication, PolicyBundle, Rejection } from '@ioi/protocol';
import { loadPolicy } from '../policy/index.ts';
import { contradictoryBundle } from './contradictory-bundle.ts';
import { bundleMessage, type HeldBundle, isNewer } from './signed-bundle.ts';

/** Clocks of two machines that are kept are never that far apart. */
const MOST_AHEAD_MS = 24n * 3_600_000n;

export type Expected = {
  /** Fingerprint of the key that may sign. */
  readonly keyId: string;
  /** What is held of it, where anything is. */
  readonly held?: HeldBundle;
  /** Chain Time. */
  readonly now: bigint;
};

/**
 * Holds what was found where an organisation publishes against what a node knows of it. `true`
 * where it is newer than what is held, `false` where it is the same.
 */
export function checkPublication(
  { public_key, bundle, rules }: OrganisationPublication,
  { keyId: expected, held, now }: Expected,
  registry: VerifierRegistry,
): Result<boolean, Rejection> {
  const found = keyId(public_key);
  if (found !== expected || bundle.key_id !== expected) {
    const message = `what is published there is of ${found}, not of ${expected}`;
    return reject('organisation.wrong_key', message);
  }
  const message = bundleMessage(bundle);
  const signed = registry.verify(public_key, 'SIG_DOMAIN_POLICY', message, bundle.signature);
  if (!signed.ok) return reject('bundle.bad_signature', signed.error.code);
  const text = canonicalJson(rules);
  if (!text.ok || digestBytes(text.value) !== bundle.policy_hash) {
    return reject('bundle.rules_invalid', 'these are not the rules that were signed');
  }
  if (!loadPolicy(text.value).ok) return reject('bundle.rules_invalid', 'its rules do not load');
  const moved = isNewer(bundle, held);
  if (!moved.ok || !moved.value) return moved;
  const contradictory = contradictoryBundle({ rules, settings: bundle.settings });
  if (contradictory !== undefined) return err(contradictory);
  return timely(bundle, held !== undefined, now);
}

/** A clock that is far off is noticed before anything is bounded by it. */
function timely(bundle: PolicyBundle, hasOne: boolean, now: bigint): Result<boolean, Rejection> {
  const issued = BigInt(bundle.issued);
  if (issued > now + MOST_AHEAD_MS) {
    const message = `it was issued ${days(issued - now)} days ahead of this node's clock`;
    return reject('bundle.issued_ahead', message);
  }
  // What is newer than a bundle that is held says more of today, however old it is.
  if (hasOne || now < issued + BigInt(bundle.max_age_ms)) return ok(true);
  const message = `it was issued ${days(now - issued)} days before this node's clock: too old`;
  return reject('bundle.too_old', message);
}

function days(span: bigint): bigint {
  return span / 86_400_000n;
}

function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
