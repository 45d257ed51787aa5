import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { mayAs } from '@ioi/law';
import { ROUTE_ROLES } from '@ioi/protocol';
import { CommandFault } from '../../shell/fault.ts';
import { findSockets } from '../../shell/home.ts';
import { callLocal } from '../../shell/local-http.ts';
import { RolesApi } from '../../shell/roles-api.ts';
import { CLIENT_ID, IdentityProvider, PEOPLE_CLIENT_ID } from '../../testing/identity-provider.ts';
import { NodeWithAgent } from '../../testing/node-with-agent.ts';
import { PageVisitor } from '../../testing/page-visitor.ts';
import { RunningIoi } from '../../testing/run-ioi.ts';

let provider: IdentityProvider;
let redirectUri = '';
const given = new NodeWithAgent(
  async (up) => {
    const told = await up.ioi('wallet', 'level', '--json');
    redirectUri = String(JSON.parse(told.stdout)['redirect_uri']);
    provider = await IdentityProvider.start(redirectUri);
  },
  { people: { port: 0 } },
);
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

const GROUPS = { audit: 'auditor', ops: 'operator', leads: 'approver', staff: 'agent-user' };
const PEOPLE = { ada: 'audit', otto: 'ops', lea: 'leads', sam: 'staff', gus: 'none' };
const place = (name: string): string => join(node.folder, name);
const published = place('public');
let people = '';

async function good(...args: string[]) {
  const ran = await node.ioi(...args);
  assert.equal(ran.code, 0, `${args.join(' ')}: ${ran.stderr}`);
  return ran;
}

/** Somebody signs in, in a browser; their token, or why they have none. */
async function signedIn(login: string, socket = people) {
  const api = new RolesApi(socket);
  const begun = await api.begin({ redirect_uri: 'http://127.0.0.1:9/signed-in' });
  const { state = '', code = '', iss } = await provider.visit(begun.url, login);
  const returned = { state, code, ...(iss === undefined ? {} : { iss }) };
  return api.open({ sign_in: begun.sign_in, ...returned });
}

async function asks(token: string, route: string) {
  const [method = '', path = ''] = route.split(' ');
  const headers = { 'x-ioi-role-session': token, origin: people };
  const answer = await fetch(`${people}${path}`, { method, headers });
  const text = await answer.text();
  const isJson = /[/+]json\b/.test(answer.headers.get('content-type') ?? '');
  const body = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>;
  return { status: answer.status, code: body['code'], body, text };
}

test('groups at the provider are roles at the API, as they are published', async () => {
  for (const [login, group] of Object.entries(PEOPLE)) provider.groups.set(login, [group]);
  const begun = ['org', 'init', place('org'), '--as', 'org://example'];
  const { key_id } = JSON.parse((await good(...begun, ...withPassphrase)).stdout);
  await good('domain', 'key', 'new', place('ada.key'), ...withPassphrase);
  const { public_key } = JSON.parse(readFileSync(place('ada.key'), 'utf8'));
  const roles = { issuer: provider.issuer, client_id: PEOPLE_CLIENT_ID, groups: GROUPS };
  const break_glass = [{ subject: 'ada', public_key, longest: '30m' }];
  const about = { organisation_id: 'org://example', layers: ['policy.json'] };
  const file = { ...about, roles: { ...roles, break_glass } };
  writeFileSync(join(place('org'), 'organisation.json'), JSON.stringify(file));
  copyFileSync(node.home.policy, join(place('org'), 'policy.json'));
  await good('org', 'publish', place('org'), '--out', published, ...withPassphrase);
  await good('org', 'enroll', published, '--key', key_id, ...withPassphrase);
  const page = JSON.parse((await good('org', 'roles', '--json')).stdout);
  people = page['url'];
  assert.deepEqual(page['groups'][0], { group: 'audit', role: 'auditor' });
  const { token, session } = await signedIn('ada');
  assert.deepEqual([session.subject, session.roles], ['ada', ['auditor']]);
  assert.deepEqual((await asks(token, 'GET /v1/role-session')).body, session);
  await assert.rejects(signedIn('gus'), /gus is in no group that has a role/);
  for (const [shown, code] of [
    ['', 'role.session_over'],
    [`${token}0`, 'role.session_over'],
  ] as const) {
    assert.equal((await asks(shown, 'GET /v1/status')).code, code);
  }
  assert.equal((await fetch(`${people}/v1/log`)).status, 401);
  assert.equal((await fetch(`${people}/v1/stop`, { method: 'POST' })).status, 403);
});

test('whoever begins many sign-ins keeps nobody out, and none is opened twice', async () => {
  const api = new RolesApi(people);
  const redirect_uri = 'http://127.0.0.1:9/signed-in';
  const begun = await api.begin({ redirect_uri });
  const others = await Promise.all(Array.from({ length: 200 }, () => api.begin({ redirect_uri })));
  const { state = '', code = '' } = await provider.visit(begun.url, 'ada');
  const other = others.at(-1)?.sign_in ?? '';
  for (const sign_in of [other, 'x', `${begun.sign_in.slice(0, -9)}AAAAAAAAA`]) {
    await assert.rejects(api.open({ sign_in, state, code }), /nobody here began that sign-in/);
  }
  const returned = { sign_in: begun.sign_in, state, code };
  assert.equal((await api.open(returned)).session.subject, 'ada');
  await assert.rejects(api.open(returned), (thrown: unknown) => {
    return thrown instanceof CommandFault && thrown.about.code === 'sign_in.not_exchanged';
  });
});

test('every route that takes more than an auditor is refused to one', async () => {
  const { token } = await signedIn('ada');
  const filled = (route: string): string => route.replaceAll(/\{[a-z_]+\}/g, 'x');
  for (const [route, least] of Object.entries(ROUTE_ROLES)) {
    if (mayAs(['auditor'], least)) continue;
    const { status, code, body } = await asks(token, filled(route));
    assert.deepEqual([status, code], [403, 'role.insufficient'], route);
    assert.match(String(body['title']), new RegExp(`takes the role ${least}; you have auditor`));
  }
  for (const route of ['log', 'status', 'export', 'inbox', 'organisation', 'policy', 'roles']) {
    assert.equal((await asks(token, `GET /v1/${route}`)).status, 200, route);
  }
  const own = { socket: findSockets(node.home).daemon, method: 'POST' } as const;
  const headers = { 'x-ioi-role-session': token };
  const overSocket = callLocal({ ...own, path: '/v1/mcp/reload', headers, body: {} });
  await assert.rejects(overSocket, /takes the role operator/);
});

test('an operator runs servers, and an agent user sees what is their own', async () => {
  const operator = (await signedIn('otto')).token;
  assert.equal((await asks(operator, 'POST /v1/mcp/reload')).status, 200);
  assert.equal((await asks(operator, 'DELETE /v1/stop')).code, 'role.insufficient');
  const user = (await signedIn('sam')).token;
  await asked();
  const seen = await asks(user, 'GET /v1/inbox');
  assert.deepEqual(seen.body['pending'], []);
  assert.deepEqual((await asks(user, 'GET /v1/sessions')).body['sessions'], []);
  assert.equal((await asks(user, 'GET /v1/log')).code, 'role.insufficient');
  const made = await asks(user, 'POST /v1/mcp/tokens/laptop');
  assert.match(String(made.body['name']), /^sub-[0-9a-f]{32}-laptop$/);
  assert.equal((await asks(operator, 'POST /v1/mcp/tokens/ci')).status, 201);
  const listed = (await asks(user, 'GET /v1/mcp/tokens')).body['tokens'] as object[];
  assert.equal(listed.length, 1);
});

test('an approver by group approves on the page of the guardian', async () => {
  const item = await node.waiting();
  const page = await visitor();
  const about = ['--issuer', provider.issuer, '--client-id', CLIENT_ID, '--by-role'];
  const added = ['wallet', 'level', 'add-oidc', 'organisation', ...about, ...withPassphrase];
  const { factor_id } = JSON.parse((await good(...added)).stdout);
  const auditor = await provider.visit(await beginning(page, factor_id), 'ada');
  const refused = await page.ask('/api/sign-in/finish', auditor);
  assert.match(String(refused.body['title']), /no such factor: the provider says ada/);
  const returned = await provider.visit(await beginning(page, factor_id), 'lea');
  const finished = await page.ask('/api/sign-in/finish', returned);
  assert.equal(finished.status, 200, JSON.stringify(finished.body));
  const approved = await page.ask('/api/approve', { request_hash: item.request_hash });
  assert.equal(approved.status, 200, JSON.stringify(approved.body));
});

test('whoever is offboarded is out with the next bundle, and the log says so', async () => {
  const { token } = await signedIn('sam');
  assert.equal((await asks(token, 'GET /v1/status')).status, 200);
  const out = ['--out', published, ...withPassphrase];
  await good('org', 'offboard', place('org'), 'sam', ...out);
  await good('org', 'refresh');
  assert.equal((await asks(token, 'GET /v1/status')).code, 'role.session_over');
  await assert.rejects(signedIn('sam'), /sam is in no group/);
  const log = await until('it is sealed', async () => {
    const { entries } = await node.daemon.log({ limit: 20 });
    const closed = entries.filter(({ operation }) => operation === 'roles/close');
    return closed.some(({ payload }) => payload['reason'] === 'role_lost') ? closed : undefined;
  });
  assert.ok(log.length > 0);
  const operator = (await signedIn('otto')).token;
  await until('their agents are out', async () => {
    const { text } = await asks(operator, 'GET /v1/mcp/tokens');
    return text.includes('-ci') && !text.includes('-laptop');
  });
});

test('the glass is broken with a reason and a key, is seen, and ends', async (t) => {
  const env = { IOI_HOME: node.home.folder };
  const glass = ['org', 'break-glass', '--reason', 'all are away', '--key', place('ada.key')];
  const file = ['--passphrase-file', node.passphraseFile, '--no-browser'];
  const running = new RunningIoi(t, [...glass, ...file], { env });
  const url = await until('it says where', async () => /sign in: (\S+)/.exec(running.stderr)?.[1]);
  const returned = await provider.visit(url, 'ada');
  const back = new URL(new URL(url).searchParams.get('redirect_uri') ?? '');
  for (const [name, value] of Object.entries(returned)) back.searchParams.set(name, value);
  assert.equal((await fetch(back)).status, 200);
  await until('it is signed in', async () => existsSync(place('home/role-session.json')));
  assert.match((await good('whoami')).stdout, /^ada: owner, until .*GLASS BROKEN: all are away/);
  assert.match((await good('status')).stdout, /ada broke the glass .*: all are away/);
  const { token } = JSON.parse(readFileSync(place('home/role-session.json'), 'utf8'));
  assert.equal((await asks(token, 'POST /v1/mcp/reload')).status, 200);
  for (const route of ['POST /approve', 'POST /policy/activate', 'POST /governance/sign']) {
    const { status } = await asks(token, route);
    assert.ok([403, 404, 405].includes(status), `${route} reaches the guardian: ${status}`);
  }
  assert.match((await good('logout')).stdout, /signed out: ada/);
  assert.match((await good('whoami')).stdout, /^the owner, over the socket/);
  const exported = place('roles.ioi-export');
  await good('export', '--out', exported);
  await good('verify', exported);
});
