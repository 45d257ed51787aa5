import {
  createCipheriv,
  createECDH,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  sign,
} from 'node:crypto';

/** P-256, as a browser's subscription and RFC 8292 write it: base64url of bytes. */
export type VapidKey = { readonly private_key: string; readonly public_key: string };

/** What a browser says of itself (PushSubscription.toJSON). */
export type Subscription = {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
};

/** What is drawn anew for every message; given by tests alone. */
export type Drawn = { readonly salt: Uint8Array; readonly private_key: string };

const CURVE = 'prime256v1';
const RECORD_BYTES = 4096;
const TOKEN_SECONDS = 12 * 3600;

export function newVapidKey(): VapidKey {
  const pair = createECDH(CURVE);
  pair.generateKeys();
  return { private_key: text(pair.getPrivateKey()), public_key: text(pair.getPublicKey()) };
}

/** RFC 8291: one aes128gcm record (RFC 8188) that only this browser opens. */
export function encryptPush(
  plaintext: Uint8Array,
  { keys }: Pick<Subscription, 'keys'>,
  { salt, private_key }: Drawn,
): Buffer {
  const own = createECDH(CURVE);
  own.setPrivateKey(bytes(private_key));
  const theirs = bytes(keys.p256dh);
  const shared = own.computeSecret(theirs);
  const about = Buffer.concat([Buffer.from('WebPush: info\0'), theirs, own.getPublicKey()]);
  const secret = expand({ secret: shared, salt: bytes(keys.auth), info: about, length: 32 });
  const derive = (name: string, length: number): Buffer =>
    expand({ secret, salt, info: Buffer.from(`Content-Encoding: ${name}\0`), length });
  const cipher = createCipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
  // The delimiter of a last record stands behind the text (RFC 8188 2).
  const sealed = [cipher.update(plaintext), cipher.update(Uint8Array.of(2)), cipher.final()];
  const header = Buffer.alloc(21);
  header.set(salt);
  header.writeUInt32BE(RECORD_BYTES, 16);
  header.writeUInt8(65, 20);
  return Buffer.concat([header, own.getPublicKey(), ...sealed, cipher.getAuthTag()]);
}

type Expanding = {
  readonly secret: Uint8Array;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
  readonly length: number;
};

function expand({ secret, salt, info, length }: Expanding): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, length));
}

/** RFC 8292: who sends it, for this push service alone, for half a day. `now` in seconds. */
export function vapidHeader(endpoint: string, key: VapidKey, now: number): string {
  const claims = {
    aud: new URL(endpoint).origin,
    exp: now + TOKEN_SECONDS,
    sub: 'mailto:owner@localhost',
  };
  const parts = [{ typ: 'JWT', alg: 'ES256' }, claims].map((part) =>
    text(Buffer.from(JSON.stringify(part))),
  );
  const signed = parts.join('.');
  const signature = sign('sha256', Buffer.from(signed), {
    key: privateKeyOf(key),
    dsaEncoding: 'ieee-p1363',
  });
  return `vapid t=${signed}.${text(signature)}, k=${key.public_key}`;
}

function privateKeyOf(key: VapidKey): KeyObject {
  return createPrivateKey({ key: { ...jwkOf(key.public_key), d: key.private_key }, format: 'jwk' });
}

/** For whoever checks such a header. */
export function vapidPublicKey(publicKey: string): KeyObject {
  return createPublicKey({ key: jwkOf(publicKey), format: 'jwk' });
}

function jwkOf(publicKey: string) {
  const point = bytes(publicKey);
  const [x, y] = [text(point.subarray(1, 33)), text(point.subarray(33))];
  return { kty: 'EC', crv: 'P-256', x, y };
}

export function bytes(base64url: string): Buffer {
  return Buffer.from(base64url, 'base64url');
}

function text(given: Uint8Array): string {
  return Buffer.from(given).toString('base64url');
}
