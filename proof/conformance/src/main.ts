import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as a2a from './a2a/run.ts';
import { runAgentdojo } from './agentdojo/run.ts';
import * as bypass from './bypass.ts';
import { allAttempts, MATERIAL as ESCAPES } from './escape/attempt.ts';
import { run as runEscape, runOnCopies } from './escape/run.ts';
import * as faults from './faults.ts';
import * as jcs from './jcs.ts';
import * as jsonTestSuite from './json-test-suite.ts';
import { runMcp } from './mcp/run.ts';
import * as merkle from './merkle.ts';
import * as secrets from './secrets/run.ts';
import { run as runSelfApproval } from './self-approval/run.ts';
import type { Tally } from './tally.ts';
import * as tlog from './tlog.ts';
import * as wycheproof from './wycheproof.ts';

type Run = {
  /** Is given the folder with all vectors, or its own material. */
  readonly run: (vectors: string) => Tally | Promise<Tally>;
  /** Where its material is, if not in a folder of its name; the run answers to that name too. */
  readonly folder?: string;
  /** Where material of our own is, which needs no folder of vectors. */
  readonly material?: string;
};

const RUNS: ReadonlyMap<string, Run> = new Map<string, Run>([
  ['bypass', { run: bypass.run, material: bypass.FOLDER }],
  ['escape', { run: () => runEscape(allAttempts(), true), material: ESCAPES }],
  ['escape-overlay', { run: () => runOnCopies(allAttempts()), material: ESCAPES }],
  ['faults', { run: () => faults.run(), material: import.meta.dirname }],
  ['jcs', { run: jcs.run }],
  ['journey', { run: runJourney, material: import.meta.dirname }],
  ['json-test-suite', { run: jsonTestSuite.run }],
  ['merkle', { run: merkle.run }],
  ['secrets', { run: (folder) => secrets.run(folder), material: secrets.FOLDER }],
  ['self-approval', { run: () => runSelfApproval(), material: import.meta.dirname }],
  ['tlog', { run: tlog.run, folder: tlog.FOLDER }],
  ['wycheproof', { run: wycheproof.run }],
]);

const REPOSITORY = resolve(import.meta.dirname, '../../..');
const DEFAULT_VECTORS = resolve(REPOSITORY, '../shared/vectors');
const NAMED_FAILURES = 20;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      vectors: { type: 'string', default: DEFAULT_VECTORS },
      suites: { type: 'string' },
      scenarios: { type: 'string' },
      tck: { type: 'string' },
    },
  });
  const [name = '', ...rest] = positionals;
  const suites = values.suites ?? join(values.vectors, 'agentdojo/suites.json');
  const isReplay = rest.length === 0 && (name === 'agentdojo' || name === 'all');
  const isMcp = rest.length === 0 && (name === 'mcp' || name === 'all');
  const isA2a = rest.length === 0 && (name === 'a2a' || name === 'all');
  const chosen = [...RUNS]
    .filter(([run, { folder }]) => name === 'all' || name === run || name === folder)
    .map(([run]) => run);
  if (rest.length > 0 || (chosen.length === 0 && !isReplay && !isMcp && !isA2a)) {
    const known = [...RUNS.keys(), 'a2a', 'agentdojo', 'mcp', 'all'].join('|');
    const files = '[--vectors DIR] [--suites FILE] [--scenarios NAME,NAME] [--tck DIR]';
    process.stderr.write(`usage: conformance <${known}> [--json] ${files}\n`);
    return 2;
  }
  let failed = 0;
  for (const each of chosen) failed += await conclude(each, values.vectors, values.json);
  if (isReplay) failed += await runAgentdojo(suites, values.json);
  if (isMcp) failed += await runMcp(values.json, values.scenarios?.split(','));
  if (isA2a) failed += await runA2a(values);
  return failed === 0 ? 0 : 1;
}

type A2aOptions = { vectors: string; tck?: string | undefined; json: boolean };

/** The kit of the protocol's authors, where somebody put it. */
async function runA2a({ vectors, tck, json }: A2aOptions): Promise<number> {
  const kit = a2a.findKit(vectors, tck);
  if (!('why' in kit)) return told('a2a', await a2a.run(kit), json);
  (json ? process.stderr : process.stdout).write(`a2a: skipped, ${kit.why}\n`);
  return 0;
}

/** What packs a release is loaded where one is made, and by no other run. */
async function runJourney(): Promise<Tally> {
  const { run } = await import('./journey/run.ts');
  return run();
}

async function conclude(name: string, vectors: string, isJson: boolean): Promise<number> {
  const run = RUNS.get(name);
  const folder = run?.material ?? join(vectors, run?.folder ?? name);
  if (run === undefined || !existsSync(folder)) {
    const say = isJson ? process.stderr : process.stdout;
    say.write(`${name}: skipped, there is no material in ${folder}\n`);
    return 0;
  }
  return told(name, await run.run(run.material ?? vectors), isJson);
}

function told(name: string, tally: Tally, isJson: boolean): number {
  // A folder that holds nothing known proves nothing.
  if (tally.cases === 0) tally.failed.push('no cases were found');
  if (isJson) printFigures(name, tally);
  else printText(name, tally);
  return tally.failed.length;
}

function printFigures(run: string, tally: Tally): void {
  const figures: readonly (readonly [string, number])[] = [
    ['failed', tally.failed.length],
    ['cases', tally.cases],
    ['excepted', tally.excepted.length],
    ['skipped', tally.skipped.length],
    ...(tally.more ?? []),
  ];
  for (const [figure, value] of figures) {
    process.stdout.write(`${JSON.stringify({ run, figure, value, unit: 'cases' })}\n`);
  }
  for (const name of tally.failed.slice(0, NAMED_FAILURES)) {
    process.stderr.write(`${run}: failed ${name}\n`);
  }
}

function printText(run: string, tally: Tally): void {
  const lines = [
    `${run}: ${tally.cases} cases, ${tally.failed.length} failed`,
    ...(tally.more ?? []).map(([figure, value]) => `  ${value} ${figure}`),
    ...tally.failed.slice(0, NAMED_FAILURES).map((name) => `  failed    ${name}`),
    ...tally.excepted.map((name) => `  excepted  ${name}`),
    ...tally.skipped.map((name) => `  skipped   ${name}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
