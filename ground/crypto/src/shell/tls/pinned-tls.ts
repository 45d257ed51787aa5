import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import {
  connect,
  createSecureContext,
  createServer,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { type Issuer, issueCertificate } from './issue-certificate.ts';

/** SHA-256 of a public key as SubjectPublicKeyInfo: `sha256:…`. */
export type TlsKeyHash = `sha256:${string}`;

/** How two agree on keys: with ML-KEM-768 beside X25519, where this runtime has that. */
export type TlsGroup = 'X25519MLKEM768' | 'X25519';

export type TlsIdentity = Issuer & { readonly keyHash: TlsKeyHash };

const HYBRID = 'X25519MLKEM768';
const DAY_MS = 86_400_000;
const VALID_MS = 365 * DAY_MS;
const SHAKE_MS = 10_000;
/** With those that nobody knows yet: each of them is here for as long as it may shake hands. */
const MOST_SOCKETS = 4096;

/** The key in a file that only its account may read; made where there is none. */
export function tlsIdentity(path: string, name: string): TlsIdentity {
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(path, pem, { mode: 0o600, flag: 'wx' });
  }
  const privateKey = createPrivateKey(readFileSync(path));
  const publicKey = createPublicKey(privateKey);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return { name, privateKey, publicKey, keyHash: hashOf(spki) };
}

/** The group that is used here, and no other. */
export function tlsGroup(): TlsGroup {
  try {
    createSecureContext({ ecdhCurve: HYBRID });
    return HYBRID;
  } catch {
    return 'X25519';
  }
}

/** Nobody signs for the keys: they are known beforehand. */
type NoChain = { readonly rejectUnauthorized: false };

type Peer = { readonly socket: TLSSocket; readonly keyHash: TlsKeyHash };

type Listening = {
  readonly identity: TlsIdentity;
  /** Whoever is not admitted is cut off before a byte of it is read. */
  readonly admits: (keyHash: TlsKeyHash) => boolean;
  readonly onPeer: (peer: Peer) => void;
};

/**
 * A server of TLS 1.3 for clients that are known by their keys. No certificate is believed: each
 * end shows one of its own making, and what counts is that it holds the key in it.
 */
export function listenPinned({ identity, admits, onPeer }: Listening): Server {
  const options = { ...pinnedTls(identity), requestCert: true, handshakeTimeout: SHAKE_MS };
  const server = createServer(options, (socket) => {
    socket.on('error', () => {});
    const keyHash = keyHashOf(socket);
    if (keyHash === undefined || !admits(keyHash)) socket.destroy();
    else onPeer({ socket, keyHash });
  });
  server.maxConnections = MOST_SOCKETS;
  server.on('tlsClientError', (_, socket) => socket.destroy());
  return server;
}

type Connecting = {
  readonly host: string;
  readonly port: number;
  readonly identity: TlsIdentity;
  /** The key that the server must hold. */
  readonly pinned: string;
};

/** Rejects with why: also where somebody else answers there. */
export function connectPinned({ host, port, identity, pinned }: Connecting): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...pinnedTls(identity) });
    const fail = (why: Error): void => {
      socket.destroy();
      reject(why);
    };
    socket.setTimeout(SHAKE_MS, () => fail(new Error('it does not answer')));
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      if (keyHashOf(socket) !== pinned) return fail(new Error('it shows another key'));
      socket.setTimeout(0);
      socket.off('error', fail);
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

/** What was agreed on, as the end that connected sees it. */
export function groupOf(socket: TLSSocket): string {
  const info = socket.getEphemeralKeyInfo();
  return info !== null && 'name' in info ? String(info.name) : 'unknown';
}

/**
 * How two that know each other's keys speak: TLS 1.3, in the better group that this runtime has.
 * What the other shows is judged by `keyHashOf`, and by nothing else.
 */
export function pinnedTls(identity: TlsIdentity): SecureContextOptions & NoChain {
  const { name: subject, publicKey, privateKey } = identity;
  const now = Date.now();
  const valid = { from: now - DAY_MS, until: now + VALID_MS };
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: issueCertificate({ subject, publicKey, valid }, identity),
    ecdhCurve: tlsGroup(),
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
  };
}

/** Of the key that the other end proved to hold; undefined where it proved none. */
export function keyHashOf(socket: TLSSocket): TlsKeyHash | undefined {
  // A session that is taken up again proves nothing anew.
  if (socket.isSessionReused()) return undefined;
  const shown = socket.getPeerX509Certificate();
  return shown && hashOf(shown.publicKey.export({ type: 'spki', format: 'der' }));
}

function hashOf(spki: Uint8Array): TlsKeyHash {
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}
