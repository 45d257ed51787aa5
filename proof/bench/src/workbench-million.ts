import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { STORE_FORMAT } from '@ioi/agentgres/shell';
import { seededRandom } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import { digestBytes } from '@ioi/canon';
import { makeHome, overChannel, SealedDomain, startBrowser } from '@ioi/kit';
import { hashOf, requestOf, writeContract } from '@ioi/law/testing';
import type { DecideAction, SearchPage } from '@ioi/protocol';
import { median, percentile } from './measure.ts';
import type { Report } from './report.ts';
import { load, must } from './sealed-load.ts';

export type MillionOptions = {
  readonly executablePath: string;
  /** The packed `ioi`. */
  readonly cli: string;
  readonly receipts: number;
};

type Browser = Awaited<ReturnType<typeof startBrowser>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;

const WRITERS = 1024;
/** Of so many receipts one is of a decision about a path, the others of calls that were none. */
const DECIDED_OF = 10;
const QUESTIONS = 40;
const SEED = 11;
const AGENTS = ['codex', 'claude-code', 'gemini-cli', 'nightly-backup'];
const INDEXED_MS = 15 * 60_000;
/** Of the receipts below: whoever changes what is filled in gives it another number. */
const FILLING = 1;
/** Where homes that were filled stay between runs. */
const KEPT = fileURLToPath(new URL('../../../node_modules/.cache/bench/', import.meta.url));

/** When the page first showed what fits in its content, by its own clock. */
const NOTE_SHOWN = `globalThis.waitFor = (expression) => {
  globalThis.shownAt = 0;
  const look = () => {
    if (!expression.test(document.querySelector('main').textContent)) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => { globalThis.shownAt = performance.now(); }));
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true, characterData: true });
};
addEventListener('keydown', ({ timeStamp }) => { globalThis.pressedAt = timeStamp; }, true);
addEventListener('input', ({ timeStamp }) => { globalThis.typedAt = timeStamp; }, true)`;

/**
 * With so many sealed receipts in the node's own log: from the last letter that is typed to what
 * is found, and from Enter behind a position to that entry, as painted.
 */
export async function measureMillion(options: MillionOptions, report: Report): Promise<void> {
  const home = await filledHome(options.receipts, report);
  const env = { ...process.env, IOI_HOME: home };
  const node = await upAt(home, options, report);
  let browser: Browser | undefined;
  try {
    const args = [options.cli, 'workbench', '--json', '--no-browser'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    browser = await startBrowser(options.executablePath);
    const page = await browser.newPage();
    await page.goto(JSON.parse(stdout).url);
    await page.getByText('Nothing waits for you.').waitFor({ timeout: 60_000 });
    await page.evaluate(NOTE_SHOWN);
    await measureAt(page, options.receipts, report);
  } finally {
    await browser?.close();
    await ended(node);
  }
}

/**
 * A home in whose log they stand; filled by the first run that wants it. It goes by the format of
 * the store, and is made anew where it was not made whole.
 */
async function filledHome(receipts: number, report: Report): Promise<string> {
  const home = join(KEPT, `${receipts}-${STORE_FORMAT}-${FILLING}`);
  if (existsSync(join(home, 'filled'))) {
    report.note(`receipts of a run before, kept in ${home}`);
    return home;
  }
  rmSync(KEPT, { recursive: true, force: true });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  await makeHome(home, []);
  const perSecond = await fill(home, receipts);
  const seconds = Math.round(receipts / perSecond);
  report.note(`filled in ${seconds} s: ${Math.round(perSecond)} receipts sealed a second`);
  writeFileSync(join(home, 'filled'), '');
  return home;
}

/** With all of them found. */
async function upAt(home: string, { cli }: MillionOptions, report: Report): Promise<ChildProcess> {
  const env = { ...process.env, IOI_HOME: home };
  const asked = performance.now();
  const node = spawn(process.execPath, [cli, 'up'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const isUp = once(node.stdout as NodeJS.ReadableStream, 'data').then(() => true);
    if (!(await Promise.race([isUp, once(node, 'exit').then(() => false)]))) {
      throw new Error(`the node did not come up with ${home}: see above, or remove that folder`);
    }
    const begun = performance.now();
    await until('all is indexed', () => isIndexed(home), INDEXED_MS);
    const [up, found] = [begun - asked, performance.now() - begun].map((ms) => ms / 1000);
    report.note(`up in ${up?.toFixed(1)} s, all found ${found?.toFixed(1)} s later`);
    return node;
  } catch (fault) {
    await ended(node);
    throw fault;
  }
}

async function ended(node: ChildProcess): Promise<void> {
  if (node.exitCode !== null || node.signalCode !== null) return;
  const gone = once(node, 'exit');
  node.kill('SIGTERM');
  await gone;
}

async function measureAt(page: Page, receipts: number, report: Report): Promise<void> {
  const random = seededRandom(SEED);
  // A smaller log is no proof about the larger: its figures go by another name.
  const of = receipts === 1_000_000 ? '1M' : String(receipts);
  const decided = receipts / DECIDED_OF;
  const searches = new Map<string, number[]>();
  const jumps: number[] = [];
  for (let round = 0; round < QUESTIONS; round += 1) {
    const at = decided / 100 + random.below(0.09 * decided);
    note(searches, 'one letter more', await typed(page, at));
    for (const [kind, q] of kinds(at)) note(searches, kind, await asked(page, q));
    jumps.push(await jumped(page, String(1 + random.below(receipts))));
  }
  const told = (all: readonly number[]) =>
    `p50 ${median(all).toFixed(0)} ms, p95 ${percentile(all, 0.95).toFixed(0)} ms`;
  for (const [kind, took] of searches) report.note(`search, ${kind}: ${told(took)}`);
  report.note(`jump: ${told(jumps)}`);
  const search = percentile([...searches.values()].flat(), 0.95);
  const jump = percentile(jumps, 0.95);
  const within = (value: number) => ({ op: '<=', value }) as const;
  const figure = { unit: 'ms' } as const;
  report.figure({ ...figure, figure: `search_p95_ms@${of}`, value: search, target: within(100) });
  report.figure({ ...figure, figure: `jump_p95_ms@${of}`, value: jump, target: within(150) });
}

function note(all: Map<string, number[]>, kind: string, took: number): void {
  all.set(kind, [...(all.get(kind) ?? []), took]);
}

/** What people look for, about one decision. */
function kinds(at: number): [string, string][] {
  return [
    ['one path', `/home/person/website/src/module-${at}.ts`],
    ['an id', `sha256:${digestBytes(`call ${at * DECIDED_OF + 1}`).slice(7, 23)}`],
    ['common words', `website ${AGENTS[at % AGENTS.length]} ${at % 10}`],
    ['few of common letters', `${at % 1000}.ts ${AGENTS[at % AGENTS.length]} e-${at % 10}`],
    ['none of common letters', `${at}1 ${at}9`],
    ['none', `nothing-of-this-name-${at}`],
  ];
}

/** As people type: all but the last letter is there before, and eleven that begin so are found. */
async function typed(page: Page, at: number): Promise<number> {
  const box = page.getByLabel('Search the log');
  await box.fill(`module-${at}`);
  await page.getByText('11 found.').waitFor({ timeout: 60_000 });
  await page.evaluate('waitFor(/Atlas1 found\\./)');
  await page.keyboard.press('.');
  return shown(page, 'typedAt');
}

/** At once, as from the clipboard: until what is found fills a page, or is all there is. */
async function asked(page: Page, q: string): Promise<number> {
  const box = page.getByLabel('Search the log');
  await box.fill('');
  await page.getByText('commits too').waitFor({ timeout: 60_000 });
  await page.evaluate('waitFor(/ found\\.|[1-9][0-9]* found so far\\./)');
  await box.fill(q);
  return shown(page, 'typedAt');
}

async function jumped(page: Page, seq: string): Promise<number> {
  await page.getByLabel('Search the log').fill(seq);
  await page.evaluate(`waitFor(/entry ${seq} /)`);
  await page.keyboard.press('Enter');
  return shown(page, 'pressedAt');
}

async function shown(page: Page, from: 'typedAt' | 'pressedAt'): Promise<number> {
  const at = await until('it is painted', async () => {
    const when = Number(await page.evaluate('globalThis.shownAt'));
    return when > 0 && when;
  });
  return at - Number(await page.evaluate(`globalThis.${from}`));
}

/** Decided and sealed by the node's own guardian: nothing allows any, and each has a receipt. */
async function fill(home: string, receipts: number): Promise<number> {
  const sealed = new SealedDomain(home);
  try {
    const node = await sealed.openNode();
    await must(node, overChannel('boundary/contract.register', { contract: writeContract }));
    const contract_hash = hashOf(writeContract);
    const next = (at: number) =>
      at % DECIDED_OF === 0
        ? overChannel('boundary/action.decide', actAt(at / DECIDED_OF, contract_hash))
        : overChannel('boundary/action.refuse', refusalAt(at));
    const { perSecond } = await load(node, receipts, { writers: WRITERS, next });
    return perSecond;
  } finally {
    await sealed.close();
  }
}

function actAt(at: number, contract_hash: DecideAction['contract_hash']): DecideAction {
  const path = `/home/person/website/src/module-${at}.ts`;
  const request = requestOf('fs::write', { path, content: 'x' }, at);
  const agent_id = `agent://laptop/${AGENTS[at % AGENTS.length]}` as const;
  return {
    request: { ...request, context: { agent_id } },
    contract_hash,
    facts: { target_exists: false },
    attempt: 1,
    verdict: 'BLOCK',
    isolation_tier: 'mediated',
    budget_ids: [],
  };
}

function refusalAt(at: number): object {
  return {
    raw_hash: digestBytes(`call ${at}`),
    agent_id: `agent://laptop/${AGENTS[at % AGENTS.length]}`,
    code: 'request.invalid',
    isolation_tier: 'mediated',
  };
}

async function isIndexed(home: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<SearchPage>();
  const socketPath = join(home, 'run', 'daemon.sock');
  const asked = request({ socketPath, path: '/v1/search?q=website' }, (answer) => {
    json(answer).then((page) => resolve(page as SearchPage), reject);
  });
  asked.on('error', reject).end();
  const { indexed, size } = await promise;
  return indexed >= size;
}
