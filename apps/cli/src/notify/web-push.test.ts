import assert from 'node:assert/strict';
import { createDecipheriv, createECDH, hkdfSync, verify } from 'node:crypto';
import { test } from 'node:test';
import { bytes, encryptPush, newVapidKey, vapidHeader, vapidPublicKey } from './web-push.ts';

/** RFC 8291, section 5 and appendix A. */
const RFC_8291 = {
  text: 'When I grow up, I want to be a watermelon',
  private_key: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  message:
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS' +
    '6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu' +
    'lcy4a-fN',
};
/** RFC 8292, section 2.4. */
const RFC_8292 = {
  token:
    'eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE' +
    '0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMu' +
    'CGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA',
  key: 'BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs',
};

test('the example of RFC 8291 comes out byte for byte', () => {
  const { text, private_key, p256dh, auth, salt, message } = RFC_8291;
  const drawn = { salt: bytes(salt), private_key };
  const sealed = encryptPush(Buffer.from(text), { keys: { p256dh, auth } }, drawn);
  assert.equal(sealed.toString('base64url'), message);
});

function isSigned(token: string, key: string): boolean {
  const [head, claims, signature = ''] = token.split('.');
  const options = { key: vapidPublicKey(key), dsaEncoding: 'ieee-p1363' } as const;
  return verify('sha256', Buffer.from(`${head}.${claims}`), options, bytes(signature));
}

test('whoever checks the example of RFC 8292 takes what we send, for its service alone', () => {
  assert.ok(isSigned(RFC_8292.token, RFC_8292.key));
  const key = newVapidKey();
  const header = vapidHeader('https://push.example.net/push/abc', key, 1_453_500_000);
  const [, token = '', sent = ''] = /^vapid t=([^,]+), k=(.+)$/.exec(header) ?? [];
  assert.equal(sent, key.public_key);
  assert.ok(isSigned(token, sent) && !isSigned(token, RFC_8292.key));
  const claims = JSON.parse(bytes(token.split('.')[1] ?? '').toString('utf8'));
  assert.equal(claims.aud, 'https://push.example.net');
  assert.equal(claims.exp, 1_453_500_000 + 12 * 3600);
});

test('a browser with its private key opens what is sent to it', () => {
  const browser = createECDH('prime256v1');
  browser.generateKeys();
  const auth = Buffer.alloc(16, 7);
  const keys = {
    p256dh: browser.getPublicKey().toString('base64url'),
    auth: auth.toString('base64url'),
  };
  const salt = Buffer.alloc(16, 9);
  const drawn = { salt, private_key: newVapidKey().private_key };
  const sealed = encryptPush(Buffer.from('hello'), { keys }, drawn);
  const sender = sealed.subarray(21, 86);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), browser.getPublicKey(), sender]);
  const secret = hkdfSync('sha256', browser.computeSecret(sender), auth, info, 32);
  const derive = (name: string, length: number): Buffer =>
    Buffer.from(
      hkdfSync('sha256', new Uint8Array(secret), salt, `Content-Encoding: ${name}\0`, length),
    );
  const opening = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
  opening.setAuthTag(sealed.subarray(-16));
  const opened = Buffer.concat([opening.update(sealed.subarray(86, -16)), opening.final()]);
  assert.equal(opened.toString('utf8'), 'hello\u0002');
});
