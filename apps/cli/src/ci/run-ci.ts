import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { actsIn } from '@ioi/law';
import { type Judged, judge } from '../core/ci/judged.ts';
import { junitText } from '../core/ci/junit.ts';
import { sarifText } from '../core/ci/sarif.ts';
import { exitCode } from '../core/exit-codes.ts';
import type { PendingItem } from '../core/pending-view.ts';
import { visible } from '../core/visible.ts';
import { type Context, type Options, textOption } from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { type Home, homeAt } from '../shell/home.ts';
import { demoPassphrase, initialise } from '../shell/initialise.ts';
import { readVersion } from '../shell/installation.ts';
import { readPolicyFile } from '../shell/policy-file.ts';
import { saveExport } from '../shell/save-export.ts';
import { type StartedNode, startNode } from '../shell/start-node.ts';
import { wholeLog } from '../shell/whole-log.ts';
import { stopSupervisor } from '../up/stop.ts';
import { RefuseWaiting } from './refuse-waiting.ts';
import { ReportFolder } from './report-folder.ts';

const OUT = 'ioi-ci';
const STOP_MS = 20_000;
const LOG = 'log.jsonl';

/** Runs the program on a node, and resolves with how it ended. */
export type RunOn = (context: Context) => Promise<number>;

/**
 * A node for one job of a build server: made for it, asked by nobody, gone at its end. Resolves
 * with what the program ended with, or 11 where something needed an approval.
 */
export async function runCi(context: Context, options: Options, runOn: RunOn): Promise<number> {
  const policy = textOption(options, 'policy');
  if (policy === undefined) throw usageFault('which policy? --policy FILE', 'ioi run --help');
  readPolicyFile(policy);
  const place = new ReportFolder(resolve(textOption(options, 'out') ?? OUT));
  const folder = mkdtempSync(join(tmpdir(), 'ioi-ci-'));
  const home = homeAt(join(folder, 'home'));
  try {
    const passphrase = demoPassphrase();
    await initialise(home, { demo: false }, { passphrase, keep: true });
    const config = textOption(options, 'config');
    if (config !== undefined) copyConfig(config, home);
    const node = await startNode(home, policy, passphrase);
    const refusing = new RefuseWaiting(node.guardian, passphrase);
    const inside = context.at(home.folder);
    const code = await runOn(inside);
    const denied = await refusing.stop();
    const judged = await report({ context: inside, node, place, denied });
    say(context, place.path, judged);
    return denied.length > 0 ? exitCode('pending') : code;
  } finally {
    await stopSupervisor(home, STOP_MS);
    rmSync(folder, { recursive: true, force: true });
  }
}

function copyConfig(from: string, home: Home): void {
  try {
    copyFileSync(from, home.nodeConfig);
  } catch {
    throw usageFault(`${from} cannot be read`);
  }
}

type Reporting = {
  readonly context: Context;
  readonly node: StartedNode;
  readonly place: ReportFolder;
  readonly denied: readonly PendingItem[];
};

/** What the job leaves: reports for people and programs, and the log that proves them. */
async function report({ context, node, place, denied }: Reporting): Promise<readonly Judged[]> {
  const judged = judge(actsIn(await wholeLog(context)));
  const from = { version: readVersion(), folder: process.cwd() };
  const requests = denied.map(({ request_hash, request, facts, receipt }) => ({
    request_hash,
    rule_id: receipt.rule_id,
    request,
    facts,
  }));
  const files = {
    'junit.xml': junitText(judged),
    'results.sarif': sarifText(judged, from),
    'requests.json': `${JSON.stringify({ node_id: node.nodeId, requests }, undefined, 2)}\n`,
  };
  place.open();
  for (const [name, text] of Object.entries(files)) place.write(name, text);
  await saveExport(node.daemon, place.placeOf(LOG), false);
  return judged;
}

/** On standard error: what the program says is the result. */
function say({ output }: Context, out: string, judged: readonly Judged[]): void {
  const counts = new Map<string, number>();
  for (const { outcome } of judged) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  if (output.json) {
    const told = { out, acts: judged.length, ...Object.fromEntries(counts) };
    process.stderr.write(`${JSON.stringify({ ci: told })}\n`);
    return;
  }
  const words = [...counts].map(([outcome, count]) => `${count} ${outcome.replaceAll('_', ' ')}`);
  output.note(`ioi: ${judged.length} acts${words.length > 0 ? `: ${words.join(', ')}` : ''}`);
  for (const { outcome, why, act } of judged) {
    if (outcome === 'allowed') continue;
    output.note(`ioi:   ${act.target} ${visible(act.path ?? '')}: ${visible(why)}`);
  }
  output.note(`ioi: reports in ${visible(out)}; prove them: ioi verify ${visible(join(out, LOG))}`);
}
