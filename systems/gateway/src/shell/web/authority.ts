import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { BoundedMap } from '@ioi/basis';
import { type Certified, certificate, toBeSigned } from '../../core/web/certificate.ts';

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

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

/** With keys of its own, which are in this process alone and end with it. */
export function makeAuthority(now: number = Date.now()): WebAuthority {
  const [authority, server] = [newPair(), newPair()];
  const issuing = { issuer: COMMON_NAME, issuerKeyId: keyIdOf(authority), now };
  const about = { ...issuing, subject: COMMON_NAME, pair: authority };
  const own = issue(about, authority);
  const key = server.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const made = new BoundedMap<string, SecureContext>(MOST_HOSTS);
  const contextFor = (host: string): SecureContext => {
    const known = made.get(host);
    if (known !== undefined) return known;
    const leaf = issue({ ...issuing, subject: host.slice(0, 64), pair: server, host }, authority);
    const context = createSecureContext({ cert: `${leaf}${own}`, key });
    made.set(host, context);
    return context;
  };
  return { certificate: own, contextFor };
}

type Issuing = {
  readonly subject: string;
  readonly issuer: string;
  readonly issuerKeyId: Uint8Array;
  readonly pair: Pair;
  readonly host?: string;
  readonly now: number;
};

export function issue(
  { subject, issuer, issuerKeyId, pair, host, now }: Issuing,
  by: Pair,
): string {
  const serial = randomBytes(16);
  serial[0] = 0x40 | ((serial[0] as number) & 0x3f);
  const certified: Certified = {
    subject,
    issuer,
    issuerKeyId,
    serial,
    notBefore: timeOf(now - BEFORE_MS),
    notAfter: timeOf(now + VALID_MS),
    publicKey: pair.publicKey.export({ type: 'spki', format: 'der' }),
    keyId: keyIdOf(pair),
    ...(host === undefined ? {} : { host: hostOf(host) }),
  };
  const signed = toBeSigned(certified);
  const whole = certificate(signed, sign('sha256', signed, by.privateKey));
  const lines =
    Buffer.from(whole)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

export function newPair(): Pair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

export function keyIdOf({ publicKey }: Pair): Uint8Array {
  const bytes = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(bytes).digest().subarray(0, 20);
}

/** A name, or the bytes of an address (`1.2.3.4`, `::1`). */
function hostOf(host: string): NonNullable<Certified['host']> {
  const family = isIP(host);
  if (family === 0) return { name: host };
  if (family === 4) return { address: Uint8Array.from(host.split('.').map(Number)) };
  return { address: groupsOf(host) };
}

function groupsOf(address: string): Uint8Array {
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return Buffer.from(
    [...before, ...zeros, ...after].map((each) => each.padStart(4, '0')).join(''),
    'hex',
  );
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds)
    .toISOString()
    .slice(2)
    .replaceAll(/[-:T]|\.\d+/g, '');
}
