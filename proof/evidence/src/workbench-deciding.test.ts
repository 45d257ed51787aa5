import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DecidingKit, signHanded } from './deciding-kit.ts';
import { ScreenReader } from './screen-reader.ts';
import { WAIT, WorkbenchKit } from './workbench-kit.ts';

/** Turns the line around, hides the end, paints the terminal, and looks like markup. */
const HOSTILE = '\u202egnp.exe\u200b\u001b[2J<img src=x onerror=document.title="owned">.txt';

const kit = new WorkbenchKit();
/** Opened by the first test about deciding, and used by those behind it. */
let at: DecidingKit;

before(() => kit.start());
after(() => kit.stop());

test('events that do not stop keep no page from showing what waits', async () => {
  const page = await kit.opened('light');
  // It is told by no event as it is, as one that is long; and every answer takes longer than the
  // next event does to come.
  await page.route('**/v1/events?inbox=true', (route) => {
    return route.continue({ url: route.request().url().replace('?inbox=true', '') });
  });
  await page.reload();
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

test('what begins to wait is drawn from the event that tells it alone', async () => {
  const page = await kit.opened('light');
  await page.getByText('Nothing waits for you.').waitFor(WAIT);
  await page.route('**/v1/inbox', (route) => route.abort());
  const path = join(kit.workspace, 'notes.txt');
  const call = kit.peer.call('write_file', { path, content: 'told' });
  const item = page.getByRole('article').filter({ hasText: 'notes.txt' });
  await item.waitFor(WAIT);
  const told = String(await item.textContent());
  const hash = /ioi approve (sha256:[0-9a-f]{64})/.exec(told)?.[1] ?? '';
  await kit.ioi('deny', hash, ...kit.owner);
  await item.waitFor({ ...WAIT, state: 'detached' });
  await call;
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
  assert.deepEqual(await kit.violations(at.beside), []);
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

test('by a few letters what waits stands next in the guardian’s window, undecided', async () => {
  await at.ask('one-of-three.txt');
  await at.ask('two-of-three.txt');
  await at.ask('three-of-three.txt');
  const first = await at.shown();
  await at.inbox.bringToFront();
  await at.inbox.keyboard.press('Control+k');
  await at.inbox.keyboard.type('decide three-of-three');
  const option = at.inbox.getByRole('option', { selected: true });
  await option.filter({ hasText: /^GuardianDecide fs::write .*three-of-three/ }).waitFor(WAIT);
  await at.inbox.keyboard.press('Enter');
  // What stands before somebody is exchanged by nobody but themselves: not until it is over.
  assert.equal(await at.shown(), first);
  await kit.ioi('deny', first, ...kit.owner);
  const shown = at.beside.locator('article').filter({ hasText: 'three-of-three.txt' });
  await shown.waitFor(WAIT);
  assert.equal(at.content('three-of-three.txt'), 'old');
  await at.beside.bringToFront();
  await at.press('Escape');
  await at.beside.locator('article').filter({ hasText: 'two-of-three.txt' }).waitFor(WAIT);
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

test('what is typed about one request is no key on the next', async () => {
  await at.ask('typed.txt');
  const typed = await at.shown();
  await at.ask('behind.txt');
  await at.beside.getByRole('textbox', { name: 'Reason', exact: true }).click();
  await at.beside.keyboard.type('not in th');
  await kit.ioi('deny', typed, ...kit.owner);
  await at.beside.locator('article').filter({ hasText: 'behind.txt' }).waitFor(WAIT);
  await at.press('a', 'Enter', 'e');
  assert.equal(at.content('behind.txt'), 'old');
  assert.match(await at.shownText(), /24 h, then it is denied/);
  await at.beside.locator('article').focus();
  await at.press('a');
  await at.isEmpty();
  await at.becomes('behind.txt', 'new');
});

test('keys that another program left here are not taken', async () => {
  await at.ask('kept.txt');
  for (const kept of [{ approve: 'ArrowDown' }, { approve: 'j' }, { approve: 7 }, 'a', null]) {
    await at.beside.evaluate(`localStorage.setItem('ioi-keys', '${JSON.stringify(kept)}')`);
    await at.beside.locator('article').focus();
    await at.press('ArrowDown', 'j', '7');
    assert.equal(at.content('kept.txt'), 'old', JSON.stringify(kept));
  }
  await at.press('a');
  await at.isEmpty();
  await at.becomes('kept.txt', 'new');
  await at.beside.evaluate(`localStorage.removeItem('ioi-keys')`);
});

test('keys of the inbox are another person’s to choose, and can be switched off', async () => {
  await at.ask('own-1.txt');
  await at.ask('own-2.txt');
  const { inbox } = at;
  await inbox.bringToFront();
  await inbox.getByText('2 to decide.').waitFor(WAIT);
  const article = (name: string) => inbox.locator('main article').filter({ hasText: name });
  const hasFocus = async (name: string): Promise<void> => {
    const text = String(await inbox.evaluate('document.activeElement.textContent'));
    assert.ok(text.startsWith('fs::write') && text.includes(name), `${name}: ${text}`);
  };
  await inbox.getByText('Keys', { exact: true }).click();
  await inbox.getByLabel('The next one').fill('y');
  await inbox.getByLabel('A lease over it').fill('');
  const pressed = async (keys: readonly (readonly [key: string, name: string])[]) => {
    await article('own-1.txt').focus();
    for (const [key, name] of keys) {
      await inbox.keyboard.press(key);
      await hasFocus(name);
    }
  };
  const [one, other] = ['own-1.txt', 'own-2.txt'] as const;
  await pressed(Object.entries({ j: one, y: other, l: other, k: one }));
  // A key that is held is pressed once, and leads nowhere else then.
  for (const _ of 'held') await inbox.keyboard.down('y');
  await hasFocus(other);
  await inbox.keyboard.up('y');
  await inbox.evaluate('document.activeElement.blur()');
  await inbox.keyboard.press('y');
  await hasFocus(one);
  await inbox.getByLabel('Single keys act').uncheck();
  await pressed(Object.entries({ y: one, w: one, ArrowDown: other, k: other, ArrowUp: one }));
  assert.equal(await inbox.getByRole('region', { name: 'A lease' }).count(), 0);
  await inbox.getByLabel('Single keys act').check();
  await inbox.getByLabel('The next one').fill('j');
  await inbox.getByLabel('A lease over it').fill('l');
  await inbox.getByText('Keys', { exact: true }).click();
  await at.beside.bringToFront();
  await at.beside.locator('article').focus();
  await at.press('Escape');
  await at.said(/deny: done/);
  await at.press('Escape');
  await at.isEmpty();
});

test('what waits of equal shape is approved at once, each by a token of its own', async () => {
  for (const name of ['b1.txt', 'b2.txt', 'b3.txt']) await at.ask(name);
  await at.beside.getByText('All 3 of equal shape').waitFor(WAIT);
  await at.beside.locator('article').focus();
  await at.press('b');
  const listed = String(await at.beside.locator('.batch').textContent());
  for (const name of ['b1.txt', 'b2.txt', 'b3.txt']) assert.ok(listed.includes(name));
  assert.match(listed, /they differ in path/);
  assert.equal(listed.split('workspace_root').length - 1, 3, 'what was found out about each');
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
});

test('two keys lease what waits: the guardian’s page shows it, and signs it', async () => {
  await at.ask('leased.txt');
  await at.inbox.bringToFront();
  await at.inbox.locator('main article').focus();
  await at.inbox.keyboard.press('l');
  const hand = at.inbox.getByRole('button', { name: 'Hand it to the guardian' });
  await hand.waitFor(WAIT);
  assert.match(
    String(await at.inbox.getByRole('region', { name: 'A lease' }).textContent()),
    /eight hours and 50 calls of fs::write: about .*leased\.txt/,
  );
  assert.deepEqual(await kit.violations(at.inbox), []);
  await at.inbox.keyboard.press('Escape');
  assert.equal(await hand.count(), 0);
  await at.inbox.keyboard.press('l');
  await hand.waitFor(WAIT);
  await at.inbox.keyboard.press('Enter');
  const shown = at.full.locator('#policy article');
  await shown.getByText('It widens: some requests go further than now.').waitFor(WAIT);
  assert.match(String(await shown.textContent()), /\+.*lease_[0-9a-f]{12}/s);
  await at.full.bringToFront();
  assert.match(await signHanded(at.full, 'Put it in force', kit.passphrase), /done/);
  await at.beside.bringToFront();
  await at.beside.locator('article').focus();
  await at.press('a');
  await at.isEmpty();
  await at.becomes('leased.txt', 'new');
  const path = join(kit.workspace, 'leased.txt');
  await kit.peer.call('write_file', { path, content: 'without a question' });
  assert.equal(at.content('leased.txt'), 'without a question');
});

test('what an agent asks is answered in the guardian’s window, by a key or in words', async () => {
  await kit.letAsk();
  const question = `Where to?${HOSTILE}`;
  const asked = kit.peer.call('person.ask', { question, choices: ['here', 'there'] });
  await at.inbox.bringToFront();
  const item = at.inbox.getByRole('article').filter({ hasText: 'Where to?' });
  await item.waitFor(WAIT);
  const told = String(await item.textContent());
  assert.match(told, /^question person::ask {2}Where to\?\\u\{202e\}/);
  assert.match(told, /herethere/);
  assert.equal(await item.getByRole('button', { name: 'Work out a lease' }).count(), 0);
  assert.deepEqual(await kit.violations(at.inbox), []);
  await item.getByRole('button', { name: 'Answer at the guardian' }).click();
  await at.beside.bringToFront();
  await at.beside.locator('article').filter({ hasText: 'Where to?' }).waitFor(WAIT);
  await at.beside.locator('article').focus();
  await at.press('a');
  await at.beside.getByText('2 there').waitFor(WAIT);
  assert.deepEqual(await kit.violations(at.beside), []);
  await at.press('2');
  await at.said(/answer: done/);
  assert.match(JSON.stringify(await asked), /"structuredContent":\{"answer":"there"\}/);
  const again = kit.peer.call('person.ask', { question: 'In words?' });
  await at.beside.locator('article').filter({ hasText: 'In words?' }).waitFor(WAIT);
  await at.beside.locator('article').focus();
  await at.press('a');
  await at.beside.getByLabel('Answer, in your words').fill('as you like');
  await at.press('Enter');
  await at.said(/answer: done/);
  assert.match(JSON.stringify(await again), /"answer":"as you like"/);
  await at.isEmpty();
  await at.close();
});
