import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { IdentityProvider, PEOPLE_CLIENT_ID } from '@ioi/cli/testing/identity-provider';
import { goTo, type Page, sectionOf, WAIT, WorkbenchKit } from './workbench-kit.ts';

const GROUPS = {
  heads: 'owner',
  audit: 'auditor',
  ops: 'operator',
  staff: 'agent-user',
} as const;
const PEOPLE = {
  olga: 'heads',
  ada: 'audit',
  otto: 'ops',
  sam: 'staff',
  gus: 'none',
} as const;
/** Of the page, before it asks for events again. */
const PAUSE_MS = 1_000;
const SIGN_IN = 'Sign in with your organisation';

const kit = new WorkbenchKit();
let provider: IdentityProvider;
let door = '';

before(async () => {
  provider = await IdentityProvider.start('http://localhost:9/');
  for (const [login, group] of Object.entries(PEOPLE)) provider.groups.set(login, [group]);
  await kit.init();
  const config = join(kit.home, 'node.json');
  const node = JSON.parse(readFileSync(config, 'utf8'));
  writeFileSync(config, JSON.stringify({ ...node, people: { port: 0 } }));
  await kit.ioi('up', '--detach');
  await joinOrganisation();
  door = JSON.parse(await kit.ioi('org', 'roles', '--json')).url;
});
after(async () => {
  await kit.stop();
  provider.close();
});

/** The node's policy is the organisation's, and its groups are roles here. */
async function joinOrganisation(): Promise<void> {
  const [org, published] = [join(kit.folder, 'org'), join(kit.folder, 'public')];
  const begun = await kit.ioi('org', 'init', org, '--as', 'org://example', '--json', ...kit.owner);
  const roles = { issuer: provider.issuer, client_id: PEOPLE_CLIENT_ID, groups: GROUPS };
  const about = { organisation_id: 'org://example', layers: ['policy.json'], roles };
  writeFileSync(join(org, 'organisation.json'), JSON.stringify(about));
  copyFileSync(join(kit.home, 'policy.json'), join(org, 'policy.json'));
  await kit.ioi('org', 'publish', org, '--out', published, ...kit.owner);
  await kit.ioi('org', 'enroll', published, '--key', JSON.parse(begun).key_id, ...kit.owner);
}

/** A browser of its own at the door of people, with no link of the owner's. */
async function atDoor(): Promise<Page> {
  const page = await (await kit.browser.newContext()).newPage();
  await page.goto(door);
  await page.getByRole('button', { name: SIGN_IN }).waitFor(WAIT);
  return page;
}

/** At the provider's own pages, as a person does it, and back. */
async function signIn(page: Page, login: string): Promise<void> {
  await page.getByRole('button', { name: SIGN_IN }).click();
  await page.waitForURL((url) => url.origin === provider.issuer, WAIT);
  await page.locator('[name=login]').fill(login);
  await page.locator('[name=password]').fill('any');
  await page.locator('[type=submit]').click();
  await page.getByRole('button', { name: /continue/i }).click();
  await page.waitForURL((url) => url.href === `${door}/`, WAIT);
}

/** What the API says to this tab, whatever its buttons offer. */
async function told(page: Page, method: string, path: string): Promise<[number, string]> {
  const script = `fetch('${path}', {
    method: '${method}',
    headers: { 'x-ioi-role-session': sessionStorage.getItem('workbench-role') ?? '' },
  }).then(async (answer) => [answer.status, (await answer.json()).code ?? ''])`;
  return (await page.evaluate(script)) as [number, string];
}

test('nobody who did not sign in is told anything, and the door says what to do', async () => {
  const page = await atDoor();
  for (const path of ['GET /v1/status', 'GET /v1/inbox', 'GET /v1/log', 'POST /v1/stop']) {
    const [method = '', address = ''] = path.split(' ');
    assert.equal((await told(page, method, address))[0], 401, path);
  }
  assert.match(String(await page.locator('body').textContent()), /This tab is not let in/);
  // The content is there once all that stands above it is.
  await page.getByRole('heading', { name: 'Inbox' }).waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), []);
  await page.context().close();
});

test('an auditor reads all, is offered no order, and the API takes none', async () => {
  const page = await atDoor();
  await signIn(page, 'ada');
  await page.getByText('Signed in as ada: auditor').waitFor(WAIT);
  assert.equal(new URL(page.url()).search, '', 'what came back stands in no address');
  await goTo(page, 'r', 'Runs');
  await page
    .getByText(/connected/)
    .first()
    .waitFor(WAIT);
  assert.equal(await page.getByRole('button', { name: 'Stop everything' }).count(), 0);
  await goTo(page, 'n', 'Node');
  await sectionOf(page, 'Backup and restore').waitFor(WAIT);
  assert.equal(await page.getByRole('button', { name: 'Back up now' }).count(), 0);
  await goTo(page, 'a', 'Atlas');
  await page.getByText(/^Entries \d+/).waitFor(WAIT);
  for (const path of ['/v1/stop', '/v1/backup', '/v1/mcp/reload']) {
    assert.deepEqual(await told(page, 'POST', path), [403, 'role.insufficient'], path);
  }
  assert.equal((await told(page, 'GET', '/v1/log'))[0], 200);
  assert.deepEqual(await kit.violations(page), []);
  await signedOut(page);
  await page.context().close();
});

/** By the button: the tab is at the door again, and what it had is worth nothing. */
async function signedOut(page: Page): Promise<void> {
  const token = String(await page.evaluate(`sessionStorage.getItem('workbench-role')`));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: SIGN_IN }).waitFor(WAIT);
  assert.equal(await page.getByText('Signed in as').count(), 0);
  await page.evaluate(`sessionStorage.setItem('workbench-role', '${token}')`);
  assert.deepEqual(await told(page, 'GET', '/v1/status'), [401, 'role.session_over']);
}

test('an agent user is told what is their own, and of the rest which role it takes', async () => {
  const page = await atDoor();
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/v1/events')) asked += 1;
  });
  await signIn(page, 'sam');
  asked = 0;
  await page.getByText('Signed in as sam: agent-user').waitFor(WAIT);
  await page.getByText('Your role is not told what happens').waitFor(WAIT);
  await page.getByText('Nothing waits for you.').waitFor(WAIT);
  await page.keyboard.press('a');
  await page.getByText('role.insufficient').first().waitFor(WAIT);
  assert.doesNotMatch(String(await page.locator('body').textContent()), /does not answer/);
  await page.waitForTimeout(3 * PAUSE_MS);
  assert.ok(asked <= 1, `events that its role is not told were asked for ${asked} times more`);
  assert.deepEqual(await kit.violations(page), []);
  await page.context().close();
});

test('who is in no group is told so at the door, and a guessed answer opens none', async () => {
  const page = await atDoor();
  await signIn(page, 'gus');
  await page.getByRole('button', { name: SIGN_IN }).waitFor(WAIT);
  await page.getByText(/gus is in no group/).waitFor(WAIT);
  await page.goto(`${door}/signed-in?state=guessed&code=guessed`);
  await page.getByRole('button', { name: SIGN_IN }).waitFor(WAIT);
  assert.equal(await page.evaluate(`sessionStorage.getItem('workbench-role')`), null);
  const refusals = { access_denied: true, 'Call 555 now': false };
  for (const [error, isSaid] of Object.entries(refusals)) {
    await page.evaluate(`sessionStorage.setItem('workbench-sign-in', 'begun')`);
    await page.goto(`${door}/signed-in?${new URLSearchParams({ state: 'any', error })}`);
    await page.getByRole('button', { name: SIGN_IN }).waitFor(WAIT);
    assert.equal(await page.getByText(`let nobody in: ${error}`).count(), Number(isSaid), error);
  }
  await page.context().close();
});

test('an owner by role may have a backup, stops everything and lets it go on again', async () => {
  const page = await atDoor();
  await signIn(page, 'olga');
  await page.getByText('Signed in as olga: owner').waitFor(WAIT);
  await goTo(page, 'n', 'Node');
  await sectionOf(page, 'Backup and restore')
    .getByRole('button', { name: 'Back up now' })
    .waitFor(WAIT);
  await goTo(page, 'r', 'Runs');
  await page.getByRole('button', { name: 'Stop everything' }).waitFor(WAIT);
  assert.deepEqual(await told(page, 'POST', '/v1/stop'), [200, '']);
  await page.getByText('STOPPED').waitFor(WAIT);
  assert.deepEqual(await told(page, 'DELETE', '/v1/stop'), [200, '']);
  await page.getByText('STOPPED').waitFor({ ...WAIT, state: 'hidden' });
  assert.deepEqual(await kit.violations(page), []);
  await page.context().close();
});

test('an operator stops everything from the page, and lets nothing go on', async () => {
  const page = await atDoor();
  await signIn(page, 'otto');
  await page.getByText('Signed in as otto: operator').waitFor(WAIT);
  await goTo(page, 'r', 'Runs');
  await page.getByRole('button', { name: 'Stop everything' }).click();
  await page.getByRole('button', { name: 'Stop everything now' }).click();
  await page.getByText('STOPPED').waitFor(WAIT);
  assert.match(await kit.ioi('status'), /stopped/i);
  assert.deepEqual(await told(page, 'DELETE', '/v1/stop'), [403, 'role.insufficient']);
  await signedOut(page);
  await page.context().close();
});
