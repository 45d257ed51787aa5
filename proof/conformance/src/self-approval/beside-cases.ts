import { Person } from '@ioi/kit';
import type { Page } from 'playwright-core';
import { type Case, isRefused } from './case.ts';
import type { Ground } from './ground.ts';
import { openLair } from './lair.ts';
import { CLICK_IN, inPage, KEY_EVENTS, POST_TO_WINDOW, WINDOW_BESIDE } from './page-scripts.ts';

type Attack = {
  readonly ground: Ground;
  /** A page that stands where a Workbench could: that of a daemon which lies, for example. */
  readonly page: Page;
  /** The guardian's window that it opened. */
  readonly beside: Page;
};

/** Long enough for what was sent to arrive, and for a key to be meant. */
const WHILE_MS = 600;
const KEYS = ['a', 'Enter', 'b', 'Enter', 'y', ' '];

/** In the person's own browser, with the guardian's window beside a page of the attacker. */
function beside(name: string, attack: (at: Attack) => Promise<boolean>): Case {
  return {
    name: `beside, ${name}`,
    attempt: async (ground) => {
      const lair = await openLair('127.0.0.1');
      const { page } = await Person.at(ground.owner.page.context());
      try {
        await page.goto(lair.url);
        const opening = page.waitForEvent('popup');
        await inPage(page, WINDOW_BESIDE, `${ground.origin}/beside`);
        const window = await opening;
        await window.locator('#pending:not(:empty)').waitFor();
        const isHeld = await attack({ ground, page, beside: window });
        await window.close();
        return isHeld;
      } finally {
        await page.close();
        lair.server.close();
      }
    },
  };
}

/** Everything a page could want the window to heed. */
async function sendAll({ ground, page }: Attack, request_hash: string): Promise<void> {
  const { low, high } = ground;
  for (const message of [
    { show: request_hash },
    { show: request_hash, approve: true, decide: 'approve', key: 'a' },
    { approve: request_hash },
    { in: { id: '', origin: ground.origin, page: 'A'.repeat(43) } },
    { show: [low, high], action: 'batch' },
    { show: { toString: null, request_hash } },
    request_hash,
    null,
  ]) {
    await inPage(page, POST_TO_WINDOW, { message });
  }
  await page.waitForTimeout(WHILE_MS);
}

async function showsNothing({ beside: window }: Attack): Promise<boolean> {
  return (await window.locator('article').count()) === 0;
}

/** As a person does in the window itself. */
async function turnToHigh(window: Page): Promise<void> {
  await window.bringToFront();
  const high = window.locator('#others button').filter({ hasText: 'move_file' });
  if ((await window.locator('article.high').count()) === 0) await high.first().click();
  await window.locator('article.high').waitFor();
  await window.locator('article.high').focus();
}

/** The person unlocked the page and let the window in, which the attacker opened. */
function letIn(name: string, attack: (at: Attack) => Promise<boolean>): Case {
  return beside(name, async (at) => {
    const { ground, page, beside: window } = at;
    const { owner } = ground;
    await owner.page.bringToFront();
    await owner.page.getByRole('button', { name: 'Unlock with a passkey' }).click();
    await owner.said(/unlock with a passkey: done/);
    await inPage(page, POST_TO_WINDOW, { message: { show: ground.low } });
    // Who asked before and went is asked about for a moment longer.
    const asked = owner.page.locator('#beside').filter({ hasText: new URL(page.url()).origin });
    await asked.waitFor();
    const question = owner.page.getByRole('button', { name: 'Let it in' });
    await owner.page.waitForTimeout(WHILE_MS);
    await question.click();
    await window.locator('article.low').waitFor();
    const isHeld = await attack(at);
    await owner.page.bringToFront();
    await owner.page.getByRole('button', { name: 'Lock this page' }).click();
    await owner.said(/lock this page: done/);
    return isHeld;
  });
}

/** By a program that has the session of a Workbench, or stands where one does. */
function asWorkbench(name: string, headers: Record<string, string>): Case {
  return {
    name: `beside, ${name}`,
    attempt: async (ground) => {
      const body = { request_hash: ground.low, show: ground.low };
      const alone = await ground.post('/api/approve', body, { headers });
      const window = await ground.post('/beside', body, { headers });
      return isRefused(alone) && isRefused(window);
    },
  };
}

export const BESIDE_CASES: readonly Case[] = [
  beside('a window that nobody let in shows nothing', async (at) => {
    await sendAll(at, at.ground.low);
    return showsNothing(at);
  }),
  beside('keys of the person in a window that nobody let in', async (at) => {
    await sendAll(at, at.ground.low);
    await at.beside.bringToFront();
    for (const key of KEYS) await at.beside.keyboard.press(key);
    return showsNothing(at);
  }),
  beside('a script that lets it in', async (at) => {
    await inPage(at.page, POST_TO_WINDOW, { message: { show: at.ground.low } });
    const { page } = at.ground.owner;
    await page.getByRole('button', { name: 'Let it in' }).waitFor();
    await page.waitForTimeout(WHILE_MS);
    await inPage(page, CLICK_IN, '#beside button');
    await page.waitForTimeout(WHILE_MS);
    return showsNothing(at);
  }),
  beside('an answer of its own to the question', async (at) => {
    await inPage(at.page, POST_TO_WINDOW, { message: { show: at.ground.low }, channel: true });
    await at.page.waitForTimeout(WHILE_MS);
    return showsNothing(at);
  }),
  letIn('what the page that opened it sends', async (at) => {
    await sendAll(at, at.ground.low);
    await sendAll(at, at.ground.high);
    return true;
  }),
  letIn('events of a keyboard', async (at) => {
    await at.beside.waitForTimeout(WHILE_MS);
    await inPage(at.beside, KEY_EVENTS, KEYS);
    await inPage(at.beside, CLICK_IN, 'button');
    await at.beside.waitForTimeout(WHILE_MS);
    return true;
  }),
  letIn('keys of the person while it points elsewhere', async (at) => {
    const { ground, page, beside: window } = at;
    await turnToHigh(window);
    // Who hammers on one that they turned to themselves has it exchanged by nobody.
    for (const show of [ground.low, ground.high, ground.low]) {
      await inPage(page, POST_TO_WINDOW, { message: { show } });
      await window.keyboard.press('a');
    }
    return (await window.locator('article.high').count()) === 1;
  }),
  letIn('high risk by one key, its user not there', async (at) => {
    const { beside: window } = at;
    await turnToHigh(window);
    await window.locator('[data-settled="yes"]').waitFor({ state: 'attached' });
    await window.keyboard.press('Enter');
    await window.waitForTimeout(WHILE_MS);
    return !/approve: done/.test((await window.locator('#said').textContent()) ?? '');
  }),
  asWorkbench('the session of a Workbench', { 'x-ioi-workbench': 'a'.repeat(64) }),
  asWorkbench('the origin of a Workbench', {
    origin: 'http://127.0.0.1:4711',
    'sec-fetch-site': 'cross-site',
  }),
];
