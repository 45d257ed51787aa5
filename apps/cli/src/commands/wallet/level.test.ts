import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { CLIENT_ID, IdentityProvider } from '../../testing/identity-provider.ts';
import { NodeWithAgent } from '../../testing/node-with-agent.ts';
import { PageVisitor } from '../../testing/page-visitor.ts';

let provider: IdentityProvider;
let redirectUri = '';
const given = new NodeWithAgent(async (up) => {
  const told = await up.ioi('wallet', 'level', '--json');
  redirectUri = String(JSON.parse(told.stdout)['redirect_uri']);
  provider = await IdentityProvider.start(redirectUri);
});
const { node } = given;
const withPassphrase = ['--passphrase-file', node.passphraseFile, '--json'];
after(() => provider.close());

async function enrol(name: string, subject: string): Promise<string> {
  const about = ['--issuer', provider.issuer, '--client-id', CLIENT_ID, '--subject', subject];
  const added = await node.ioi('wallet', 'level', 'add-oidc', name, ...about, ...withPassphrase);
  assert.equal(added.code, 0, added.stderr);
  return String(JSON.parse(added.stdout)['factor_id']);
}

async function visitor(): Promise<PageVisitor> {
  const opened = await node.ioi('inbox', '--open', '--no-browser', '--json');
  return PageVisitor.open(String(JSON.parse(opened.stdout)['url']));
}

async function beginning(page: PageVisitor, factor_id: string): Promise<string> {
  const { status, body } = await page.ask('/api/sign-in/begin', { factor_id });
  assert.equal(status, 200, JSON.stringify(body));
  return String(body['url']);
}

async function inboxOf(page: PageVisitor): Promise<Record<string, unknown>> {
  return (await page.ask('/api/inbox')).body;
}

/** Until the overwriting of a file waits, which is of low risk. */
async function asked(): Promise<string> {
  const path = join(node.workspace, 'notes.txt');
  given.agent.call('write_file', { path, content: 'new\n' }).catch(() => {});
  const item = await node.waiting();
  assert.equal(item.contract.risk_class, 'low');
  return item.request_hash;
}

test('who signs in at the enrolled provider approves low risk on the page', async () => {
  const factor = await enrol('work', 'alice');
  const low = await asked();
  const page = await visitor();
  const url = await beginning(page, factor);
  const query = new URL(url).searchParams;
  assert.equal(query.get('code_challenge_method'), 'S256');
  assert.equal(query.get('scope'), 'openid');
  assert.equal(query.get('redirect_uri'), redirectUri);
  const returned = await provider.visit(url, 'alice');
  const finished = await page.ask('/api/sign-in/finish', returned);
  assert.equal(finished.status, 200, JSON.stringify(finished.body));
  assert.ok((await inboxOf(page))['unlocked_until']);
  const approved = await page.ask('/api/approve', { request_hash: low });
  assert.equal(approved.status, 200, JSON.stringify(approved.body));
  const shown = await node.ioi('show', low, '--json');
  assert.match(shown.stdout, /"method":"sign_in"/);
  assert.match(shown.stdout, new RegExp(factor));
  const text = () => readFileSync(join(node.workspace, 'notes.txt'), 'utf8');
  await until('it is written', () => text() === 'new\n');
  const exported = join(node.folder, 'signed-in.ioi-export');
  assert.equal((await node.ioi('export', '--out', exported)).code, 0);
  const verified = await node.ioi('verify', exported);
  assert.equal(verified.code, 0, verified.stderr);
});

test('what comes back is good once, and on the page that asked for it', async () => {
  const factor = await enrol('once', 'bob');
  const [page, other] = [await visitor(), await visitor()];
  const url = await beginning(page, factor);
  const returned = await provider.visit(url, 'bob');
  const late = await beginning(other, factor);
  const state = new URL(late).searchParams.get('state');
  const injected = await other.ask('/api/sign-in/finish', { ...returned, state });
  assert.equal(injected.body['code'], 'sign_in.not_exchanged', JSON.stringify(injected.body));
  assert.equal((await inboxOf(other))['unlocked_until'], undefined);
  assert.equal((await inboxOf(page))['unlocked_until'], undefined);
  assert.equal((await page.ask('/api/sign-in/finish', returned)).status, 200);
  const twice = await page.ask('/api/sign-in/finish', returned);
  assert.equal(twice.body['code'], 'sign_in.not_asked');
});

test('a sign-in that came back to another browser is over for the page that began it', async () => {
  const factor = await enrol('fooled', 'erin');
  const agent = await visitor();
  const person = await visitor();
  const stranger = await PageVisitor.open(`${person.origin}/#launch=none`);
  for (const browser of [person, stranger]) {
    const returned = await provider.visit(await beginning(agent, factor), 'erin');
    const told = await browser.ask('/api/sign-in/finish', returned);
    assert.match(String(told.body['code']), /^(sign_in\.not_asked|page\.no_session)$/);
    const stolen = await agent.ask('/api/sign-in/finish', returned);
    assert.equal(stolen.body['code'], 'sign_in.not_asked');
  }
  assert.equal((await inboxOf(agent))['unlocked_until'], undefined);
  const request_hash = 'any';
  const approved = await agent.ask('/api/approve', { request_hash });
  assert.equal(approved.body['code'], 'approver.not_verified');
});

test('another issuer, another person and no session are refused, each by name', async () => {
  const factor = await enrol('named', 'carol');
  const page = await visitor();
  const returned = await provider.visit(await beginning(page, factor), 'mallory');
  const other = await page.ask('/api/sign-in/finish', returned);
  assert.equal(other.body['code'], 'sign_in.invalid');
  assert.match(String(other.body['title']), /sub: the provider says mallory/);
  const url = await beginning(page, factor);
  const state = new URL(url).searchParams.get('state');
  const mixed = await page.ask('/api/sign-in/finish', { state, code: 'x', iss: 'https://x' });
  assert.equal(mixed.body['code'], 'sign_in.other_issuer');
  const unknown = await page.ask('/api/sign-in/begin', { factor_id: `sha256:${'0'.repeat(64)}` });
  assert.equal(unknown.body['code'], 'factor.unknown');
  const stranger = await PageVisitor.open(`${page.origin}/#launch=guessed`);
  assert.equal((await stranger.ask('/api/sign-in/begin', { factor_id: factor })).status, 401);
  assert.equal((await stranger.ask('/api/sign-in/finish', returned)).status, 401);
});

test('keys that the owner did not see verify nothing until the owner renews them', async () => {
  const factor = await enrol('rotated', 'dave');
  provider.rotate(redirectUri);
  const page = await visitor();
  const returned = await provider.visit(await beginning(page, factor), 'dave');
  const refused = await page.ask('/api/sign-in/finish', returned);
  assert.match(String(refused.body['title']), /kid.*ioi wallet level renew/);
  const renewed = await node.ioi('wallet', 'level', 'renew', 'rotated', ...withPassphrase);
  assert.equal(renewed.code, 0, renewed.stderr);
  const again = await provider.visit(await beginning(page, factor), 'dave');
  const finished = await page.ask('/api/sign-in/finish', again);
  assert.equal(finished.status, 200, JSON.stringify(finished.body));
});

test('levels are listed with what each may do, and removed', async () => {
  const listed = JSON.parse((await node.ioi('wallet', 'level', '--json')).stdout);
  assert.deepEqual(
    listed.levels.map(({ level }: { level: number }) => level),
    [0, 1, 2, 3],
  );
  assert.ok(listed.levels[1].enrolled.some(({ label }: { label: string }) => label === 'work'));
  const plain = await node.ioi('wallet', 'level');
  assert.match(plain.stdout, /level 1, sign-in: approve what is of low risk/);
  assert.match(plain.stdout, /work: alice at http:\/\/localhost/);
  const removed = await node.ioi('wallet', 'level', 'remove', 'work', ...withPassphrase);
  assert.equal(removed.code, 0, removed.stderr);
  const none = await node.ioi('wallet', 'level', 'sign-in', 'work', '--no-browser');
  assert.match(none.stderr, /nobody is enrolled as work/);
  const opened = await node.ioi('wallet', 'level', 'sign-in', 'once', '--no-browser', '--json');
  assert.match(opened.stdout, /#launch=/);
  const plainHttp = ['--issuer', 'http://x.example', '--client-id', 'c', '--subject', 's'];
  const bad = await node.ioi('wallet', 'level', 'add-oidc', 'bad', ...plainHttp);
  assert.match(bad.stderr, /no https:\/\/ address/);
  const namesake = ['--issuer', provider.issuer, '--client-id', CLIENT_ID, '--subject', 'x'];
  const taken = await node.ioi('wallet', 'level', 'add-oidc', 'once', ...namesake);
  assert.match(taken.stderr, /once is enrolled already/);
});
