import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestProvider } from '@ioi/law/testing';
import { authorizationQuery, plainIdToken, subjectIn } from './sign-in.ts';

const redirectUri = 'http://localhost/signed-in';
const asked = { redirectUri, state: 's', nonce: 'n', challenge: 'c' };

test('a provider is asked who it is by a code with PKCE, and anew where the owner said so', () => {
  const provider = new TestProvider();
  const query = authorizationQuery(provider.factor(), asked);
  assert.equal(query['response_type'], 'code');
  assert.equal(query['scope'], 'openid');
  assert.equal(query['code_challenge_method'], 'S256');
  assert.equal(query['prompt'], 'login');
  const standing = authorizationQuery(provider.factor({ is_fresh: false }), asked);
  assert.equal(standing['prompt'], undefined);
});

test('an ID token of ES256 is written with the lower s, any other as it came', () => {
  const curve = new TestProvider('es256');
  const [high, low] = [curve.idToken('n', 0n, { by: 'high_s' }), curve.idToken('n', 0n)];
  assert.notEqual(plainIdToken(high), high);
  assert.equal(plainIdToken(plainIdToken(high)), plainIdToken(high));
  assert.equal(plainIdToken(low), low);
  const other = new TestProvider('rs256').idToken('n', 0n);
  for (const text of [other, '', '..', 'a.b', '\u0000.\u0000.\u0000', 'e30.e30.e30']) {
    assert.equal(plainIdToken(text), text);
    assert.equal(typeof subjectIn(text), 'string');
  }
  assert.equal(subjectIn(other), 'alice-7');
});
