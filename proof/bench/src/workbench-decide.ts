import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@ioi/basis/testing';
import { PASSPHRASE, SupervisedNode, startBrowser } from '@ioi/kit';
import { median, percentile } from './measure.ts';
import type { Report } from './report.ts';

type Browser = Awaited<ReturnType<typeof startBrowser>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;

const ROUNDS = 30;
/** What has just moved is not decided by a key: 400 ms. */
const SETTLED_MS = 600;
const NOTHING = 'Nothing waits for you.';

/** In the window: when a key went down. By the clock that all pages of a browser have in common. */
const NOTE_KEY = `addEventListener('keydown', ({ timeStamp }) => {
  globalThis.pressedAt = performance.timeOrigin + timeStamp;
}, true)`;

/** In the inbox: when it was painted that nothing waits any more. */
const NOTE_EMPTY = `new MutationObserver(() => {
  const isEmpty = document.querySelector('main')?.textContent.includes('${NOTHING}');
  if (!isEmpty) globalThis.emptyAt = undefined;
  else if (globalThis.emptyAt === undefined) {
    globalThis.emptyAt = 0;
    requestAnimationFrame(() => setTimeout(() => {
      globalThis.emptyAt = performance.timeOrigin + performance.now();
    }));
  }
}).observe(document.body, { childList: true, subtree: true, characterData: true })`;

/**
 * From the key that approves, in the guardian's window, to the inbox of the Workbench that shows it
 * decided: signed, sealed, told to the daemon, read anew and painted.
 */
export async function measureDeciding(executablePath: string, report: Report): Promise<void> {
  const node = await SupervisedNode.start();
  const browser = await startBrowser(executablePath);
  try {
    const { inbox, beside } = await pages(node, browser);
    const agent = await node.connectMcp();
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const path = join(node.workspace, `round-${round}.txt`);
      writeFileSync(path, 'old');
      const call = agent.call('write_file', { path, content: 'new' });
      await beside.getByText(`round-${round}.txt`).first().waitFor();
      await inbox.getByText('1 to decide.').waitFor();
      took.push(await pressed(inbox, beside));
      await call;
    }
    agent.close();
    report.note(`${ROUNDS} approvals, p95 ${percentile(took, 0.95).toFixed(0)} ms`);
    const target = { op: '<=', value: 100 } as const;
    const value = median(took);
    report.figure({ figure: 'approve_roundtrip_ms', value, unit: 'ms', target });
  } finally {
    await browser.close();
    await node.stop();
  }
}

/** An unlocked window of the guardian beside an inbox. */
async function pages(node: SupervisedNode, browser: Browser) {
  const context = await browser.newContext();
  context.setDefaultTimeout(60_000);
  const full = await context.newPage();
  const url = await node.launch();
  await full.goto(url);
  const session = full.locator('#session');
  await session.getByLabel('Passphrase of the owner').fill(PASSPHRASE);
  await session.getByRole('button', { name: 'Unlock', exact: true }).click();
  await session.getByRole('button', { name: 'Lock this page' }).waitFor();
  const inbox = await context.newPage();
  const { body } = await node.api('POST', '/v1/workbench');
  await inbox.goto(`${body['url']}&decide=${new URL(url).origin}`);
  await inbox.getByText(NOTHING).waitFor();
  const first = await node.connectMcp();
  writeFileSync(join(node.workspace, 'first.txt'), 'old');
  const call = first.call('write_file', { path: join(node.workspace, 'first.txt'), content: '' });
  await inbox.getByText('1 to decide.').waitFor();
  const opening = inbox.waitForEvent('popup');
  await inbox.getByRole('button', { name: 'Decide at the guardian' }).click();
  const beside = await opening;
  const question = full.getByRole('button', { name: 'Let it in' });
  await question.waitFor();
  await full.waitForTimeout(SETTLED_MS);
  await question.click();
  await beside.locator('article').waitFor();
  await beside.evaluate(NOTE_KEY);
  await inbox.evaluate(NOTE_EMPTY);
  await pressed(inbox, beside);
  await call;
  first.close();
  return { inbox, beside };
}

async function pressed(inbox: Page, beside: Page): Promise<number> {
  await beside.locator('article').focus();
  await beside.waitForTimeout(SETTLED_MS);
  await beside.keyboard.press('a');
  const emptyAt = await until('the inbox shows it', async () => {
    const at = Number(await inbox.evaluate('globalThis.emptyAt ?? 0'));
    return at > 0 && at;
  });
  return emptyAt - Number(await beside.evaluate('globalThis.pressedAt'));
}
