import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { type HybridSignature, keyId, type VerifierRegistry } from '@ioi/crypto';
import type {
  DelegationCertificate,
  HybridPublicKey,
  Operation,
  Rejection,
  View,
} from '@ioi/protocol';
import { keys, type NodeHead } from '../boundary/heads.ts';
import { type Place, statementBytes } from '../governance/authority.ts';
import { hashOf } from '../governance/names.ts';
import { certificatesAt, notStanding } from './cover.ts';
import type { WalletEvent } from './events.ts';
import { type CertificateHead, walletKeys } from './heads.ts';

export type WalletOperation<P> = Operation<P, WalletEvent>;

export const WALLET = 'wallet';

export function reject(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}

export function requireNode(view: View): Result<NodeHead, Rejection> {
  const node = view.get<NodeHead>(keys.node);
  return node ? ok(node) : reject('node.no_genesis', 'the log has no genesis');
}

/** As whom the owner of a node gives authority. */
export function ownerIssuerOf(nodeId: string): string {
  return `wallet://${nodeId.slice('node://'.length)}/owner`;
}

/** `grant_…` or `cert_…`: 128 bits of the digest of all else that it says. */
export function contentId<T extends object>(prefix: 'grant' | 'cert', content: T): string {
  return `${prefix}_${hashOf(content).slice(7, 39)}`;
}

/** Rejects with `wallet.unauthorised` unless exactly this key signed exactly this. */
export function holdSigned(
  said: { readonly node: Place; readonly operation: string; readonly statement: object },
  key: DelegationCertificate['subject_key'],
  signature: HybridSignature,
  registry: VerifierRegistry,
): Result<void, Rejection> {
  if (!isHybrid(key)) return reject('wallet.unauthorised', 'the key of a session signs no grants');
  const message = statementBytes({ module: WALLET, ...said });
  const verified = registry.verify(key, 'SIG_DOMAIN_MANIFEST', message, signature);
  return verified.ok
    ? verified
    : reject('wallet.unauthorised', `${said.operation}: ${verified.error.code}`);
}

function isHybrid(key: DelegationCertificate['subject_key']): key is HybridPublicKey {
  return key.algorithm === 'hybrid-ed25519-ml-dsa-44';
}

/** A certificate with all above it, the owner's first and itself last. */
export type Chain = { readonly path: readonly string[]; readonly heads: CertificateHead[] };

/** Heads that say whether a certificate is in force. */
export function chainKeys(id: string | undefined, view: View) {
  if (id === undefined) return [];
  const key = walletKeys.certificate(id);
  const above = view.get<CertificateHead>(key)?.path ?? [];
  return [key, ...above.map(walletKeys.certificate)];
}

/** Rejects with `certificate.unknown`, or `certificate.void` where any of the path no longer is. */
export function chainInForce(
  id: string,
  view: View,
  now: { readonly revocationEpoch: string; readonly chainTime: bigint },
): Result<Chain, Rejection> {
  const head = view.get<CertificateHead>(walletKeys.certificate(id));
  const above = head && certificatesAt(head.path, view);
  if (!head || !above) return reject('certificate.unknown', `no certificate ${id}`);
  const heads = [...above, head];
  for (const { certificate, status } of heads) {
    const why = notStanding({ ...certificate, status }, now);
    if (why !== undefined) {
      return reject('certificate.void', `${certificate.certificate_id}: ${why}`);
    }
  }
  return ok({ path: [...head.path, id], heads });
}

/** Whose key says something about what hangs by a path: the owner's, or one on it. */
export function signerOn(
  path: readonly string[],
  { key_id }: HybridSignature,
  { node, view }: { readonly node: NodeHead; readonly view: View },
): DelegationCertificate['subject_key'] {
  const certificates = certificatesAt(path, view) ?? [];
  const found = certificates.find(({ certificate, status }) => {
    return status === 'active' && keyId(certificate.subject_key) === (key_id as Digest);
  });
  return found?.certificate.subject_key ?? node.owner_key;
}
