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
    await this.full.bringToFront();
    await this.full.waitForTimeout(SETTLED_MS);
    await this.full.getByRole('button', { name: 'Let it in' }).click();
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
