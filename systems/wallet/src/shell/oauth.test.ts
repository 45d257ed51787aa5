import assert from 'node:assert/strict';
import { after, mock, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestAuthority } from '../testing/test-authority.ts';
import type { Consent } from './grant-provider.ts';
import { Logins } from './logins.ts';

const authorities: TestAuthority[] = [];
after(() => authorities.forEach((each) => void each.close()));

async function started(): Promise<TestAuthority> {
  const authority = await TestAuthority.start();
  authorities.push(authority);
  return authority;
}

/** A person who agrees to whatever is asked. */
function agreeing(logins: Logins) {
  return async (): Promise<void> => {
    const begun = await logins.begin('mail');
    assert.ok(begun.ok, JSON.stringify(begun));
    const page = await fetch(begun.value, { redirect: 'follow' });
    assert.equal(page.status, 200, await page.text());
    const ended = await logins.wait('mail');
    assert.ok(ended.ok, JSON.stringify(ended));
  };
}

const POST = { method: 'POST', body: '{"id":1}' };

test('a person logs in, and from then on requests go out with the grant', async () => {
  const authority = await started();
  const { send, url, vault, egress } = authority.bed({});
  const before = await send(url, POST);
  assert.equal(before.status, 401);
  assert.match(await before.text(), /upstream\.unauthorised.*next: ioi mcp login mail/);
  assert.equal(authority.server.seen.length, 0, 'nothing is sent without a grant');
  await agreeing(new Logins(egress))();
  const answer = await send(url, POST);
  assert.deepEqual([answer.status, await answer.text()], [200, 'with [redacted]']);
  const grant = JSON.parse(vault.renewed.at(-1) ?? '');
  assert.equal(grant.tokens.issuer, authority.origin);
  assert.match(grant.redirect_uri, /^http:\/\/127\.0\.0\.1:[0-9]+\/callback$/);
  assert.equal(authority.asked.at(-1)?.get('resource'), url);
});

test('a grant that is over is renewed before it is sent, once for all who wait', async () => {
  const authority = await started();
  const { send, url, egress, wait } = authority.bed({});
  await agreeing(new Logins(egress))();
  wait(3_600_000);
  const { refused } = authority;
  const answers = await Promise.all([1, 2, 3, 4].map(() => send(url, POST)));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  assert.equal(authority.refreshes, 1);
  assert.equal(authority.refused, refused, 'the stale one was not sent');
});

test('a token that is not taken is renewed once, and the new one is in the vault', async () => {
  const authority = await started();
  const { send, url, egress, vault } = authority.bed({});
  await agreeing(new Logins(egress))();
  authority.revokeTokens();
  const answers = await Promise.all([send(url, POST), send(url, POST)]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
  assert.equal(authority.refreshes, 1);
  assert.ok(vault.renewed.at(-1)?.includes(authority.lastToken));
  authority.takesNothing = true;
  const refused = await send(url, POST);
  assert.equal(refused.status, 401);
  assert.equal(authority.refreshes, 2, 'and not again and again');
});

test('more scope than was granted waits for a person, who is then asked for both', async () => {
  const authority = await started();
  const { send, url, egress } = authority.bed({});
  const agree = agreeing(new Logins(egress));
  await agree();
  authority.wants = 'mail:send';
  const refused = await send(url, POST);
  assert.match(await refused.text(), /wants the scope \\"mail:send\\" for this/);
  await agree();
  assert.equal(authority.asked.at(-1)?.get('scope'), 'mail:read mail:send');
  assert.equal((await send(url, POST)).status, 200);
});

test('a server that always wants more is believed a few times', async () => {
  const authority = await started();
  let asked = 0;
  const consent: Consent = {
    redirectUrl: 'http://127.0.0.1:1/callback',
    async ask(address) {
      asked += 1;
      const { headers } = await fetch(address, { redirect: 'manual' });
      return new URL(headers.get('location') ?? '').searchParams;
    },
  };
  const { send, url } = authority.bed({}, consent);
  for (const wants of ['never:granted', 'endless']) {
    authority.wants = wants;
    asked = 0;
    const refused = await send(url, POST);
    assert.equal(refused.status, 401);
    assert.ok(asked >= 1 && asked <= 2, `asked ${asked} times`);
  }
});

test('an answer that was not asked for ends no login; one that is pasted does', async () => {
  const authority = await started();
  const { egress } = authority.bed({});
  const logins = new Logins(egress);
  const begun = await logins.begin('mail');
  assert.ok(begun.ok);
  const address = new URL(begun.value);
  const redirect = address.searchParams.get('redirect_uri') ?? '';
  for (const query of ['?code=stolen&state=guessed', '?code=stolen', '', '?error=access_denied']) {
    assert.equal((await fetch(`${redirect}${query}`)).status, 400, query);
    const pasted = await logins.finish('mail', `${redirect}${query}`);
    assert.equal(pasted.ok ? '' : pasted.error.code, 'login.not_awaited');
  }
  const { headers } = await fetch(address, { redirect: 'manual' });
  const finished = await logins.finish('mail', headers.get('location') ?? '');
  assert.ok(finished.ok, JSON.stringify(finished));
  const unknown = await logins.wait('other');
  assert.equal(unknown.ok ? '' : unknown.error.code, 'login.not_begun');
});

test('an authorization server elsewhere, or another than it says, gets nothing', async () => {
  const inside = await started();
  for (const trick of ['inside', 'plain', 'redirected', 'issuer'] as const) {
    const authority = await started();
    authority.trick(trick, inside.origin);
    const { egress, vault } = authority.bed({});
    const begun = await new Logins(egress).begin('mail');
    // A document that is somewhere else is none: then the server's own addresses are used.
    if (trick === 'redirected')
      assert.equal(begun.ok && begun.value.startsWith(authority.origin), true);
    else assert.equal(begun.ok ? begun.value : begun.error.code, 'login.failed', trick);
    assert.equal(JSON.stringify(vault.renewed).includes(inside.origin), false);
  }
  assert.deepEqual(inside.paths(), []);
});

test('what a server says of a refused renewal is told to nobody', async () => {
  const authority = await started();
  const said: string[] = [];
  const listen = (...words: unknown[]): void => void said.push(words.join(' '));
  const warned = mock.method(console, 'warn', () => {});
  for (const name of ['log', 'error', 'info'] as const) mock.method(console, name, listen);
  const { send, url, egress } = authority.bed({});
  await agreeing(new Logins(egress))();
  authority.echoesRefresh = true;
  authority.revokeTokens();
  const refused = await send(url, POST);
  mock.restoreAll();
  const told = said.join('\n') + (await refused.text());
  assert.equal(refused.status, 401);
  assert.equal(told.includes('refresh-'), false, told);
  // The edge's process says none of these (hosts/edge): the library quotes what it was told.
  assert.ok(warned.mock.callCount() > 0);
});

test('a client the owner registered is used, with its secret, and never replaced', async () => {
  const authority = await started();
  const registered = { client_id: 'mine', client_secret: 'mine-secret-0123456789' };
  const { egress, send, url } = authority.bed(registered);
  await agreeing(new Logins(egress))();
  assert.equal(authority.registrations, 0);
  assert.equal(authority.asked.at(-1)?.get('client_id'), 'mine');
  assert.equal((await send(url, POST)).status, 200);
});

test('a login that is begun again ends the one before', async () => {
  const authority = await started();
  const { egress } = authority.bed({});
  const logins = new Logins(egress);
  await logins.begin('mail');
  const first = logins.wait('mail');
  await sleep(10);
  const second = await logins.begin('mail');
  const ended = await first;
  assert.equal(ended.ok ? '' : ended.error.code, 'login.abandoned');
  assert.ok(second.ok);
  await fetch(second.value, { redirect: 'follow' });
  assert.ok((await logins.wait('mail')).ok);
});
