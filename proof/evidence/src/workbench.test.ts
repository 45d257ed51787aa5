import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { describeEntry } from '@ioi/law';
import { DecidingKit } from './deciding-kit.ts';
import { openNeighbour, tryAll } from './neighbour.ts';
import { ScreenReader } from './screen-reader.ts';
import { WAIT, WorkbenchKit } from './workbench-kit.ts';

/** Turns the line around, hides the end, paints the terminal, and looks like markup. */
const HOSTILE = '\u202egnp.exe\u200b\u001b[2J<img src=x onerror=document.title="owned">.txt';

const kit = new WorkbenchKit();
/** Opened by the first test about deciding, and used by those behind it. */
let at: DecidingKit;

before(() => kit.start());
after(() => kit.stop());

test('what waits is there at once, exactly, and nothing an agent wrote acts', async () => {
  const page = await kit.opened('light');
  await page.getByText('Nothing waits for you.').waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), []);
  const path = join(kit.workspace, HOSTILE);
  writeFileSync(path, 'old');
  const call = kit.peer.call('write_file', { path, content: 'x'.repeat(200_000) });
  call.catch(() => {});
  await page.getByText('1 to decide.').waitFor(WAIT);
  await page.getByText('Exactly this').click();
  const said = String(await page.locator('main').textContent());
  assert.match(said, /ask_before_replacing/);
  assert.match(said, /\\u\{202e\}gnp\.exe\\u\{200b\}\\u\{1b\}\[2J<img src=x/);
  assert.doesNotMatch(said, /[\u202e\u200b\u001b]/);
  assert.equal(await page.title(), 'Workbench');
  assert.deepEqual(await kit.violations(page), []);
  const hash = /ioi approve (sha256:[0-9a-f]{64})/.exec(said)?.[1] ?? '';
  await kit.ioi('deny', hash, ...kit.owner);
  await page.getByText('Nothing waits for you.').waitFor(WAIT);
  await page.close();
});

test('what is very long is drawn when it is unfolded, and not before', async () => {
  const page = await kit.opened('light');
  const long = 'x\u202e'.repeat(500_000);
  const context = { agent_id: long };
  const request = { target: long, params: { path: long }, context };
  const item = { request_hash: `sha256:${'a'.repeat(64)}`, request, facts: {}, decided: true };
  const json = { pending: [{ ...item, expires: '9000000000000' }] };
  await page.route('**/v1/inbox', (route) => route.fulfill({ json }));
  await page.getByText('1 to decide.').waitFor(WAIT);
  const length = async () => String(await page.locator('main').textContent()).length;
  assert.ok((await length()) < 10_000);
  await page.getByText('Exactly this').click();
  await page.locator('main pre').waitFor(WAIT);
  assert.ok((await length()) > 'x\\u{202e}'.length * 500_000);
  await page.close();
});

test('what happened is found by id, explained, and proven in the browser', async () => {
  const path = join(kit.workspace, '.ssh', 'id_ed25519');
  await kit.peer.call('read_text_file', { path }).catch(() => {});
  const lines = (await kit.ioi('log', '-n', '50', '--json')).trimEnd().split('\n');
  const happened = lines.map((line) => describeEntry(JSON.parse(line)));
  const blocked = happened.find(({ word }) => word === 'BLOCK');
  const page = await kit.opened('dark');
  await page.keyboard.press('/');
  await page.keyboard.type(blocked?.receiptId ?? '');
  await page.keyboard.press('Enter');
  await page.getByText('never_touch_secrets').first().waitFor(WAIT);
  await page.getByText('PROVEN', { exact: true }).first().waitFor(WAIT);
  assert.match(
    String(await page.locator('main').textContent()),
    /in this browser: in the signed log/,
  );
  assert.deepEqual(await kit.violations(page), []);
  await page.close();
});

test('what is typed is found as it is typed, by keyboard, and nothing found acts', async () => {
  const path = join(kit.workspace, '.ssh', `Searched ${HOSTILE}`);
  await kit.peer.call('read_text_file', { path }).catch(() => {});
  const page = await kit.opened('light');
  await page.keyboard.press('/');
  await page.keyboard.type('searched never_touch');
  await page.getByText('1 found.').waitFor(WAIT);
  const row = String(await page.locator('#found-entries').textContent());
  assert.match(row, /\\u\{202e\}gnp\.exe\\u\{200b\}\\u\{1b\}\[2J<img src=x/);
  assert.doesNotMatch(row, /[\u202e\u200b\u001b]/);
  assert.equal(await page.title(), 'Workbench');
  assert.deepEqual(await kit.violations(page), []);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByText('PROVEN', { exact: true }).first().waitFor(WAIT);
  await page.keyboard.press('/');
  await page.getByRole('searchbox').fill(HOSTILE.slice(0, 4));
  await page.getByText(/found\.$/).waitFor(WAIT);
  await page.getByRole('searchbox').fill('nothing-that-was-ever-there');
  await page.getByText('Nothing found.').waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), []);
  await page.close();
});

test('a proof that does not hold is called none', async () => {
  const page = await kit.opened('light');
  await page.route('**/proof', async (route) => {
    const answer = await route.fetch();
    const proof = await answer.json();
    proof.entry.text = proof.entry.text.replace('"height":"', '"height":"1');
    await route.fulfill({ response: answer, json: proof });
  });
  await page.keyboard.press('a');
  await page.locator('ol a').first().click();
  await page.getByText('NOT PROVEN').waitFor(WAIT);
  await page.close();
});

test('every page is reached by a key, in both themes, and axe finds nothing', async () => {
  for (const theme of ['light', 'dark'] as const) {
    const page = await kit.opened(theme);
    for (const [key, name] of [
      ['a', 'Atlas'],
      ['r', 'Runs'],
      ['p', 'Policy'],
      ['n', 'Node'],
      ['i', 'Inbox'],
    ] as const) {
      await page.keyboard.press(key);
      await page.getByRole('heading', { name, exact: true }).waitFor(WAIT);
      assert.deepEqual(await kit.violations(page), [], `${name}, ${theme}`);
    }
    await page.goto(`${new URL(page.url()).origin}/atlas/nothing-of-this-name`);
    await page.getByRole('heading', { name: 'Nothing is known as' }).waitFor(WAIT);
    assert.deepEqual(await kit.violations(page), [], `unknown, ${theme}`);
    await page.close();
  }
});

test('without a link a browser is told nothing, and says what to do', async () => {
  const { origin } = new URL(await kit.link());
  const context = await kit.browser.newContext();
  const page = await context.newPage();
  await page.goto(origin);
  await page.getByText('This tab is not let in').waitFor(WAIT);
  assert.match(String(await page.locator('body').textContent()), /ioi workbench/);
  const answer = await page.evaluate(() => fetch('/v1/status').then(({ status }) => status));
  assert.equal(answer, 401);
  await context.close();
});

test('a tab stays in over a reload, another one comes in by a link of its own', async () => {
  const page = await kit.opened('light');
  await page.reload();
  await page.getByText('Nothing waits for you.').waitFor(WAIT);
  const other = await page.context().newPage();
  await other.goto(new URL(page.url()).origin);
  await other.getByText('This tab is not let in').waitFor(WAIT);
  await other.goto(await kit.link());
  await other.getByText('Nothing waits for you.').waitFor(WAIT);
  assert.equal(new URL(other.url()).hash, '');
  await page.context().close();
});

test('a page on another port of this machine sees no secret and is told nothing', async (t) => {
  const page = await kit.opened('light');
  const context = page.context();
  const { origin } = new URL(page.url());
  const session = String(await page.evaluate('sessionStorage.getItem("workbench-session")'));
  assert.match(session, /^[0-9a-f]{64}$/);
  const neighbour = await openNeighbour();
  t.after(() => neighbour.close());
  const told: string[] = [];
  context.on('response', (response) => {
    const isOurs = response.request().headers()['x-ioi-workbench'] === session;
    const isTold = response.url().startsWith(origin) && response.status() !== 403;
    if (isTold && !isOurs) told.push(`${response.status()} ${response.url()}`);
  });
  const hostile = await context.newPage();
  await hostile.goto(`${neighbour.origin}/?from=workbench`);
  assert.deepEqual(await tryAll(hostile, origin), []);
  assert.deepEqual(told, []);
  assert.deepEqual(await context.cookies(), []);
  assert.ok(neighbour.asked.length > 0);
  for (const { headers, url } of neighbour.asked) {
    assert.equal(headers.cookie, undefined);
    assert.ok(!JSON.stringify([headers, url]).includes(session));
  }
  await context.close();
});

test('a stream of events that breaks is followed on from where it was', async () => {
  const page = await kit.opened('light');
  const after: (string | undefined)[] = [];
  const event = 'id: 41\nevent: policy.decided\ndata: {}\n\n';
  await page.route('**/v1/events', (route) => {
    after.push(route.request().headers()['last-event-id']);
    if (after.length === 1) return route.fulfill({ contentType: 'text/event-stream', body: event });
    return after.length === 2 ? route.fulfill({ status: 503, body: '{}' }) : route.continue();
  });
  const resumed = page.waitForResponse(
    (response) => response.url().endsWith('/v1/events') && response.ok() && after.length === 3,
    WAIT,
  );
  await page.reload();
  await resumed;
  assert.deepEqual(after, ['', '41', '41']);
  await page.context().close();
});

test('events that do not stop keep no page from showing what waits', async () => {
  const page = await kit.opened('light');
  // Every answer takes longer than the next event does to come.
  await page.route('**/v1/inbox', async (route) => {
    await new Promise((done) => setTimeout(done, 300));
    await route.continue().catch(() => {});
  });
  let isOver = false;
  const path = join(kit.workspace, 'notes.txt');
  const reads = (async () => {
    while (!isOver) await kit.peer.call('read_text_file', { path });
  })();
  kit.peer.call('write_file', { path, content: 'new' }).catch(() => {});
  await page
    .getByText('1 to decide.')
    .waitFor(WAIT)
    .finally(() => {
      isOver = true;
    });
  await reads;
  const said = String(await page.locator('main').textContent());
  const hash = /ioi approve (sha256:[0-9a-f]{64})/.exec(said)?.[1] ?? '';
  await kit.ioi('deny', hash, ...kit.owner);
  await page.getByText('Nothing waits for you.').waitFor(WAIT);
  await page.context().close();
});

test('one key shows it in the guardian’s window, and one key there approves it', async () => {
  at = await DecidingKit.open(kit, HOSTILE);
  await at.beside.keyboard.press('a');
  assert.equal(await at.beside.locator('article').count(), 0, 'nothing is shown before');
  await at.letIn();
  const text = String(await at.beside.locator('body').textContent());
  assert.match(text, /\\u\{202e\}gnp\.exe\\u\{200b\}\\u\{1b\}\[2J<img src=x/);
  assert.match(text, /would not be seen/);
  assert.doesNotMatch(text, /[\u202e\u200b\u001b]/);
  assert.equal(await at.beside.locator('[type=password]').count(), 0);
  assert.deepEqual(await kit.violations(at.inbox), []);
  await at.press('a');
  await at.said(/approve: done/);
  await at.isEmpty();
  await at.becomes(HOSTILE, 'new');
  await at.ask('again.txt');
  await at.press('Enter');
  await at.isEmpty();
  await at.becomes('again.txt', 'new');
});

test('who points at a request decides nothing, nor does a key that came too soon', async () => {
  await at.ask('pointed.txt');
  const show = await at.shown();
  await at.press();
  for (const more of [{ decide: 'approve' }, { approve: true }, { key: 'a' }]) {
    await at.post({ show, ...more });
    await at.post(more);
  }
  await at.beside.evaluate(`for (const type of ['keydown', 'keypress', 'keyup']) {
    const event = new KeyboardEvent(type, { key: 'a', bubbles: true });
    document.querySelector('article').dispatchEvent(event);
  }`);
  await at.post({ show: `sha256:${'0'.repeat(64)}` });
  await at.ask('second.txt');
  assert.equal(await at.shown(), show);
  await at.beside.keyboard.press('j');
  assert.notEqual(await at.shown(), show);
  // The request has just changed under the hand, and hammering only makes that longer.
  for (let count = 0; count < 8; count += 1) await at.beside.keyboard.press('a');
  await at.said(/has just changed/);
  assert.deepEqual([at.content('pointed.txt'), at.content('second.txt')], ['old', 'old']);
  await at.press('Escape');
  await at.said(/deny: done/);
  await at.press('Escape');
  await at.isEmpty();
});

test('keys deny with a reason, give more time, and are another person’s to choose', async () => {
  await at.ask('keys.txt');
  await at.press('e');
  await at.said(/more time: done/);
  await at.beside.getByText('25 h, then it is denied').waitFor(WAIT);
  await at.press('d');
  await at.beside.getByText('Deny, because').waitFor(WAIT);
  await at.beside.keyboard.press('Escape');
  assert.equal(await at.beside.getByText('Deny, because').count(), 0);
  await at.press('d', '2');
  await at.said(/deny: done/);
  await at.isEmpty();
  assert.match(await kit.ioi('log', '-n', '20', '--json'), /Not in this place/);
  assert.equal(at.content('keys.txt'), 'old');
  await at.beside.getByText('Keys', { exact: true }).click();
  await at.beside.getByLabel('Approve, as Enter does').fill('');
  await at.ask('other.txt');
  await at.beside.locator('article').focus();
  await at.press('a', 'Enter');
  assert.match(String(await at.beside.locator('article').textContent()), /other\.txt/);
  await at.beside.getByLabel('Approve, as Enter does').fill('y');
  await at.beside.locator('article').focus();
  await at.press('y');
  await at.isEmpty();
  await at.becomes('other.txt', 'new');
  await at.beside.getByLabel('Approve, as Enter does').fill('a');
});

test('what waits of equal shape is approved at once, each by a token of its own', async () => {
  for (const name of ['b1.txt', 'b2.txt', 'b3.txt']) await at.ask(name);
  await at.beside.getByText('All 3 of equal shape').waitFor(WAIT);
  await at.beside.locator('article').focus();
  await at.press('b');
  const listed = String(await at.beside.locator('.batch').textContent());
  for (const name of ['b1.txt', 'b2.txt', 'b3.txt']) assert.ok(listed.includes(name));
  assert.match(listed, /they differ in path/);
  await at.press('Enter');
  await at.said(/3 of 3 approved/);
  await at.isEmpty();
  const lines = (await kit.ioi('log', '-n', '40', '--json')).trimEnd().split('\n');
  const tokens = lines.filter((line) => line.includes('"OneShot"') && line.includes('"session"'));
  assert.ok(new Set(tokens).size >= 3);
});

test('who cannot see it is told what is asked, by keys alone, and what came of it', async () => {
  const [inbox, beside] = [new ScreenReader(at.inbox), new ScreenReader(at.beside)];
  await at.ask('spoken.txt');
  await inbox.hears(/1 to decide/);
  await at.inbox.bringToFront();
  await at.inbox.keyboard.press('j');
  const asked = await inbox.focused();
  assert.equal(asked.role, 'article');
  assert.match(asked.name, /fs::write.*spoken\.txt/);
  await at.inbox.keyboard.press('a');
  await at.beside.bringToFront();
  const shown = await beside.focused();
  assert.deepEqual([shown.role, shown.name], ['article', 'fs::write ○ low risk']);
  assert.match(
    shown.description,
    /asked by.*agent:.*path.*spoken\.txt.*rule.*ask_before_replacing/s,
  );
  const named = await beside.buttons();
  assert.ok(named.includes('Approve') && named.includes('Deny'), String(named));
  assert.ok(named.every((name) => name !== ''));
  await at.press('d');
  assert.deepEqual(await beside.focused(), { role: 'button', name: '1 Not now', description: '' });
  await at.press('Escape');
  assert.deepEqual(await beside.focused(), shown);
  await at.press('a');
  await beside.hears(/approve: done/);
  await inbox.hears(/Nothing waits for you/);
});

test('two who decide at once see one outcome', async () => {
  await at.ask('raced.txt');
  const asked = `fetch('/api/approve', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-ioi-page': sessionStorage.getItem('ioi-page'),
    },
    body: '${JSON.stringify({ request_hash: await at.shown() })}',
  }).then(({ status }) => status)`;
  const statuses = await Promise.all([at.full, at.beside].map((page) => page.evaluate(asked)));
  assert.equal(statuses.filter((status) => status === 200).length, 1, String(statuses));
  await at.isEmpty();
  await at.becomes('raced.txt', 'new');
  await at.close();
});

test('a node that goes is said to be gone', async () => {
  const page = await kit.opened('light');
  await kit.ioi('down');
  await page.getByText('The node does not answer').waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), []);
  await page.close();
});
