import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { type Certified, certificate, toBeSigned } from '../../core/certificate/certificate.ts';

/** What a certificate is to say. Keys are of the curve P-256; times in milliseconds. */
export type Certifying = {
  /** At most 64 characters. */
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly valid: { readonly from: number; readonly until: number };
  /** What a server is reached by; absent for who signs for others, or for itself. */
  readonly host?: string;
};

export type Issuer = {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
};

/** An X.509 certificate in PEM. */
export function issueCertificate(certifying: Certifying, by: Issuer): string {
  const { subject, publicKey, valid, host } = certifying;
  const serial = randomBytes(16);
  serial[0] = 0x40 | ((serial[0] as number) & 0x3f);
  const certified: Certified = {
    subject,
    issuer: by.name,
    issuerKeyId: keyIdOf(by.publicKey),
    serial,
    notBefore: timeOf(valid.from),
    notAfter: timeOf(valid.until),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    keyId: keyIdOf(publicKey),
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

function keyIdOf(publicKey: KeyObject): Uint8Array {
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
