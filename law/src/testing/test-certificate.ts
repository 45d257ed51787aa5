import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const [SEQUENCE, SET, INTEGER, BITS, OCTETS, OBJECT, UTF8, TIME] = [
  0x30, 0x31, 0x02, 0x03, 0x04, 0x06, 0x0c, 0x18,
] as const;
/** ecdsa-with-SHA256, commonName, subjectAltName (RFC 5758, 5280). */
const ECDSA = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const COMMON_NAME = [0x55, 4, 3];
const ALTERNATIVE_NAME = [0x55, 0x1d, 0x11];
const DAY_MS = 86_400_000;

type TestCertificate = { readonly cert: string; readonly key: string };

/** A certificate for a host name, signed by its own key: for tests, trusted by nobody. */
export function testCertificate(host: string, days = 30): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, der(OBJECT, Buffer.from(ECDSA)));
  const common = der(OBJECT, Buffer.from(COMMON_NAME));
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, common, der(UTF8, Buffer.from(host)))));
  const names = der(OCTETS, der(SEQUENCE, der(0x82, Buffer.from(host))));
  const extension = der(SEQUENCE, der(OBJECT, Buffer.from(ALTERNATIVE_NAME)), names);
  const now = Date.now();
  const from = Math.min(now, now + days * DAY_MS) - DAY_MS;
  const signed = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.from([1]), randomBytes(8)),
    algorithm,
    name,
    der(SEQUENCE, time(from), time(now + days * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, extension)),
  );
  const signature = sign('sha256', signed, privateKey);
  const whole = der(SEQUENCE, signed, algorithm, der(BITS, Buffer.from([0]), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  const cert = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), body]);
}

function time(at: number): Buffer {
  const text = new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  return der(TIME, Buffer.from(`${text}Z`));
}
