import assert from 'node:assert/strict';
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { McpPeer } from '@ioi/kit';
import type { LiveSession } from '@ioi/protocol';
import { fitsPhone, type Page, sectionOf, WAIT, WorkbenchKit } from './workbench-kit.ts';

/** Turns the line around, hides the end, paints the terminal, and looks like markup. */
const HOSTILE = '\u202egnp.exe\u200b\u001b[2J<img src=x onerror=document.title="owned">.txt';
const THEMES = ['light', 'dark'] as const;
/** What a script of the page could order, with the session of its tab. */
const TELL = `async (address) => {
  const headers = { 'x-ioi-workbench': sessionStorage.getItem('workbench-session') };
  return (await fetch(address, { method: 'POST', headers })).status;
}`;
const THEME = 'document.documentElement.dataset.theme';

const kit = new WorkbenchKit();
let page: Page;
let peer: McpPeer;

before(async () => {
  await kit.startAlone();
  page = await kit.opened('light');
});

after(() => kit.stop());

/** A screen is asked for by its key, and there once its heading is. */
async function goTo(key: string, heading: string): Promise<void> {
  await page.keyboard.press(key);
  await page.getByRole('heading', { name: heading, exact: true }).waitFor(WAIT);
}

function indicator(word: string) {
  return page.getByRole('navigation', { name: 'Agents' }).getByText(word, { exact: true });
}

/** Of the one who came first. */
async function theSession(): Promise<LiveSession> {
  return JSON.parse(await kit.ioi('agents', '--json')).sessions[0];
}

async function codeOf(answer: Promise<object>): Promise<string> {
  return /"ioi\/code":"([a-z_.]+)"/.exec(JSON.stringify(await answer))?.[1] ?? '';
}

/** Who asks to replace a file waits for a person: the hash it waits under, and its answer. */
async function asking(path: string): Promise<{ hash: string; answer: Promise<object> }> {
  writeFileSync(path, 'old');
  const answer = peer.call('write_file', { path, content: 'new' });
  answer.catch(() => {});
  await indicator('waiting').waitFor(WAIT);
  const { pending } = JSON.parse(await kit.ioi('inbox', '--json'));
  return { hash: pending[0].request_hash, answer };
}

async function inBothThemes(what: string): Promise<void> {
  for (const theme of THEMES) {
    const other = page.getByRole('button', { name: `To ${theme}`, exact: true });
    if (await other.isVisible()) await other.click();
    assert.deepEqual(await kit.violations(page), [], `${what}, ${theme}`);
  }
  await fitsPhone(page, what);
}

test('whoever comes is listed, and how it is is said wherever a person is', async () => {
  await goTo('r', 'Runs');
  await page.getByText('No agent is connected.').waitFor(WAIT);
  await inBothThemes('nobody');
  peer = await kit.connectAgent();
  await page.getByText('1 connected.').waitFor(WAIT);
  await indicator('quiet').waitFor(WAIT);
  await goTo('n', 'Node');
  await indicator('quiet').waitFor(WAIT);
});

test('each act is told once, its stages as they are sealed, and leads to its proof', async () => {
  const { hash, answer } = await asking(join(kit.workspace, HOSTILE));
  await indicator('waiting').click();
  // Those of acts: the screen before this one has others, until this one is there.
  const cards = page.getByRole('article').filter({ hasText: 'proposed' });
  await cards.first().waitFor(WAIT);
  const waiting = String(await cards.first().textContent());
  assert.match(waiting, /^waitingfs::write.*proposed.*decidedREQUIRE_APPROVALask_before_replacing/);
  assert.match(waiting, /\\u\{202e\}gnp\.exe\\u\{200b\}\\u\{1b\}\[2J<img src=x/);
  assert.doesNotMatch(waiting, /[\u202e\u200b\u001b]|approved|performed/);
  await kit.ioi('approve', hash, ...kit.owner);
  await answer;
  await cards.first().getByText('satisfied').waitFor(WAIT);
  await indicator('reasoning').waitFor(WAIT);
  const path = join(kit.workspace, 'made.txt');
  assert.equal(await codeOf(peer.call('write_file', { path, content: 'new' })), '');
  await page.getByText('made.txt').waitFor(WAIT);
  assert.equal(await cards.count(), 2);
  const told = String(await cards.nth(1).textContent());
  const stages = /proposed.*decidedREQ.*approvedAPPROVED.*performedcompleted.*verifiedsatisfied/;
  assert.match(told, stages);
  assert.equal(await page.title(), 'Workbench');
  await inBothThemes('a session');
  await cards.nth(1).getByRole('link').first().click();
  await page.getByText('PROVEN', { exact: true }).first().waitFor(WAIT);
  await goTo('i', 'Inbox');
  const results = page.getByRole('region', { name: 'What came of the last' });
  await results.getByText('satisfied').nth(1).waitFor(WAIT);
  assert.match(String(await results.textContent()), /made\.txt.*\\u\{202e\}gnp\.exe/);
  await inBothThemes('results');
  await goTo('r', 'Runs');
  await page.getByText('2 acts').waitFor(WAIT);
  await inBothThemes('somebody');
});

test('an act shows through whose hands it went, and a log that verifies elsewhere', async () => {
  await page.getByText('2 acts').click();
  const cards = page.getByRole('article').filter({ hasText: 'proposed' });
  await cards.nth(1).getByRole('link').first().click();
  const chain = sectionOf(page, 'Chain of custody');
  await chain.getByText('PROVEN', { exact: true }).first().waitFor(WAIT);
  const hands = (await chain.getByRole('listitem').allTextContents()).join(' ');
  const asked = /^requestfs::write, first decisionREQUIRE_APPROVAL, after request \d+ /;
  const given = / approvalAPPROVED, .* decisionAPPROVED, .* sealsealed, .* effectcompleted, /;
  assert.match(hands, asked);
  assert.match(hands, given);
  assert.match(hands, / receiptrecorded, .* checkpointPROVEN, after receipt \d+$/);
  await chain.getByRole('listitem').first().getByRole('button').focus();
  await page.keyboard.press('ArrowRight');
  await chain.locator('button:focus').filter({ hasText: 'REQUIRE_APPROVAL' }).waitFor(WAIT);
  await chain.getByText('ask_before_replacing').waitFor(WAIT);
  await page.keyboard.press('End');
  await chain.getByText(/^PROVEN, over \d+ entries$/).waitFor(WAIT);
  await inBothThemes('an act');
  const saving = page.waitForEvent('download');
  await chain.getByRole('button', { name: 'Save the log as log.ioi' }).click();
  const saved = join(kit.folder, 'log.ioi');
  await (await saving).saveAs(saved);
  const typed = String(await chain.locator('code').last().textContent());
  assert.match(typed, /^ioi verify log\.ioi --node node:/);
  const node = typed.split(' ').at(-1) ?? '';
  assert.equal(JSON.parse(await kit.ioi('verify', saved, '--node', node, '--json')).ok, true);
  await goTo('r', 'Runs');
});

test('an agent is paused from the page, and let go on from a terminal alone', async () => {
  const { session_id: id } = await theSession();
  await page.getByText('2 acts').click();
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByText(`ioi agents resume ${id}`).waitFor(WAIT);
  await indicator('paused').waitFor(WAIT);
  const path = join(kit.workspace, 'never.txt');
  assert.equal(await codeOf(peer.call('write_file', { path, content: 'x' })), 'session.paused');
  assert.ok(!existsSync(path));
  await page.getByText('1 so far').waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), []);
  const asked = `/v1/sessions/${encodeURIComponent(id)}/resume`;
  assert.equal(await page.evaluate(`(${TELL})('${asked}')`), 405);
  await kit.ioi('agents', 'resume', id);
  await indicator('reasoning').waitFor(WAIT);
  assert.equal(await codeOf(peer.call('write_file', { path, content: 'x' })), '');
  assert.ok(existsSync(path));
});

test('all is stopped from the page: what waits ends, and whoever comes is refused', async () => {
  const { answer } = await asking(join(kit.workspace, 'notes.txt'));
  await goTo('r', 'Runs');
  await page.getByRole('button', { name: 'Stop everything', exact: true }).click();
  await inBothThemes('asked about stopping');
  await page.getByRole('button', { name: 'Stop everything now' }).click();
  await page.getByText('STOPPED').waitFor(WAIT);
  assert.equal(await codeOf(answer), 'approval.cancelled');
  await inBothThemes('stopped');
  const later = await kit.connectAgent();
  const path = join(kit.workspace, 'later.txt');
  for (const each of [peer, later]) {
    assert.equal(await codeOf(each.call('write_file', { path, content: 'x' })), 'session.paused');
  }
  later.close();
  await kit.ioi('agents', 'resume', '--all');
  await page.getByText('STOPPED').waitFor({ ...WAIT, state: 'hidden' });
  assert.equal(await codeOf(peer.call('write_file', { path, content: 'x' })), '');
});

async function spotlight(text: string, chord = 'Control+k'): Promise<void> {
  await page.keyboard.press(chord);
  await page.getByRole('dialog', { name: 'Go to' }).waitFor(WAIT);
  await page.keyboard.type(text);
}

function chosen() {
  return page.getByRole('option', { selected: true });
}

test('by a few letters every screen is there, the other theme, and any id', async () => {
  for (const name of ['Inbox', 'Runs', 'Atlas', 'Policy', 'Node']) {
    await spotlight(name.toLowerCase().slice(0, 4));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name, exact: true }).waitFor(WAIT);
  }
  const before = await page.evaluate(THEME);
  await spotlight('theme');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: `To ${before}`, exact: true }).waitFor(WAIT);
  await spotlight('1');
  assert.match(String(await chosen().textContent()), /^Look up1$/);
  await page.keyboard.press('Enter');
  await page.getByText('PROVEN', { exact: true }).first().waitFor(WAIT);
  const at = page.url();
  await spotlight('node');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ ...WAIT, state: 'hidden' });
  assert.equal(page.url(), at);
});

test('by a few letters what waits and who runs is there, inert, with keys alone', async () => {
  const { hash } = await asking(join(kit.workspace, HOSTILE));
  const { session_id: id } = await theSession();
  await spotlight('');
  const first = String(await chosen().textContent());
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  assert.equal(await chosen().textContent(), first);
  await inSpotlight();
  await page.keyboard.type('waiting gnp.exe');
  const name = String(await chosen().textContent());
  assert.match(name, /^Waitingfs::write.*\\u\{202e\}gnp\.exe/);
  assert.doesNotMatch(name, /[\u202e\u200b\u001b]/);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/atlas/${encodeURIComponent(hash)}`, WAIT);
  await spotlight(id, 'Control+ ');
  assert.match(String(await chosen().textContent()), /^Run/);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/runs/${encodeURIComponent(id)}`, WAIT);
  assert.equal(await page.title(), 'Workbench');
  await kit.ioi('deny', hash, ...kit.owner);
});

const SDK = fileURLToPath(new URL('../../../apps/python/ioi_sdk', import.meta.url));

/** Replaces what is there, for which a person is asked. */
const WORKER = `from ioi_sdk import Agent

agent = Agent(name="replacer")


@agent.task
def replace(file: str) -> str:
    agent.fs.write(file, "new")
    return file
`;

test('a run of a worker is ended from the page, and an agent paused by a few letters', async () => {
  const worker = join(kit.folder, 'replacer.py');
  writeFileSync(worker, WORKER);
  cpSync(SDK, join(kit.folder, 'ioi_sdk'), { recursive: true });
  const there = ['--workspace', kit.workspace, '--unconfined', '--detach'];
  await kit.ioi('worker', 'run', worker, '--input', '{"file":"notes.txt"}', ...there);
  await goTo('r', 'Runs');
  const workers = sectionOf(page, 'Workers');
  await workers.getByText('awaiting approval').waitFor(WAIT);
  await spotlight('cancel the run');
  assert.match(String(await chosen().textContent()), /^OrderCancel the run run_/);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ ...WAIT, state: 'hidden' });
  await workers.getByRole('button', { name: 'Cancel this run' }).click();
  await inBothThemes('asked about ending a run');
  await workers.getByRole('button', { name: 'Cancel it now' }).click();
  await workers.getByText('cancelled').waitFor(WAIT);
  const { session_id: id } = await theSession();
  await spotlight('pause');
  assert.match(String(await chosen().textContent()), /^OrderPause /);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Do it', exact: true }).waitFor(WAIT);
  await page.keyboard.press('Enter');
  await indicator('paused').waitFor(WAIT);
  await kit.ioi('agents', 'resume', id);
  await indicator('reasoning').waitFor(WAIT);
});

/** What has the focus says which place is chosen, and axe finds nothing in either theme. */
async function inSpotlight(): Promise<void> {
  for (const theme of THEMES) {
    await page.evaluate(`${THEME} = '${theme}'`);
    assert.deepEqual(await kit.violations(page), [], `spotlight, ${theme}`);
  }
  const box = page.locator('input:focus');
  assert.equal(await box.getAttribute('role'), 'combobox');
  const active = await box.getAttribute('aria-activedescendant');
  assert.equal(await chosen().getAttribute('id'), active);
}
