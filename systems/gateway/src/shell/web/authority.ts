import { generateKeyPairSync } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { BoundedMap } from '@ioi/basis';
import { issueCertificate } from '@ioi/crypto/tls/shell';

/** An authority that one program in a sandbox trusts, and nobody else. */
export type WebAuthority = {
  /** Its own certificate, for whoever is to trust it. The key is told to nobody. */
  readonly certificate: string;
  /** What a server of this name or address shows. */
  contextFor(host: string): SecureContext;
};

const COMMON_NAME = 'IOI node, for one program in a sandbox';
const DAY_MS = 86_400_000;
const VALID_MS = 7 * DAY_MS;
/** Clocks of a machine and what runs on it are one; a virtual one may lag. */
const BEFORE_MS = 3_600_000;
const MOST_HOSTS = 512;

/** With keys of its own, which are in this process alone and end with it. */
export function makeAuthority(now: number = Date.now()): WebAuthority {
  const [authority, server] = [newPair(), newPair()];
  const by = { name: COMMON_NAME, ...authority };
  const valid = { from: now - BEFORE_MS, until: now + VALID_MS };
  const own = issueCertificate({ subject: COMMON_NAME, publicKey: authority.publicKey, valid }, by);
  const key = server.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const made = new BoundedMap<string, SecureContext>(MOST_HOSTS);
  const contextFor = (host: string): SecureContext => {
    const known = made.get(host);
    if (known !== undefined) return known;
    const { publicKey } = server;
    const leaf = issueCertificate({ subject: host.slice(0, 64), publicKey, valid, host }, by);
    const context = createSecureContext({ cert: `${leaf}${own}`, key });
    made.set(host, context);
    return context;
  };
  return { certificate: own, contextFor };
}

function newPair() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}
