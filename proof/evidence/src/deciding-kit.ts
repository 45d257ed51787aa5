import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@ioi/basis/testing';
import { type Page, WAIT, type WorkbenchKit } from './workbench-kit.ts';

/** What stands under the hand has to stand still for 400 ms before a key means it. */
const SETTLED_MS = 600;

/** A Workbench, the guardian's page in the same browser, and the window that was let in by it. */
export class DecidingKit {
  readonly inbox: Page;
  readonly full: Page;
  readonly beside: Page;
  readonly #kit: WorkbenchKit;

  private constructor(kit: WorkbenchKit, pages: Record<'inbox' | 'full' | 'beside', Page>) {
    this.#kit = kit;
    this.inbox = pages.inbox;
    this.full = pages.full;
    this.beside = pages.beside;
  }

  /** With one request that waits, at which the window was pointed. */
  static async open(kit: WorkbenchKit, name: string): Promise<DecidingKit> {
    const inbox = await kit.opened('light');
    const full = await kit.unlockedPage(inbox);
    ask(kit, name);
    await inbox.bringToFront();
    await inbox.getByText('1 to decide.').waitFor(WAIT);
    const opening = inbox.waitForEvent('popup', WAIT);
    await inbox.keyboard.press('j');
    await inbox.keyboard.press('a');
    const beside = await opening;
    await full.getByText(new URL(inbox.url()).origin).waitFor(WAIT);
    return new DecidingKit(kit, { inbox, full, beside });
  }

  /** What the person does once, on the page that nobody else opened. */
  async letIn(): Promise<void> {
    await letIn(this.full);
    await this.beside.locator('article').waitFor(WAIT);
    await this.beside.bringToFront();
  }

  /** One more request of the agent; the window shows it once nothing else waits. */
  async ask(name: string, content = 'new'): Promise<void> {
    ask(this.#kit, name, content);
    await this.beside.getByText(name).first().waitFor(WAIT);
  }

  /** As somebody presses who looked first. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of ['', ...keys]) {
      if (key !== '') await this.beside.keyboard.press(key);
      await this.beside.locator('[data-settled="yes"]').waitFor({ ...WAIT, state: 'attached' });
    }
  }

  async said(words: RegExp): Promise<void> {
    await this.beside.locator('#said').filter({ hasText: words }).waitFor(WAIT);
  }

  async isEmpty(): Promise<void> {
    await this.inbox.getByText('Nothing waits for you.').waitFor(WAIT);
    await this.beside.getByText('Nothing waits.').waitFor(WAIT);
  }

  content(name: string): string {
    return readFileSync(join(this.#kit.workspace, name), 'utf8');
  }

  async becomes(name: string, content: string): Promise<void> {
    await until(`${name} is ${content}`, async () => this.content(name) === content);
  }

  async shownText(): Promise<string> {
    return String(await this.beside.locator('article').textContent());
  }

  /** The hash of what the window shows. */
  async shown(): Promise<string> {
    const [hash] = /sha256:[0-9a-f]{64}/.exec(await this.shownText()) ?? [];
    assert.ok(hash);
    return hash;
  }

  /** From the Workbench, by the hold that it has of the window. */
  async post(message: object): Promise<void> {
    const script = `open('', 'ioi-decide').postMessage(${JSON.stringify(message)}, '*')`;
    await this.inbox.evaluate(script);
  }

  async close(): Promise<void> {
    await this.inbox.context().close();
  }
}

function ask(kit: WorkbenchKit, name: string, content = 'new'): void {
  const path = join(kit.workspace, name);
  writeFileSync(path, 'old');
  kit.peer.call('write_file', { path, content }).catch(() => {});
}

/** What a person does once, on the page of the guardian, about a window opened elsewhere. */
export async function letIn(full: Page): Promise<void> {
  await full.bringToFront();
  await full.getByRole('button', { name: 'Let it in' }).waitFor(WAIT);
  await full.waitForTimeout(SETTLED_MS);
  await full.getByRole('button', { name: 'Let it in' }).click();
}

/** What was handed to the page of the guardian, signed there; says what came of it. */
export async function signHanded(full: Page, act: string, passphrase: string): Promise<string> {
  const shown = full.locator('article').filter({ hasText: act });
  await shown.getByLabel('Passphrase of the owner').fill(passphrase);
  // Whoever looks waits until it stands still.
  await full.waitForTimeout(SETTLED_MS);
  await full.locator('[data-settled="yes"]').waitFor({ ...WAIT, state: 'attached' });
  await shown.getByRole('button', { name: act }).click();
  const said = full.locator('#said').filter({ hasText: /: (?!…)./ });
  await said.waitFor(WAIT);
  return String(await said.textContent());
}
