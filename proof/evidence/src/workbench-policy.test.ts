import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Page, WAIT, WorkbenchKit } from './workbench-kit.ts';

const kit = new WorkbenchKit();
const WIDER = `{
  // Whatever the agent reads.
  "policy_id": "wider",
  "rules": [
    {
      "target": "fs::read", "conditions": {}, "action": "ALLOW",
      "match": [{ "path": "/anything" }],
      "not_match": [{ "path": "/etc/shadow" }]
    }
  ]
}`;

let page: Page;

before(async () => {
  await kit.start();
  await kit.peer.call('read_text_file', { path: join(kit.workspace, 'notes.txt') });
  await kit.peer.call('read_text_file', { path: '/etc/hostname' }).catch(() => {});
  page = await kit.opened('light');
  await page.keyboard.press('p');
  await page.getByRole('heading', { name: 'Policy', exact: true }).waitFor(WAIT);
});

after(async () => {
  await page.close();
  await kit.stop();
});

/** As a person replaces all that stands there. */
async function type(text: string): Promise<void> {
  await page.getByLabel('Draft of a policy').focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
}

test('a draft says what it means while one types it', async () => {
  await page.getByRole('region', { name: 'Rules of the owner' }).waitFor(WAIT);
  await page.getByText('Write a policy, or begin with one of these.').waitFor(WAIT);
  await page.getByRole('button', { name: 'the policy in force' }).click();
  await page.getByText('It decides as the policy in force does.').waitFor(WAIT);
  await page.getByText(/^Of 2 recorded actions 0 would be decided otherwise/).waitFor(WAIT);
  await type(WIDER.replace('"conditions"', '"condtions"'));
  await page.getByText(/^6:29\s+policy\.unknown_field/).waitFor(WAIT);
  await page.locator('.cm-lint-marker-error').first().waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), []);
  await type(WIDER);
  await page.getByText('1 of 2 examples hold').waitFor(WAIT);
  await page.getByText(/should not match and does/).waitFor(WAIT);
  await page.getByText(/^It widens/).waitFor(WAIT);
  await page.getByText(/^Of 2 recorded actions 1 would be decided otherwise/).waitFor(WAIT);
  const past = page.getByRole('region', { name: 'What happened, run again' });
  assert.match(String(await past.textContent()), /fs::read\s+BLOCK to ALLOW/);
  assert.deepEqual(await kit.violations(page), []);
  await page.getByRole('button', { name: 'To dark' }).click();
  assert.deepEqual(await kit.violations(page), []);
});

test('a draft is kept, and saved as what the command line reads', async () => {
  await page.reload();
  await page.getByText(/^It widens/).waitFor(WAIT);
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as policy.jsonc' }).click();
  const saved = join(kit.folder, 'policy.jsonc');
  await (await saving).saveAs(saved);
  assert.equal(readFileSync(saved, 'utf8'), WIDER);
  const { actions, changed } = JSON.parse(await kit.ioi('policy', 'replay', saved, '--json'));
  assert.deepEqual([actions, changed.length, changed[0].becomes], [2, 1, 'ALLOW']);
});

test('what can stand somewhere is offered there', async () => {
  const offered = async (text: string): Promise<string[]> => {
    await type(text);
    await page.keyboard.press('Control+ ');
    await page.locator('.cm-tooltip-autocomplete li').first().waitFor(WAIT);
    const found = await page.locator('.cm-tooltip-autocomplete li').allTextContents();
    await page.keyboard.press('Escape');
    return found;
  };
  assert.ok((await offered('{ "')).includes('"policy_id"'));
  const rule = '{ "policy_id": "x", "rules": [{ "target": "fs::read", ';
  assert.ok((await offered(`${rule}"`)).includes('"justification"'));
  assert.deepEqual((await offered(`${rule}"action": "`)).sort(), [
    '"ALLOW"',
    '"BLOCK"',
    '"REQUIRE_APPROVAL"',
  ]);
  assert.ok((await offered(`${rule}"conditions": { "allow_p`)).includes('"allow_paths"'));
});

test('a draft is put in force on the guardian’s page, onto what it was compared with', async () => {
  const full = await kit.unlockedPage(page);
  const hand = page.getByRole('button', { name: 'Hand it to the guardian' });
  const draft = (name: string): string =>
    `{"policy_id":"${name}","rules":[{"target":"fs::read","conditions":{},"action":"ALLOW"}]}`;
  await page.bringToFront();
  await type(draft('from_a_page'));
  const opening = page.waitForEvent('popup', WAIT);
  await hand.click();
  const beside = await opening;
  await full.bringToFront();
  await full.getByRole('button', { name: 'Let it in' }).waitFor(WAIT);
  await full.waitForTimeout(600);
  await full.getByRole('button', { name: 'Let it in' }).click();
  const shown = full.locator('#policy article');
  await shown.getByText('It widens: some requests go further than now.').waitFor(WAIT);
  assert.match(String(await shown.textContent()), /from_a_page.*-.*never_touch_secrets/s);
  assert.equal(await beside.locator('[type=password]').count(), 0);
  const other = join(kit.folder, 'other.json');
  writeFileSync(other, draft('from_a_file'));
  await kit.ioi('policy', 'activate', other, ...kit.owner);
  const sign = async (passphrase: string): Promise<string> => {
    await full.waitForTimeout(600);
    await shown.getByLabel('Passphrase of the owner').fill(passphrase);
    await shown.getByRole('button', { name: 'Put it in force' }).click();
    const said = full.locator('#said').filter({ hasText: /put in force: (?!…)./ });
    await said.waitFor(WAIT);
    return String(await said.textContent());
  };
  assert.match(await sign(kit.passphrase), /another policy is in force by now/);
  await page.getByText('from_a_file version 2').waitFor(WAIT);
  await hand.click();
  await shown.getByText(/in place of sha256/).waitFor(WAIT);
  assert.match(await sign('not the passphrase'), /passphrase/);
  assert.match(await sign(kit.passphrase), /done/);
  await page.getByText('from_a_page version 3').waitFor(WAIT);
  assert.equal(await shown.count(), 0);
});
