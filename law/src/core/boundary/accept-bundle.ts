import { decodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  type AcceptBundle,
  type Evidence,
  isAcceptBundle,
  type Operation,
  type PolicyBundle,
  type Rejection,
  type View,
} from '@ioi/protocol';
import { loadPolicy } from '../policy/index.ts';
import type { BoundaryEvent } from './events.ts';
import { type BundleHead, keys, type OrganisationHead } from './heads.ts';
import type { PolicyCache } from './policy-cache.ts';
import { bundleHash, bundleMessage, isNewer } from './signed-bundle.ts';

/** Rules of a bundle, in bytes of their canonical form. */
const MOST_BYTES = 2 * 1024 * 1024;

const reject = (code: string, message: string): Result<never, Rejection> => err({ code, message });

/**
 * Takes a bundle of the organisation that is pinned. It bounds every decision from the next seal
 * on, also where the active policy goes further: that one stays, under it.
 */
export function acceptBundle(
  policies: PolicyCache,
  registry: VerifierRegistry,
): Operation<AcceptBundle, BoundaryEvent> {
  return {
    authors: ['channel'],
    accepts: isAcceptBundle,
    reads: ({ bundle }) => [
      keys.node,
      keys.organisation,
      keys.bundle(bundle.key_id, bundle.organisation_id),
    ],
    needs: ({ bundle }) => [{ kind: 'payload', digest: bundle.policy_hash as Digest }],
    decide: ({ bundle }, { view, evidence, at }) => {
      const signed = holdBundle(bundle, view, registry);
      if (!signed.ok) return signed;
      const broken = brokenRules(bundle.policy_hash as Digest, { policies, evidence });
      if (broken) return err(broken);
      const { signature: _, key_id, policy_hash, ...said } = bundle;
      const hashes = { policy_hash: policy_hash as Digest, bundle_hash: signed.value };
      const head: BundleHead = { ...said, ...hashes, accepted: String(at.chainTime) };
      return ok([{ type: 'bundle.accepted', key_id: key_id as Digest, bundle: head }]);
    },
  };
}

/** The digest of a bundle that the pinned key signed and that is newer than the one held. */
function holdBundle(
  bundle: PolicyBundle,
  view: View,
  registry: VerifierRegistry,
): Result<Digest, Rejection> {
  const { organisation_id: id, key_id, version } = bundle;
  const pinned = view.get<OrganisationHead>(keys.organisation)?.pinned;
  if (!pinned) return reject('organisation.none_pinned', 'no organisation bounds this node');
  if (pinned.organisation_id !== id || pinned.key_id !== key_id) {
    const message = `it is of ${id} by ${key_id}, not of ${pinned.organisation_id}`;
    return reject('bundle.other_organisation', message);
  }
  const message = bundleMessage(bundle);
  const { public_key } = pinned;
  const verified = registry.verify(public_key, 'SIG_DOMAIN_POLICY', message, bundle.signature);
  if (!verified.ok) return reject('bundle.bad_signature', verified.error.code);
  const newer = isNewer(bundle, view.get<BundleHead>(keys.bundle(key_id, id)));
  if (!newer.ok) return newer;
  if (newer.value) return ok(bundleHash(bundle));
  return reject('bundle.already_held', `version ${version} is held already`);
}

type Reading = { readonly policies: PolicyCache; readonly evidence: Evidence };

/** Rules come from elsewhere: they have to load as authored ones do, to these very bytes. */
function brokenRules(hash: Digest, { policies, evidence }: Reading): Rejection | undefined {
  const bytes = evidence.payload(hash);
  if (!bytes) return { code: 'bundle.rules_missing', message: `no rules with hash ${hash}` };
  if (bytes.length > MOST_BYTES) {
    return { code: 'bundle.too_large', message: `its rules have more than ${MOST_BYTES} bytes` };
  }
  const loaded = loadPolicy(decodeUtf8(bytes) ?? '');
  if (!loaded.ok) {
    const message = loaded.error[0]?.message ?? 'its rules do not load';
    return { code: 'bundle.rules_invalid', message };
  }
  const isCanonical = loaded.value.policyHash === hash && policies.compiled(hash, evidence);
  if (isCanonical) return undefined;
  return { code: 'bundle.rules_invalid', message: 'its rules are not in canonical form' };
}
