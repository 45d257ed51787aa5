import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { describeEntry } from '@ioi/law';
import { openNeighbour, tryAll } from './neighbour.ts';
import { fitsPhone, goTo, WAIT, WorkbenchKit } from './workbench-kit.ts';

/** Looks like another word, turns the line around, hides the end, paints, and looks like markup. */
const HOSTILE =
  'p\u0430ypal\u202egnp.exe\u200b\u001b[2J<img src=x onerror=document.title="owned">.txt';

const kit = new WorkbenchKit();

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
  assert.match(String(await page.locator('main pre').textContent()), /"bytes": 200000/);
  const said = String(await page.locator('main').textContent());
  assert.match(said, /scripts that look alike, in one word: p\u0430ypal/);
  assert.match(said, /would not be seen are written out/);
  assert.match(said, /○ low risk/);
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
  // Of which risk it is was not told: the worst is shown.
  await page.getByText('▲ high risk').waitFor(WAIT);
  await page.getByText('too long to be looked through').waitFor(WAIT);
  await page.getByText('Exactly this').click();
  await page.locator('main pre').waitFor(WAIT);
  assert.ok((await length()) > 'x\\u{202e}'.length * 500_000);
  await page.close();
});

test('no request keeps the page from drawing it, or from looking at its place', async () => {
  const page = await kit.opened('light');
  const place = 'p\u0430ypal';
  const of = (digit: string, target: string, params: object) => {
    const request = { target, params, context: { agent_id: 'codex' } };
    const request_hash = `sha256:${digit.repeat(64)}`;
    return { request_hash, request, facts: {}, decided: true, expires: '9000000000000' };
  };
  const pending = [
    of('a', 'fs::write', { path: place, content: 'x'.repeat(2_000_000) }),
    of('b', 'fs::write', { path: place, list: Array(300_000).fill(1) }),
    of('c', 'person::ask', { question: place, choices: [{ toString: 1 }, 1, 1], answer: '' }),
  ];
  await page.route('**/v1/inbox', (route) => route.fulfill({ json: { pending } }));
  await page.getByText('3 to decide.').waitFor(WAIT);
  await page.getByText(`in one word: ${place}`).nth(2).waitFor(WAIT);
  assert.equal(await page.getByText('too long to be looked through').count(), 1);
  assert.match(String(await page.locator('main ol').textContent()), /\{"toString":1\}/);
  await page.close();
});

test('what would be written is shown where it is that, and what else its rule covers', async () => {
  const page = await kit.opened('light');
  const path = join(kit.workspace, 'notes.txt');
  kit.peer.call('write_file', { path, content: 'a first line\np\u0430ypal\n' }).catch(() => {});
  const content = page.getByRole('region', { name: 'content' });
  await content.waitFor(WAIT);
  assert.equal(await content.locator('pre').textContent(), 'a first line\np\u0430ypal\n\n');
  await page.getByText('in one word: p\u0430ypal').waitFor(WAIT);
  await page.getByText('What else this rule covers').click();
  await page.getByText(/^fs::write where \{.*workspace.*\(REQUIRE_APPROVAL\)$/).waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), []);
  const said = String(await page.locator('main').textContent());
  const hash = /ioi approve (sha256:[0-9a-f]{64})/.exec(said)?.[1] ?? '';
  await page.getByRole('link', { name: 'What it decided before' }).click();
  await page.getByText(/[0-9]+ found/).waitFor(WAIT);
  await kit.ioi('deny', hash, ...kit.owner);
  await page.close();
});

test('an edit is what goes and what comes, and no other text passes for a content', async () => {
  const page = await kit.opened('dark');
  const salted = `${'0'.repeat(32)}what was meant`;
  const edits = [{ oldText: 'a\u202eb', newText: 'c' }];
  const of = (digit: string, params: object) => ({
    request_hash: `sha256:${digit.repeat(64)}`,
    request: { target: 'fs::write', params, context: { agent_id: 'codex' } },
    ...{ facts: {}, decided: true, expires: '9000000000000' },
  });
  const $payload = digestBytes(salted);
  const pending = [of('a', { edits }), of('b', { content: { $payload, bytes: 14 } })];
  const asked = page.waitForRequest('**/v1/payload/*');
  await page.route('**/v1/payload/*', (route) => route.fulfill({ body: `${salted}!` }));
  await page.route('**/v1/inbox', (route) => route.fulfill({ json: { pending } }));
  const edit = page.getByRole('region', { name: 'edits' }).locator('pre');
  await edit.waitFor(WAIT);
  assert.equal(await edit.textContent(), '- a\\u{202e}b\n+ c\n');
  // What is below the edge is not asked for.
  await page.locator('main article').nth(1).scrollIntoViewIfNeeded();
  await (await asked).response();
  assert.deepEqual(await kit.violations(page), []);
  // Whatever was brought would have been drawn meanwhile.
  assert.equal(await page.getByText('what was meant').count(), 0);
  await page.close();
});

test('edits without end are drawn to an end, and no name of one widens the page', async () => {
  const page = await kit.opened('light');
  const edit = [{ oldText: 'a', newText: 'b' }];
  const name = `Approved\u202e${'x'.repeat(5_000)}`;
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`edits${at}`, edit]));
  const salted = Array.from({ length: 500 }, (_, at) => `${'0'.repeat(32)}text ${at}`);
  const kept = new Map(salted.map((text) => [digestBytes(text) as string, text]));
  const contents = [...kept.keys()].map(($payload, at) => [`text${at}`, { $payload, bytes: 9 }]);
  const params = [
    { [name]: Array(30_000).fill(edit[0]) },
    { ...Object.fromEntries(contents), ...many },
  ];
  const pending = params.map((each, at) => ({
    request_hash: `sha256:${String(at).repeat(64)}`,
    request: { target: 'fs::write', params: each, context: { agent_id: 'codex' } },
    ...{ facts: {}, decided: true, expires: '9000000000000' },
  }));
  let asked = 0;
  await page.route('**/v1/payload/*', (route) => {
    asked += 1;
    const digest = decodeURIComponent(route.request().url().split('/').at(-1) ?? '');
    return route.fulfill({ body: kept.get(digest) ?? '' });
  });
  await page.setViewportSize({ width: 360, height: 740 });
  await page.route('**/v1/inbox', (route) => route.fulfill({ json: { pending } }));
  await page.getByText('… 30000 edits in all').waitFor(WAIT);
  await page.locator('main article').nth(1).scrollIntoViewIfNeeded();
  await page.getByText('text 15').waitFor(WAIT);
  assert.equal(await page.getByText('text 16').count(), 0);
  assert.ok((await page.locator('main pre span').count()) < 1_000);
  assert.ok(asked <= 16, `${asked} contents are asked for`);
  await fitsPhone(page, 'edits without end');
  await page.getByRole('button', { name: '16 of 1000 changes are shown' }).click();
  await page.getByText('text 31').waitFor(WAIT);
  assert.ok(asked <= 32, `${asked} contents are asked for`);
  await page.getByRole('button', { name: '32 of 1000 changes are shown' }).waitFor(WAIT);
  assert.doesNotMatch(String(await page.locator('main').textContent()), /\u202e/);
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

test('what is found in parts is looked for on, and no failure again and again', async () => {
  const page = await kit.opened('light');
  const [entry = ''] = (await kit.ioi('log', '-n', '9', '--json')).trimEnd().split('\n');
  const of = (seq: number) => ({ ...JSON.parse(entry), seq: String(seq) });
  const parts = { '': of(9), one: of(8), two: of(7) };
  const next = { '': 'one', one: 'two', two: 'three' } as const;
  let asked = 0;
  await page.route('**/v1/search?*', (route) => {
    asked += 1;
    const at = (new URL(route.request().url()).searchParams.get('cursor') ??
      '') as keyof typeof next;
    if (!Object.hasOwn(parts, at)) {
      const json = { type: 'about:blank', title: 'away', status: 503, code: 'projection.gone' };
      return route.fulfill({ status: 503, json });
    }
    const json = { size: 10, indexed: 10, entries: [parts[at]], next_cursor: next[at] };
    return route.fulfill({ json });
  });
  await page.keyboard.press('/');
  await page.keyboard.type('in parts');
  await page.getByText('3 found so far.').waitFor(WAIT);
  await page.getByRole('button', { name: 'More' }).waitFor(WAIT);
  const before = asked;
  await page.waitForTimeout(1_000);
  assert.ok(asked - before < 3, `${asked - before} times within a second`);
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
  await page.getByText('NOT PROVEN').first().waitFor(WAIT);
  await page.close();
});

test('an entry that could not be checked is not called proven', async () => {
  for (const how of ['away', 'broken'] as const) {
    const page = await kit.opened('light');
    await page.route('**/check-worker*', (route) => {
      if (how === 'away') return route.fulfill({ status: 404 });
      const body = 'addEventListener("message", () => { throw new Error("it broke"); });';
      return route.fulfill({ contentType: 'text/javascript', body });
    });
    await page.keyboard.press('a');
    await page.locator('ol a').first().click();
    const why = how === 'away' ? /could not be loaded/ : /it broke/;
    await page.getByText(why).first().waitFor(WAIT);
    assert.equal(await page.getByText('PROVEN').count(), 0);
    await page.close();
  }
});

test('every page is reached by a key, in both themes, and axe finds nothing', async () => {
  for (const theme of ['light', 'dark'] as const) {
    const page = await kit.opened(theme);
    for (const name of ['Atlas', 'Runs', 'Wallet', 'Policy', 'Workflows', 'Node', 'Inbox']) {
      const key = name === 'Workflows' ? 'f' : name.charAt(0).toLowerCase();
      await page.keyboard.press(key);
      await page.getByRole('heading', { name, exact: true }).waitFor(WAIT);
      assert.deepEqual(await kit.violations(page), [], `${name}, ${theme}`);
      await fitsPhone(page, name);
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
  const noted: string[] = [];
  page.on('console', (message) => noted.push(message.text()));
  await page.goto(origin);
  await page.getByText('This tab is not let in').waitFor(WAIT);
  await fitsPhone(page, 'the door');
  // What nothing lets in asks the node for nothing: no refusal is noted as an error of the page.
  assert.deepEqual(noted, []);
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
  await page.route('**/v1/events?inbox=true', (route) => {
    after.push(route.request().headers()['last-event-id']);
    if (after.length === 1) return route.fulfill({ contentType: 'text/event-stream', body: event });
    return after.length === 2 ? route.fulfill({ status: 503, body: '{}' }) : route.continue();
  });
  const resumed = page.waitForResponse(
    (response) => response.url().includes('/v1/events?') && response.ok() && after.length === 3,
    WAIT,
  );
  await page.reload();
  await resumed;
  assert.deepEqual(after, ['', '41', '41']);
  await page.context().close();
});

test('a page that was cut off shows what it missed, and needs no network beyond', async () => {
  const page = await kit.opened('light');
  await page.keyboard.press('a');
  await page.getByRole('heading', { name: 'Atlas', exact: true }).waitFor(WAIT);
  const write = (name: string) =>
    kit.peer.call('write_file', { path: join(kit.workspace, name), content: 'x' });
  await page.evaluate('dispatchEvent(new Event("offline"))');
  await write('without-network.txt');
  await page.getByText('without-network.txt').first().waitFor(WAIT);
  await page.context().setOffline(true);
  await page.getByText('The node does not answer').waitFor(WAIT);
  await write('while-nobody-looked.txt');
  await page.context().setOffline(false);
  await page.getByText('while-nobody-looked.txt').first().waitFor(WAIT);
  await page.getByText('The node does not answer').waitFor({ ...WAIT, state: 'hidden' });
  await page.context().close();
});

test('a page open over a stop of the node says so, how to come in and what it missed', async () => {
  const page = await kit.opened('light');
  await kit.ioi('down');
  await page.getByText('The node does not answer').waitFor(WAIT);
  await page.getByText('a new link, where it is then').waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), []);
  await kit.ioi('up', '--detach');
  const agent = await kit.connectAgent();
  await agent.call('write_file', { path: join(kit.workspace, 'overnight.txt'), content: 'x' });
  await page.goto(await kit.link());
  await page.getByRole('heading', { name: 'Inbox' }).waitFor(WAIT);
  await goTo(page, 'a', 'Atlas');
  await page.getByText('overnight.txt').first().waitFor(WAIT);
  await page.close();
});
