import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Revision, type Role, suiteFolder } from './requirements.ts';

/** `INFO`: as good, and not what was looked for. `ABSENT`: the suite did not come to the check. */
export type Status = 'SUCCESS' | 'INFO' | 'SKIPPED' | 'WARNING' | 'FAILURE' | 'ABSENT';
export type Result = { readonly status: Status; readonly message: string };
/** By the name of the check. */
export type Results = ReadonlyMap<string, Result>;

export type ScenarioRun = {
  readonly role: Role;
  readonly revision: Revision;
  readonly scenario: string;
  /** URL of what serves, or the command of what calls. */
  readonly target: string;
};

type Check = {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly errorMessage?: string;
};

const WORST_FIRST: readonly Status[] = [
  ...(['ABSENT', 'FAILURE', 'WARNING', 'SKIPPED', 'SUCCESS', 'INFO'] as const),
];
const TIMEOUT_MS = 60_000;

/** One scenario of the official suite against one target, in a process of its own. */
export async function runScenario(run: ScenarioRun): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-conformance-'));
  try {
    await suite(run, folder);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const found = files.find((file) => file.endsWith('checks.json'));
    if (found === undefined) return new Map();
    return byName(JSON.parse(readFileSync(join(folder, found), 'utf8')) as Check[]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A check that is made several times holds as its worst time does. */
function byName(checks: readonly Check[]): Results {
  const results = new Map<string, Result>();
  for (const { id, name, status, errorMessage = '' } of checks) {
    const rank = WORST_FIRST.indexOf(status as Status);
    if (rank < 0) continue;
    // One id stands for several checks where each has a name of its own.
    const key = `${id} ${name}`;
    const before = results.get(key);
    if (before && WORST_FIRST.indexOf(before.status) <= rank) continue;
    results.set(key, { status: status as Status, message: errorMessage });
  }
  return results;
}

/** Forced: the frozen set decides which scenarios are run, not the suite as it is today. */
function suite({ role, revision, scenario, target }: ScenarioRun, folder: string): Promise<void> {
  const main = join(suiteFolder(), 'dist', 'index.js');
  const aim = role === 'server' ? ['--url', target] : ['--command', target];
  const choice = ['--scenario', scenario, '--spec-version', revision, '--force'];
  const args = [main, role, ...aim, ...choice, '--output-dir', folder];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: 'ignore', timeout: TIMEOUT_MS });
    child.once('close', () => resolve());
  });
}
