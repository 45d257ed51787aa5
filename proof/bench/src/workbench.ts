import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findChromium, makeHome } from '@ioi/kit';
import lighthouse, { desktopConfig } from 'lighthouse';
import { type Browser, launch, type Page } from 'puppeteer-core';
import type { Report } from './report.ts';
import { measureDeciding } from './workbench-decide.ts';
import { measureEvents } from './workbench-events.ts';
import { measureMillion } from './workbench-million.ts';

const PACK = fileURLToPath(new URL('../../../tools/pack/src/main.ts', import.meta.url));
const BUILD = fileURLToPath(new URL('../../../apps/workbench/build/main.ts', import.meta.url));
const PAGES = fileURLToPath(new URL('../../../lib/apps/workbench/dist', import.meta.url));
const CLI = fileURLToPath(new URL('../../../lib/apps/cli/src/main.js', import.meta.url));
const SCREENS = [
  ...['/', '/runs', '/runs/none', '/atlas', '/atlas/0', '/wallet', '/policy', '/workflows'],
  ...['/workflows/none', '/node'],
];
const RECEIPTS = 1_000_000;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;

type Measure = (executablePath: string, report: Report) => Promise<void>;

const MEASURES: ReadonlyMap<string, Measure> = new Map<string, Measure>([
  ['lighthouse', measureScreens],
  ['approve', measureDeciding],
  ['paint', measureEvents],
  ['search', searchMillion],
]);

export const PARTS: readonly string[] = [...MEASURES.keys()];

/** The Workbench as packed for users, in the Chromium of this machine. */
export async function run(report: Report, parts: readonly string[] = PARTS): Promise<void> {
  const executablePath = findChromium();
  if (executablePath === undefined) return report.note('not measured: no Chromium here');
  // Packed for users, and in the checkout for the nodes that the kit starts.
  for (const args of [[PACK], [BUILD, PAGES], [BUILD]]) {
    const done = spawnSync(process.execPath, ['--no-warnings', ...args], { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(done.stderr);
  }
  for (const part of parts) await MEASURES.get(part)?.(executablePath, report);
}

function searchMillion(executablePath: string, report: Report): Promise<void> {
  const receipts = Number(process.env['IOI_BENCH_RECEIPTS'] ?? RECEIPTS);
  return measureMillion({ executablePath, cli: CLI, receipts }, report);
}

/** What is loaded first, and the scores of each screen. */
async function measureScreens(executablePath: string, report: Report): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  await makeHome(home, []);
  const env = { ...process.env, IOI_HOME: home };
  const node = spawn(process.execPath, [CLI, 'up'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const browser = await launch({ executablePath, headless: true, args: ['--no-sandbox'] });
  try {
    await once(node.stdout, 'data');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [CLI, 'workbench', '--json', '--no-browser'],
      { env },
    );
    await measure(browser, JSON.parse(stdout).url, report);
  } finally {
    await browser.close();
    await ended(node);
    rmSync(home, { recursive: true, force: true });
  }
}

async function measure(browser: Browser, link: string, report: Report): Promise<void> {
  const page = await browser.newPage();
  await page.goto(link);
  await page.waitForSelector('h1');
  const kibibytes = (await scriptBytes(page)) / 1024;
  report.note('scripts of the inbox, as they come over the wire, loaded by nothing cached');
  const most = { op: '<=', value: 170 } as const;
  report.figure({ figure: 'first_load_kib', value: kibibytes, unit: 'KiB', target: most });
  const { origin } = new URL(link);
  const scores: number[] = [];
  for (const path of SCREENS) {
    for (const [category, score] of await scoresOf(page, `${origin}${path}`, report)) {
      report.note(`${path} ${category}: ${score}`);
      scores.push(score);
    }
  }
  // Whoever was not let in: nothing of the tab above is known to this one.
  const outside = await (await browser.createBrowserContext()).newPage();
  for (const [category, score] of await scoresOf(outside, origin, report)) {
    report.note(`the door ${category}: ${score}`);
    scores.push(score);
  }
  const least = { op: '>=', value: 0.98 } as const;
  const worst = Math.min(...scores);
  report.figure({ figure: 'lighthouse_min', value: worst, unit: 'score', target: least });
}

/** Compressed bytes of every script that the page has loaded. */
async function scriptBytes(page: Page): Promise<number> {
  const script = `performance.getEntriesByType('resource')
    .filter(({ name }) => name.endsWith('.js'))
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`;
  return Number(await page.evaluate(script));
}

/** In the tab that was let in: what lets it in is kept there. */
async function scoresOf(page: Page, url: string, report: Report): Promise<[string, number][]> {
  const flags = { onlyCategories: [...CATEGORIES], disableStorageReset: true };
  const result = await lighthouse(url, flags, desktopConfig, page);
  const { categories = {}, audits = {}, runtimeError } = result?.lhr ?? {};
  if (runtimeError) report.note(`${url}: ${runtimeError.code}`);
  for (const name of CATEGORIES) {
    const refs = categories[name]?.auditRefs.filter(({ weight }) => weight > 0) ?? [];
    const worse = refs.filter(({ id }) => (audits[id]?.score ?? 1) < 0.95);
    for (const { id } of worse) report.note(`${url}: ${id} ${audits[id]?.displayValue ?? ''}`);
  }
  return CATEGORIES.map((name) => [name, categories[name]?.score ?? 0]);
}

async function ended(node: ChildProcess): Promise<void> {
  const gone = once(node, 'exit');
  node.kill('SIGTERM');
  await gone;
}
