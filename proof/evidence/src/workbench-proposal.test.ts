import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { letIn, signHanded } from './deciding-kit.ts';
import { goTo, type Page, sectionOf, WAIT, WorkbenchKit } from './workbench-kit.ts';

const AFTER = 2;
const kit = new WorkbenchKit();
let page: Page;
let notes: string;

before(async () => {
  await kit.init();
  const config = join(kit.home, 'node.json');
  const begun = JSON.parse(readFileSync(config, 'utf8'));
  writeFileSync(config, JSON.stringify({ ...begun, propose_after: AFTER }));
  await kit.ioi('up', '--detach');
  await kit.ioi('policy', 'activate', join(kit.home, 'policy.json'), ...kit.owner);
  await kit.ioi('policy', 'observe', ...kit.owner);
  notes = join(kit.workspace, 'notes.txt');
  const agent = await kit.connectAgent();
  await agent.call('read_text_file', { path: notes });
  await agent.call('move_file', { source: notes, destination: join(kit.workspace, 'moved.txt') });
  page = await kit.opened('light');
});

after(async () => {
  await page.close();
  await kit.stop();
});

test('what the node proposes stands in the inbox, and leads to what it would decide', async () => {
  const item = sectionOf(page, 'Proposed');
  await item.getByText(`A policy learnt from ${AFTER} acts`).waitFor(WAIT);
  await page.getByText('OBSERVING: only rules that block hold').waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), []);
  await item.getByRole('link').click();
  await page.getByRole('heading', { name: 'Policy', exact: true }).waitFor(WAIT);
  const proposed = sectionOf(page, 'Proposed');
  await proposed.getByRole('button', { name: 'What it would have decided' }).click();
  await proposed.getByText(/^Of 2 recorded actions 1 would be decided otherwise/).waitFor(WAIT);
  assert.match(String(await proposed.textContent()), /fs::move\s+ALLOW to REQUIRE_APPROVAL/);
  assert.deepEqual(await kit.violations(page), []);
});

test('one press leads to the guardian’s page, where its owner signs that it enforces', async () => {
  const full = await kit.unlockedPage(page);
  await page.bringToFront();
  const opening = page.waitForEvent('popup', WAIT);
  await page.getByRole('button', { name: 'Hand it to the guardian' }).click();
  await opening;
  await letIn(full);
  await full.locator('#policy article').getByText('learnt').first().waitFor(WAIT);
  assert.match(await signHanded(full, 'Put it in force', kit.passphrase), /done/);
  await page.bringToFront();
  await page.getByText('learnt version 3').waitFor(WAIT);
  await sectionOf(page, 'Proposed').waitFor({ ...WAIT, state: 'detached' });
  assert.equal(await page.getByText('OBSERVING').count(), 0);
});

test('what is put off is not proposed until as many acts more', async () => {
  await kit.ioi('policy', 'observe', ...kit.owner);
  const agent = await kit.connectAgent();
  for (const name of ['a', 'b']) {
    await agent.call('write_file', { path: join(kit.workspace, name), content: name });
  }
  await page.reload();
  await page.getByRole('button', { name: 'Not now' }).click();
  await sectionOf(page, 'Proposed').waitFor({ ...WAIT, state: 'detached' });
  await goTo(page, 'i', 'Inbox');
  assert.equal(await sectionOf(page, 'Proposed').count(), 0);
  assert.match(await kit.ioi('status'), /proposal +2 of 4 acts/);
});
