import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WEEKLY } from './weekly-notes.ts';
import { fitsPhone, goTo, type Page, sectionOf, WAIT, type WorkbenchKit } from './workbench-kit.ts';

/** As a person replaces all that stands in an editor. */
export async function typeInto(page: Page, label: string, text: string): Promise<void> {
  await page.getByLabel(label).focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
}

const LABEL = 'Draft of the workflow weekly-notes';

/** Written by hand, with faults first, drawn, walked by keys, kept, and read by a command. */
export async function writeWorkflow(kit: WorkbenchKit, page: Page): Promise<void> {
  await goTo(page, 'f', 'Workflows');
  await page.getByText('No workflow is kept here.').waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), [], 'without any');
  await page.getByLabel('Name').fill('weekly-notes');
  await page.getByRole('button', { name: 'Write one' }).click();
  await page.getByText('Nothing is wrong with it.').waitFor(WAIT);
  // Each of these letters leads to another screen, for whoever writes nothing.
  for (const key of 'rapn') {
    await page.getByLabel(LABEL).dispatchEvent('keydown', { key, bubbles: true, composed: true });
  }
  const text = JSON.stringify(WEEKLY, undefined, 2);
  await typeInto(page, LABEL, text.replace('"read.content"', '"read.contents"'));
  await page.getByText(/^\d+:\d+\s+workflow\.unknown_port: no port read\.contents/).waitFor(WAIT);
  await page.locator('.cm-lint-marker-error').first().waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), [], 'with faults');
  await typeInto(page, LABEL, text);
  await page.getByText('Nothing is wrong with it.').waitFor(WAIT);
  await walkGraph(page);
  assert.deepEqual(await kit.violations(page), [], 'drawn');
  await fitsPhone(page, 'a workflow');
  const theme = page.getByRole('button', { name: /^To (dark|light)$/ });
  await theme.click();
  assert.deepEqual(await kit.violations(page), [], 'drawn, in the other theme');
  await theme.click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByText('This is what is kept.').waitFor(WAIT);
  await page.getByText('No run of it is known here.').waitFor(WAIT);
  assert.equal(await kit.ioi('workflow', 'show', 'weekly-notes'), `${text}\n`);
  await page.getByRole('link', { name: 'All workflows' }).click();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('workflow weekly-notes');
  const option = page.getByRole('option', { selected: true });
  await option.filter({ hasText: /^Workflowweekly-notes$/ }).waitFor(WAIT);
  await page.keyboard.press('Enter');
  await page.getByText('This is what is kept.').waitFor(WAIT);
  const { workflows } = JSON.parse(await kit.ioi('workflow', 'list', '--json'));
  assert.deepEqual([workflows[0].name, workflows[0].faults], ['weekly-notes', 0]);
}

/** Each step says what it comes after; arrow keys lead along the lines. */
async function walkGraph(page: Page): Promise<void> {
  const graph = sectionOf(page, 'As a graph');
  const steps = graph.getByRole('listitem');
  await steps.first().waitFor(WAIT);
  const told = (await steps.allTextContents()).join('\n');
  assert.match(told, /readtool, first/);
  assert.match(told, /agreeapproval, after .*check/);
  assert.match(told, /keeptool, always asks, after .*agree/);
  await steps.first().getByRole('button').focus();
  for (const [key, step] of [
    ['ArrowRight', 'sum_up'],
    ['ArrowDown', 'give_up'],
    ['ArrowLeft', 'read'],
    ['End', 'keep'],
  ] as const) {
    await page.keyboard.press(key);
    const here = graph.locator('button[aria-current]:focus').filter({ hasText: step });
    await here.waitFor(WAIT);
  }
  await graph.getByText('sum_up.summary → keep.content, where agree.agreed = true').waitFor(WAIT);
}

/** Whoever writes over what changed meanwhile is told, and a draft outlives a reload. */
export async function changeBoth(kit: WorkbenchKit, page: Page): Promise<void> {
  const file = join(kit.folder, 'weekly-notes.json');
  const other = JSON.stringify({ ...WEEKLY, version: '2.0.0' });
  writeFileSync(file, other);
  await assert.rejects(kit.ioi('workflow', 'save', file), /is kept already/);
  await kit.ioi('workflow', 'save', file, '--replace');
  const mine = JSON.stringify({ ...WEEKLY, title: 'Mine' }, undefined, 2);
  await typeInto(page, LABEL, mine);
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByText('Somebody kept another one meanwhile.').waitFor(WAIT);
  assert.deepEqual(await kit.violations(page), [], 'refused');
  await page.reload();
  await page.getByText('Nothing is wrong with it.').waitFor(WAIT);
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByText('This is what is kept.').waitFor(WAIT);
  assert.equal(JSON.parse(await kit.ioi('workflow', 'show', 'weekly-notes')).title, 'Mine');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"write_file"', '"no_such_tool"'));
  await assert.rejects(kit.ioi('workflow', 'check', file), /:1:\d+: .*\[workflow\.unknown_tool\]/);
  await kit.ioi('workflow', 'remove', 'weekly-notes');
  await page.getByRole('link', { name: 'All workflows' }).click();
  await page.getByText('No workflow is kept here.').waitFor(WAIT);
}
