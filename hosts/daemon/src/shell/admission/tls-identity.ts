import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, type TLSSocket } from 'node:tls';
import { type Digest, digestBytes } from '@ioi/canon';
import { certificateOf, newTlsKey, type OwnCertificate } from '@ioi/gateway/shell';

/** What a process shows of itself to another of its cluster. */
export type TlsIdentity = OwnCertificate & {
  /** Digest of the public key (SubjectPublicKeyInfo): what the owner's roster names. */
  readonly pin: Digest;
};

const KEY_FILE = 'tls.key';
/** Also of somebody who records what is said, and has a quantum computer later. */
const HYBRID_GROUP = 'X25519MLKEM768';
const CLASSICAL_GROUP = 'X25519';

/** The key of this folder; made when it is first asked for, and for this account alone. */
export function openTlsIdentity(folder: string): TlsIdentity {
  const path = join(folder, KEY_FILE);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path, newTlsKey(), { mode: 0o600, flag: 'wx', flush: true });
  }
  const key = readFileSync(path, 'utf8');
  return { ...certificateOf(key), pin: pinOf(createPublicKey(key)) };
}

/**
 * How two of a cluster speak: TLS 1.3, each with its key, in the one group that this OpenSSL has
 * the better of. Whose key it is `peerPin` says, and nothing else is believed.
 */
export function clusterTls({ cert, key }: OwnCertificate) {
  return {
    cert,
    key,
    minVersion: 'TLSv1.3' as const,
    ecdhCurve: tlsGroup(),
    rejectUnauthorized: false,
  };
}

/** Looked up in the OpenSSL that runs. */
export function tlsGroup(): string {
  try {
    createSecureContext({ ecdhCurve: HYBRID_GROUP });
    return HYBRID_GROUP;
  } catch {
    return CLASSICAL_GROUP;
  }
}

/** The key that the other side proved to hold; undefined where it showed none. */
export function peerPin(socket: TLSSocket): Digest | undefined {
  // A session that is taken up again proves nothing anew.
  if (socket.isSessionReused()) return undefined;
  const shown = socket.getPeerX509Certificate();
  return shown && pinOf(shown.publicKey);
}

function pinOf(publicKey: KeyObject): Digest {
  return digestBytes(publicKey.export({ type: 'spki', format: 'der' }));
}
