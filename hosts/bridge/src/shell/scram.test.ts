import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScramLogin, verifierOf } from './scram.ts';

test('a login that is not one is none, whatever its messages', () => {
  const login = new ScramLogin(verifierOf('pencil'));
  for (const message of ['', 'p=tls-unique,,n=,r=abc', 'n,,r=abc', 'n,,n=,r=', 'y,a=b,n=x,r=é']) {
    assert.equal(login.first(message), undefined, message);
  }
  assert.equal(login.last('c=biws,r=abc,p=AAAA'), undefined);
  const first = login.first('n,,n=,r=abc') ?? '';
  const [, nonce = ''] = /^r=([^,]+)/.exec(first) ?? [];
  assert.ok(nonce.startsWith('abc'));
  const proof = Buffer.alloc(32).toString('base64');
  for (const last of [
    `c=biws,r=${nonce},p=${proof}`,
    `c=biws,r=abc,p=${proof}`,
    `c=eSws,r=${nonce},p=${proof}`,
    `c=biws,r=${nonce},p=AAAA`,
  ]) {
    assert.equal(login.last(last), undefined, last);
  }
});
