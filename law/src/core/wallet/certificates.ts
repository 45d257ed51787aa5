import { ok, type Result } from '@ioi/basis';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import {
  type DelegationCertificate,
  type IssueCertificate,
  isIssueCertificate,
  isRevokeCertificate,
  type Rejection,
  type RevokeCertificate,
  type View,
} from '@ioi/protocol';
import { keys, type NodeHead } from '../boundary/heads.ts';
import type { PolicyCache } from '../boundary/policy-cache.ts';
import { principalKey } from '../ledger/index.ts';
import { wideningIn } from './bounds.ts';
import { notStanding } from './cover.ts';
import { type CertificateHead, type CertifiedHead, walletKeys } from './heads.ts';
import { holdRegion, regionNeeds } from './region.ts';
import {
  type Chain,
  chainInForce,
  chainKeys,
  contentId,
  holdSigned,
  reject,
  requireNode,
  signerOn,
  type WalletOperation,
} from './signed.ts';

/** Certificates on one path, the owner's included. */
export const MOST_LINKS = 8;
/** Keys of one subject. */
const MOST_KEYS = 64;

/** A Manager binds a key of a subordinate to part of what it may do itself (7.3.4). */
export function issueCertificate(
  registry: VerifierRegistry,
  policies: PolicyCache,
): WalletOperation<IssueCertificate> {
  return {
    authors: ['channel'],
    accepts: isIssueCertificate,
    reads: ({ certificate }, view) => [
      keys.node,
      keys.policy,
      walletKeys.certificate(certificate.certificate_id),
      walletKeys.certified(certificate.subject_id),
      principalKey(keyId(certificate.subject_key)),
      ...chainKeys(certificate.parent_id, view),
    ],
    needs: ({ certificate }, view) => {
      return regionNeeds(certificate, parentIn(certificate, view), view);
    },
    decide: ({ certificate, signature }, { view, evidence, at }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const now = { revocationEpoch: node.value.revocation_epoch, chainTime: at.chainTime };
      const above = aboveOf(certificate, view, now);
      if (!above.ok) return above;
      const parent = above.value?.heads.at(-1)?.certificate;
      const key = parent?.subject_key ?? node.value.owner_key;
      const said = { node: node.value, operation: 'certificate.issue', statement: certificate };
      const held = holdSigned(said, key, signature, registry);
      if (!held.ok) return held;
      const late = notStanding({ ...certificate, status: 'active' }, now);
      if (late) return reject('certificate.void', `${late} does not hold now`);
      const broken = brokenCertificate(certificate, view);
      if (broken) return broken;
      const region = holdRegion(certificate, parent, { view, evidence, policies });
      if (!region.ok) return region;
      const wider = parent && wideningIn(parent, certificate, true);
      if (wider) return reject('certificate.wider', `${wider} goes further than its issuer may`);
      const key_id = keyId(certificate.subject_key);
      const path = above.value?.path ?? [];
      return ok([{ type: 'certificate.issued', certificate, key_id, signature, path }]);
    },
  };
}

function parentIn({ parent_id }: DelegationCertificate, view: View) {
  if (parent_id === undefined) return undefined;
  return view.get<CertificateHead>(walletKeys.certificate(parent_id))?.certificate;
}

function aboveOf(
  { parent_id }: DelegationCertificate,
  view: View,
  now: { readonly revocationEpoch: NodeHead['revocation_epoch']; readonly chainTime: bigint },
): Result<Chain | undefined, Rejection> {
  if (parent_id === undefined) return ok(undefined);
  const above = chainInForce(parent_id, view, now);
  if (!above.ok || above.value.path.length < MOST_LINKS) return above;
  return reject('certificate.too_deep', `at most ${MOST_LINKS} certificates hang by one another`);
}

function brokenCertificate(certificate: DelegationCertificate, view: View) {
  const { certificate_id: id, ...content } = certificate;
  if (id !== contentId('cert', content)) {
    return reject('certificate.id_mismatch', 'the id does not follow from what it says');
  }
  if (view.get(walletKeys.certificate(id))) {
    return reject('certificate.exists', `${id} was issued before`);
  }
  const key = keyId(certificate.subject_key);
  // Whoever certifies a key must not get to say what another's key may speak.
  if (view.get(principalKey(key))) {
    return reject('certificate.key_in_use', `${key} is a key of this domain already`);
  }
  const held = view.get<CertifiedHead>(walletKeys.certified(certificate.subject_id));
  const count = Object.keys(held?.certificates ?? {}).length;
  if (count < MOST_KEYS) return undefined;
  return reject('certificate.too_many', `${certificate.subject_id} has ${MOST_KEYS} keys`);
}

/** It ends with all that hangs below it: one head changes, and every path through it is void. */
export function revokeCertificate(registry: VerifierRegistry): WalletOperation<RevokeCertificate> {
  return {
    authors: ['channel'],
    accepts: isRevokeCertificate,
    reads: ({ revocation }, view) => [keys.node, ...chainKeys(revocation.certificate_id, view)],
    needs: () => [],
    decide: ({ revocation, signature }, { view }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const { certificate_id } = revocation;
      const head = view.get<CertificateHead>(walletKeys.certificate(certificate_id));
      if (!head) return reject('certificate.unknown', `no certificate ${certificate_id}`);
      const key = signerOn(head.path, signature, { node: node.value, view });
      const said = { node: node.value, operation: 'certificate.revoke', statement: revocation };
      const held = holdSigned(said, key, signature, registry);
      if (!held.ok) return held;
      if (head.status === 'revoked') {
        return reject('certificate.revoked', `${certificate_id} is revoked already`);
      }
      return ok([{ type: 'certificate.revoked', certificate_id }]);
    },
  };
}
