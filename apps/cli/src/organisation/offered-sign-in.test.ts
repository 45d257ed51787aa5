import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Digest, digestOf } from '@ioi/canon';
import { challengeOf } from '@ioi/law';
import type { RoleSession, SignInBegun } from '@ioi/protocol';
import { wrongInOffered } from './offered-sign-in.ts';

const HASH = `sha256:${'2f'.repeat(32)}`;
const plain: RoleSession = {
  artifact: 'RoleSession',
  audience: HASH,
  token_hash: HASH,
  expires: '1800000000000',
};

function digest(value: object): Digest {
  const made = digestOf(value);
  assert.ok(made.ok);
  return made.value;
}

function offered(session: object, of: object = session, at = 'https://accounts.example/a') {
  const nonce = encodeURIComponent(challengeOf(digest(of)));
  return { sign_in: 'x', url: `${at}?nonce=${nonce}`, session } as SignInBegun;
}

test('a sign-in is taken for the session it opens, and a key signs nothing else', () => {
  const broken = { ...plain, break_glass: { reason: 'away' } };
  assert.equal(wrongInOffered(offered(plain), undefined), undefined);
  assert.equal(wrongInOffered(offered(broken), 'away'), undefined);
  const local = offered(plain, plain, 'http://127.0.0.1:9/a');
  assert.equal(wrongInOffered(local, undefined), undefined);
  const approving = { artifact: 'ApproverSession', session_key: HASH };
  assert.match(wrongInOffered(offered(plain, approving), undefined) ?? '', /something else/);
  const { url, ...twice } = offered(plain);
  const both = { ...twice, url: `${url}&nonce=other` };
  assert.match(wrongInOffered(both, undefined) ?? '', /something else/);
  assert.match(wrongInOffered(offered(approving), 'away') ?? '', /no session with a role/);
  assert.match(wrongInOffered(offered(broken), 'another') ?? '', /another reason/);
  assert.match(wrongInOffered(offered(broken), undefined) ?? '', /another reason/);
  assert.match(wrongInOffered(offered(plain), 'away') ?? '', /another reason/);
  for (const at of ['file:///etc/passwd', 'http://accounts.example/a', 'x-app://open']) {
    const elsewhere = offered(plain, plain, at);
    assert.match(wrongInOffered(elsewhere, undefined) ?? '', /no address/, at);
  }
});
