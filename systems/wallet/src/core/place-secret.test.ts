import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeholderOf } from './index.ts';
import { isAuthorising, placeSecret } from './place-secret.ts';

const holder = placeholderOf('ab'.repeat(20));
const key = { kind: 'bearer', secret: 'key-6b1f0d92ce48' };
const encoded = (text: string): string => Buffer.from(text).toString('base64');

test('the secret is put where its placeholder stands, in the form the header has', () => {
  const given = [
    ['authorization', `Bearer ${holder}`],
    ['x-api-key', holder],
    ['accept', '*/*'],
  ] as const;
  const placed = placeSecret(given, holder, key);
  assert.ok(placed.ok);
  assert.deepEqual(placed.value.headers, [
    ['authorization', `Bearer ${key.secret}`],
    ['x-api-key', key.secret],
    ['accept', '*/*'],
  ]);
  assert.ok(placed.value.secrets.includes(key.secret));
  const basic = [['authorization', `basic ${encoded(`me:${holder}`)}`]] as const;
  const kept = { kind: 'basic', secret: JSON.stringify({ username: 'u', password: 'pass-9d20' }) };
  for (const [leased, word] of [[key, key.secret] as const, [kept, 'pass-9d20'] as const]) {
    const pair = placeSecret(basic, holder, leased);
    assert.ok(pair.ok);
    assert.deepEqual(pair.value.headers, [['authorization', `Basic ${encoded(`me:${word}`)}`]]);
    assert.ok(pair.value.secrets.includes(encoded(`me:${word}`)));
  }
});

test('no secret goes into a header that servers show to others, and none begins another', () => {
  for (const name of ['user-agent', 'referer', 'cookie', 'x-amz-meta-token', 'idempotency-key']) {
    const placed = placeSecret([[name, holder]], holder, key);
    assert.equal(placed.ok ? '' : placed.error.code, 'web.placeholder_header', name);
  }
  const names = ['authorization', 'x-api-key', 'x-goog-api-key', 'private-token', 'api-key'];
  assert.deepEqual(names.filter(isAuthorising), names);
  const own = { kind: 'header', header: 'x-odd', secret: 'odd-71c0aa52' };
  assert.ok(placeSecret([['x-odd', holder]], holder, own).ok);
  const broken = { ...key, secret: 'a\r\nx-other: b' };
  const cases = [
    [[['x-api-key', holder]], broken, 'credential.unreadable'],
    [[['x-api-key', holder]], { ...key, kind: 'sigv4' }, 'credential.other_kind'],
    [[['x-api-key', 'none']], key, 'web.placeholder_missing'],
  ] as const;
  for (const [headers, leased, code] of cases) {
    const placed = placeSecret(headers, holder, leased);
    assert.deepEqual(placed.ok ? '' : [placed.error.code, placed.error.isSent], [code, false]);
  }
});
