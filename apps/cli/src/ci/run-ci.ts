import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { LogEntry } from '@ioi/protocol';
import type { Isolation } from '../core/ci/isolation.ts';
import { type Judged, judge } from '../core/ci/judged.ts';
import { junitText } from '../core/ci/junit.ts';
import { sarifText } from '../core/ci/sarif.ts';
import { exitCode } from '../core/exit-codes.ts';
import { visible } from '../core/visible.ts';
import { type Context, type Options, textOption } from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { type Home, homeAt } from '../shell/home.ts';
import { demoPassphrase, initialise } from '../shell/initialise.ts';
import { readVersion } from '../shell/installation.ts';
import { readPolicyFile } from '../shell/policy-file.ts';
import { saveExport } from '../shell/save-export.ts';
import { type StartedNode, startNode } from '../shell/start-node.ts';
import { wholeLog } from '../shell/whole-log.ts';
import { stopSupervisor } from '../up/stop.ts';
import { preApprovalsOf } from './pre-approvals.ts';
import { RefuseWaiting } from './refuse-waiting.ts';
import { ReportFolder } from './report-folder.ts';

const OUT = 'ioi-ci';
const STOP_MS = 20_000;
const LOG = 'log.jsonl';
/** What a node that is gone at the end of the job cannot give. */
const NOT_HERE = ['overlay', 'credential', 'as'];
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** What a program ended with, and what held it. */
export type ProgramRan = { readonly code: number; readonly isolation: Isolation };

/** Runs the program on a node, and resolves with how it ended. */
export type RunOn = (context: Context, options: Options) => Promise<ProgramRan>;

/**
 * A node for one job of a build server: made for it, asked by nobody, gone at its end. Resolves
 * with what the program ended with, or 11 where something needed an approval.
 */
export async function runCi(context: Context, options: Options, runOn: RunOn): Promise<number> {
  const policy = textOption(options, 'policy');
  if (policy === undefined) throw usageFault('which policy? --policy FILE', 'ioi run --help');
  const odd = NOT_HERE.find((name) => options[name] !== undefined);
  if (odd !== undefined) throw usageFault(`--${odd} goes with a node that stays: not with --ci`);
  readPolicyFile(policy);
  const approvals = preApprovalsOf(context, options);
  const place = new ReportFolder(resolve(textOption(options, 'out') ?? OUT));
  // Heard from here on: what was begun is taken away before this ends.
  const stopping = new Stopping();
  const folder = mkdtempSync(join(tmpdir(), 'ioi-ci-'));
  const home = homeAt(join(folder, 'home'));
  try {
    const passphrase = demoPassphrase();
    await initialise(home, { demo: false }, { passphrase, keep: true });
    const config = textOption(options, 'config');
    if (config !== undefined) copyConfig(config, home);
    if (stopping.code !== undefined) return stopping.code;
    const node = await startNode(home, policy, passphrase);
    if (stopping.code !== undefined) return stopping.code;
    const refusing = new RefuseWaiting(node, passphrase, approvals);
    const inside = context.at(home.folder);
    const { code, isolation } = await runOn(inside, { ...options, undo: false });
    await refusing.stop();
    const judged = await report({ context: inside, node, place, policy, refusing, isolation });
    say(context, place.path, judged);
    for (const code of refusing.refusals.values()) context.output.note(`ioi: ${code}`);
    const isAsked = judged.some(({ outcome }) => outcome === 'needs_approval');
    return stopping.code ?? (isAsked ? exitCode('pending') : code);
  } finally {
    await takeAway(home, folder);
    stopping.release();
  }
}

async function takeAway(home: Home, folder: string): Promise<void> {
  const stopped = await stopSupervisor(home, STOP_MS);
  rmSync(folder, { recursive: true, force: true });
  if (stopped?.isGone !== false) return;
  const message = `the node of this job, process ${stopped.pid}, does not end`;
  throw new CommandFault({ exit: 'unexpected', code: 'ci.node_left', message });
}

/** Signals that would end a command at once. */
class Stopping {
  readonly #stop = (signal: NodeJS.Signals): void => {
    this.code ??= 128 + constants.signals[signal];
  };
  /** As a shell tells it; undefined while none came. */
  code: number | undefined;

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#stop);
  }

  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.#stop);
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
  readonly policy: string;
  readonly refusing: RefuseWaiting;
  readonly isolation: Isolation;
};

/** What the job leaves: reports for people and programs, and the log that proves them. */
async function report({
  context,
  node,
  place,
  policy,
  refusing,
  isolation,
}: Reporting): Promise<readonly Judged[]> {
  const entries = await wholeLog(context);
  const judged = judge(entries);
  const folder = process.cwd();
  const from = {
    version: readVersion(),
    folder,
    policy: relative(folder, resolve(policy)),
    isolation,
  };
  const asked = judged.filter(({ outcome }) => outcome === 'needs_approval');
  const requests = asked.map((each) => requestOf(each, entries, refusing));
  const beforehand = refusing.used.length === 0 ? {} : { pre_approved: refusing.used };
  const told = { node_id: node.nodeId, isolation, requests, ...beforehand };
  const files = {
    'junit.xml': junitText(judged, isolation),
    'results.sarif': sarifText(judged, from),
    'requests.json': `${JSON.stringify(told, undefined, 2)}\n`,
  };
  place.open();
  for (const [name, text] of Object.entries(files)) place.write(name, text);
  await saveExport(node.daemon, place.placeOf(LOG), false);
  return judged;
}

/** As it stands in the log; `act` with its contents, which an approver is shown. */
function requestOf(
  { digest, ruleId, seq }: Judged,
  entries: readonly LogEntry[],
  { acts, refusals }: RefuseWaiting,
): object {
  const payload = entries.find((each) => each.seq === seq)?.payload ?? {};
  const { request, facts } = payload;
  const [act, refused] = [acts.get(digest), refusals.get(digest)];
  const more = { ...(act ? { act } : {}), ...(refused ? { refused } : {}) };
  return { request_hash: digest, rule_id: ruleId, request, facts, ...more };
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
  for (const { outcome, why, target, path = '' } of judged) {
    if (outcome === 'allowed') continue;
    output.note(`ioi:   ${target} ${visible(path)}: ${visible(why)}`);
  }
  output.note(`ioi: reports in ${visible(out)}; prove them: ioi verify ${visible(join(out, LOG))}`);
}
