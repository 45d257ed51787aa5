import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { authenticated } from './client-auth.ts';

const form = { grant_type: 'authorization_code', client_id: 'a:b c', code: 'x' };

test('a client names itself by header or by form, and never by both', () => {
  const basic = authenticated(form, 'client_secret_basic', 'p%q é');
  const header = basic.headers['authorization'] ?? '';
  const pair = Buffer.from(header.replace('Basic ', ''), 'base64').toString('utf8');
  assert.equal(pair, 'a%3Ab+c:p%25q+%C3%A9');
  assert.deepEqual(basic.form, { grant_type: 'authorization_code', code: 'x' });
  const post = authenticated(form, 'client_secret_post', 'p%q é');
  assert.equal(post.headers['authorization'], undefined);
  assert.deepEqual(post.form, { ...form, client_secret: 'p%q é' });
});

test('whatever the secret, it is encoded as forms are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (secret) => {
      const { headers } = authenticated({ client_id: 'c' }, 'client_secret_basic', secret);
      const header = (headers['authorization'] ?? '').replace('Basic ', '');
      const [, encoded = ''] = Buffer.from(header, 'base64').toString('latin1').split(':');
      assert.equal(new URLSearchParams({ s: secret }).toString(), `s=${encoded}`);
    }),
  );
});
