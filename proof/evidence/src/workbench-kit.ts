import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium, IOI, McpPeer, startBrowser } from '@ioi/kit';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const PASSPHRASE = 'correct horse battery';

/** The least width that is looked at. */
const PHONE_PX = 360;

export const WAIT = { timeout: 60_000 };

type Browser = Awaited<ReturnType<typeof startBrowser>>;
export type Page = Awaited<ReturnType<Browser['newPage']>>;
type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] };

/** A node of the command line, an agent, and a browser at its Workbench. */
export class WorkbenchKit {
  readonly folder = mkdtempSync(join(tmpdir(), 'ioi-workbench-'));
  readonly workspace = join(this.folder, 'workspace');
  readonly home = join(this.folder, 'home');
  /** What a command takes that the owner signs. */
  readonly owner = ['--passphrase-file', join(this.folder, 'passphrase')];
  readonly #environment = { ...process.env, IOI_HOME: this.home };
  readonly passphrase = PASSPHRASE;
  readonly #agents: (() => void)[] = [];
  #browser: Browser | undefined;
  #peer: McpPeer | undefined;

  async start(): Promise<void> {
    await this.startAlone();
    this.#peer = await this.connectAgent();
  }

  /** Made, and not up yet: what its node.json says can still be changed. */
  async init(): Promise<void> {
    const chromium = findChromium();
    assert.ok(chromium, 'no Chromium (Debian: chromium)');
    this.#browser = await startBrowser(chromium);
    mkdirSync(this.workspace);
    writeFileSync(join(this.workspace, 'notes.txt'), 'old');
    writeFileSync(join(this.folder, 'passphrase'), PASSPHRASE, { mode: 0o600 });
    await this.ioi('init', '--workspace', this.workspace, ...this.owner);
  }

  /** Nobody is at the node yet. */
  async startAlone(): Promise<void> {
    await this.init();
    await this.ioi('up', '--detach');
    await this.ioi('policy', 'activate', join(this.home, 'policy.json'), ...this.owner);
  }

  /** From now on agents may put questions to a person. */
  async letAsk(): Promise<void> {
    const path = join(this.home, 'policy.json');
    const policy = JSON.parse(readFileSync(path, 'utf8'));
    const rule = { rule_id: 'questions', target: 'person::ask', conditions: {}, action: 'ALLOW' };
    writeFileSync(path, JSON.stringify({ ...policy, rules: [...policy.rules, rule] }));
    await this.ioi('policy', 'activate', path, ...this.owner);
  }

  /** One more agent, by `ioi mcp`. */
  async connectAgent(): Promise<McpPeer> {
    const agent = spawn(process.execPath, [IOI, 'mcp'], { env: this.#environment });
    this.#agents.push(() => agent.kill());
    const peer = new McpPeer({ input: agent.stdout, output: agent.stdin });
    await peer.initialize();
    return peer;
  }

  async stop(): Promise<void> {
    for (const end of this.#agents) end();
    await this.#browser?.close();
    await this.ioi('down').catch(() => {});
    rmSync(this.folder, { recursive: true, force: true });
  }

  get browser(): Browser {
    assert.ok(this.#browser);
    return this.#browser;
  }

  /** The agent. */
  get peer(): McpPeer {
    assert.ok(this.#peer);
    return this.#peer;
  }

  /** What a command prints; fails where the command does. */
  async ioi(...args: readonly string[]): Promise<string> {
    return new Promise((done, fail) => {
      const options = { env: this.#environment };
      execFile(process.execPath, [IOI, ...args], options, (fault, out, err) => {
        if (fault) fail(new Error(`ioi ${args[0]}: ${err}${out}`));
        else done(out);
      });
    });
  }

  async link(): Promise<string> {
    return JSON.parse(await this.ioi('workbench', '--json', '--no-browser')).url;
  }

  /**
   * A browser of its own at the inbox. A fault within the page, or what its rules refuse, fails
   * the test that closes it.
   */
  async opened(colorScheme: 'light' | 'dark'): Promise<Page> {
    const context = await this.browser.newContext({ colorScheme });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (fault) => faults.push(fault.message));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) faults.push(message.text());
    });
    page.on('close', () => assert.deepEqual(faults, []));
    await page.goto(await this.link());
    await page.getByRole('heading', { name: 'Inbox' }).waitFor(WAIT);
    return page;
  }

  /** The guardian's page in the browser of a Workbench, unlocked with the passphrase. */
  async unlockedPage(workbench: Page): Promise<Page> {
    const page = await workbench.context().newPage();
    const told = await this.ioi('inbox', '--open', '--no-browser', '--json');
    await page.goto(JSON.parse(told).url);
    const session = page.locator('#session');
    await session.getByLabel('Passphrase of the owner').fill(PASSPHRASE);
    await session.getByRole('button', { name: 'Unlock', exact: true }).click();
    await session.getByRole('button', { name: 'Lock this page' }).waitFor(WAIT);
    return page;
  }

  /** What axe finds on a page as it stands. */
  async violations(page: Page): Promise<string[]> {
    await page.evaluate(AXE);
    const found = await page.evaluate('axe.run().then((result) => result.violations)');
    return (found as Violation[]).map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  }
}

/** Nothing on it is wider than a small phone; as it was before from then on. */
export async function fitsPhone(page: Page, what: string): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: PHONE_PX, height: 740 });
  const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
  assert.ok(wide <= PHONE_PX, `${what} is ${wide} wide on a small phone`);
  if (before !== null) await page.setViewportSize(before);
}

/** A page is asked for by its key, and there once its heading is. */
export async function goTo(page: Page, key: string, heading: string): Promise<void> {
  await page.keyboard.press(key);
  await page.getByRole('heading', { name: heading, exact: true }).waitFor(WAIT);
}

/** A part of a page, by its heading. */
export function sectionOf(page: Page, name: string) {
  return page.getByRole('region', { name, exact: true });
}
