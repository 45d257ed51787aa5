import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium, McpPeer, startBrowser } from '@ioi/kit';

const IOI = resolve(import.meta.dirname, '../../../apps/cli/src/main.ts');
const PASSPHRASE = 'correct horse battery';

export type Browser = Awaited<ReturnType<typeof startBrowser>>;
export type Page = Awaited<ReturnType<Browser['newPage']>>;
export type Theme = 'light' | 'dark';
type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] };

/** As patient as a slow machine needs. */
export const WAIT = { timeout: 60_000 };

/** A node of the command line, and a browser that its Workbench lets in. */
export class WorkbenchBed {
  readonly folder = mkdtempSync(join(tmpdir(), 'ioi-workbench-'));
  readonly workspace = join(this.folder, 'workspace');
  readonly home = join(this.folder, 'home');
  readonly passphraseFile = join(this.folder, 'passphrase');
  readonly owner: readonly string[] = ['--passphrase-file', this.passphraseFile];
  readonly passphrase = PASSPHRASE;
  #browser: Browser | undefined;
  #agents: (() => void)[] = [];

  /** Made, and not yet up: what its node.json says can still be changed. */
  async init(): Promise<void> {
    const chromium = findChromium();
    assert.ok(chromium, 'no Chromium (Debian: chromium)');
    this.#browser = await startBrowser(chromium);
    mkdirSync(this.workspace);
    writeFileSync(join(this.workspace, 'notes.txt'), 'old');
    writeFileSync(this.passphraseFile, PASSPHRASE, { mode: 0o600 });
    await this.ioi('init', '--workspace', this.workspace, ...this.owner);
  }

  get browser(): Browser {
    assert.ok(this.#browser);
    return this.#browser;
  }

  ioi(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, IOI_HOME: this.home };
    return new Promise((done, fail) => {
      execFile(process.execPath, [IOI, ...args], { env }, (fault, out, err) => {
        if (fault) fail(new Error(`ioi ${args.join(' ')}: ${err}${out}`));
        else done(out);
      });
    });
  }

  /** `ioi mcp`, as an agent starts it. */
  async connectAgent(): Promise<McpPeer> {
    const env = { ...process.env, IOI_HOME: this.home };
    const agent = spawn(process.execPath, [IOI, 'mcp'], { env });
    this.#agents.push(() => agent.kill());
    const peer = new McpPeer({ input: agent.stdout, output: agent.stdin });
    await peer.initialize();
    return peer;
  }

  /** A tab that was let in, at its inbox. */
  async opened(colorScheme: Theme): Promise<Page> {
    const context = await this.browser.newContext({ colorScheme });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (fault) => faults.push(fault.message));
    page.on('close', () => assert.deepEqual(faults, []));
    await page.goto(JSON.parse(await this.ioi('workbench', '--json', '--no-browser')).url);
    await page.getByRole('heading', { name: 'Inbox' }).waitFor(WAIT);
    return page;
  }

  async close(): Promise<void> {
    for (const end of this.#agents) end();
    await this.#browser?.close();
    await this.ioi('down').catch(() => {});
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What axe finds in a page as it stands. */
export async function violations(page: Page): Promise<string[]> {
  const axe = fileURLToPath(import.meta.resolve('axe-core/axe.min.js'));
  await page.evaluate(readFileSync(axe, 'utf8'));
  const found = await page.evaluate('axe.run().then((result) => result.violations)');
  return (found as Violation[]).map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** A page is asked for by its key, and there once its heading is. */
export async function goTo(page: Page, key: string, heading: string): Promise<void> {
  await page.keyboard.press(key);
  await page.getByRole('heading', { name: heading, exact: true }).waitFor(WAIT);
}

export function sectionOf(page: Page, name: string) {
  return page.getByRole('region', { name, exact: true });
}
