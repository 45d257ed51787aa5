import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { letIn, signHanded } from './deciding-kit.ts';
import { type Page, sectionOf, WAIT, WorkbenchKit } from './workbench-kit.ts';
import { changeBoth, typeInto, writeWorkflow } from './workbench-workflows.ts';

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

function type(text: string): Promise<void> {
  return typeInto(page, 'Draft of a policy', text);
}

test('a draft says what it means while one types it', async () => {
  await page.getByRole('region', { name: 'Rules of the owner' }).waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), []);
  await page.getByRole('button', { name: 'Write a draft' }).press('Enter');
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

test('conditions that take more room than there is are all a step away', async () => {
  const other = await kit.opened('light');
  // As text they would fit; as wide as they are drawn they do not.
  const path = '/\u6f22'.repeat(80);
  await other.route('**/v1/payload/*', async (route) => {
    const answer = await route.fetch();
    const policy = await answer.json();
    const [rule] = policy.rules;
    const json = { ...policy, rules: [{ ...rule, conditions: { allow_paths: [path] } }] };
    await route.fulfill({ response: answer, json });
  });
  await other.keyboard.press('p');
  await other.getByText('All of its conditions').click();
  await other.locator('pre').getByText(path).waitFor(WAIT);
  await other.close();
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

/** A person is asked about replacing a file, and lets it. */
async function replaced(content: string): Promise<void> {
  const call = kit.peer.call('write_file', { path: join(kit.workspace, 'notes.txt'), content });
  call.catch(() => {});
  await page.getByRole('link', { name: 'Inbox (1)' }).waitFor(WAIT);
  const { pending } = JSON.parse(await kit.ioi('inbox', '--json'));
  await kit.ioi('approve', pending[0].request_hash, ...kit.owner);
  await call;
  await page.getByRole('link', { name: 'Inbox', exact: true }).waitFor(WAIT);
}

test('what the log would have a policy be is suggested as the command line does', async () => {
  for (const content of ['one', 'two', 'three']) await replaced(content);
  await page.reload();
  await page.getByRole('button', { name: 'Look through the log' }).click();
  const found = sectionOf(page, 'Suggestions');
  await found.getByText('The least policy that covers 4 requests of the log').waitFor(WAIT);
  assert.match(
    String(await found.textContent()),
    /ALLOW fs::read, seen 1 times: about .*notes\.txt/,
  );
  const { leases } = JSON.parse(await kit.ioi('policy', 'leases', '--json'));
  assert.equal(leases.length, 1);
  await found
    .getByText(`ioi policy leases --accept ${leases[0].rule.rule_id.slice(0, 6)}`)
    .waitFor(WAIT);
  assert.match(String(await found.textContent()), /fs::write for .* which you approved 3 times/);
  assert.deepEqual(await kit.violations(page), []);
  await found.getByRole('button', { name: 'Begin with the policy that has it' }).click();
  await page.getByText(/^It widens/).waitFor(WAIT);
  await found.getByRole('button', { name: 'Begin with it' }).click();
  await page.getByText(/examples hold$/).waitFor(WAIT);
  const { policy } = JSON.parse(await kit.ioi('policy', 'learn', '--json'));
  assert.equal(await page.evaluate('sessionStorage.getItem("policy-draft")'), policy);
});

test('a workflow is written, drawn, walked by keys and kept', async () => {
  await writeWorkflow(kit, page);
});

test('a workflow that somebody else changed is not written over', async () => {
  await changeBoth(kit, page);
});

test('a draft is put in force on the guardian’s page, onto what it was compared with', async () => {
  const full = await kit.unlockedPage(page);
  const hand = page.getByRole('button', { name: 'Hand it to the guardian' });
  const draft = (name: string): string =>
    `{"policy_id":"${name}","rules":[{"target":"fs::read","conditions":{},"action":"ALLOW"}]}`;
  await page.bringToFront();
  await page.getByRole('link', { name: 'Policy', exact: true }).click();
  await page.getByRole('heading', { name: 'Policy', exact: true }).waitFor(WAIT);
  await type(draft('from_a_page'));
  const opening = page.waitForEvent('popup', WAIT);
  await hand.click();
  const beside = await opening;
  await letIn(full);
  const shown = full.locator('#policy article');
  await shown.getByText('It widens: some requests go further than now.').waitFor(WAIT);
  assert.match(String(await shown.textContent()), /from_a_page.*-.*never_touch_secrets/s);
  assert.equal(await beside.locator('[type=password]').count(), 0);
  const other = join(kit.folder, 'other.json');
  writeFileSync(other, draft('from_a_file'));
  await kit.ioi('policy', 'activate', other, ...kit.owner);
  const sign = (passphrase: string) => signHanded(full, 'Put it in force', passphrase);
  assert.match(await sign(kit.passphrase), /another policy is in force by now/);
  await page.getByText('from_a_file version 2').waitFor(WAIT);
  await hand.click();
  await shown.getByText(/in place of sha256/).waitFor(WAIT);
  assert.match(await sign('not the passphrase'), /passphrase/);
  assert.match(await sign(kit.passphrase), /done/);
  await page.getByText('from_a_page version 3').waitFor(WAIT);
  assert.equal(await shown.count(), 0);
});
