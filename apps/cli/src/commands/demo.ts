import { setTimeout as sleep } from 'node:timers/promises';
import type { EntryLine } from '@ioi/law';
import { actView } from '../core/act-view.ts';
import { shortId } from '../core/match-id.ts';
import { durationText, type PendingItem, pendingView } from '../core/pending-view.ts';
import { type ProbeRow, probeLines } from '../core/probe/probe-view.ts';
import { visible } from '../core/visible.ts';
import { decidingText } from '../core/why-view.ts';
import { type Act, actsOn } from '../demo/acts.ts';
import { type Agent, connectAgent } from '../demo/agent.ts';
import { ownAgentLines } from '../demo/own-agent.ts';
import { type Performed, performAct } from '../demo/perform.ts';
import { proveLog } from '../demo/proof.ts';
import { demoAgent, receiptsOf } from '../demo/real-agent.ts';
import {
  type DemoNode,
  demoFolder,
  isDemoRunning,
  removeDemo,
  shortPath,
  startDemoNode,
  stopDemoNode,
} from '../demo/stage.ts';
import type { FoundAgent } from '../probe/place-agent.ts';
import { probeAgent } from '../probe/probe-agent.ts';
import { MODEL_RULE } from '../probe/start-agent.ts';
import { type Command, type Context, flagOption, textOption } from '../shell/context.ts';
import { CommandFault } from '../shell/fault.ts';
import { commandText } from '../shell/installation.ts';
import { payloadsOf } from '../shell/large-values.ts';
import { askYes } from '../shell/prompt.ts';

type Show = {
  readonly context: Context;
  readonly node: DemoNode;
  readonly agent: Agent;
  /** Whether a person answers at the terminal. */
  readonly isAsked: boolean;
};

/**
 * `ioi demo [--once] [--yes] [--keep DIR] [--agent AGENT]`: one action through the whole boundary,
 * and more; at its end an agent of this machine, where there is one.
 */
export const demo: Command = async (context, _args, options) => {
  const keep = textOption(options, 'keep');
  const named = textOption(options, 'agent');
  const real = demoAgent(context.environment, named);
  const folder = demoFolder(keep);
  const stop = onSignal();
  const playing = {
    isAsked: context.output.canAsk && !flagOption(options, 'yes'),
    once: flagOption(options, 'once'),
    real,
    isNamed: named !== undefined,
    signal: stop.signal,
  };
  try {
    const played = play(context, folder, playing);
    await Promise.race([played, stop.fired]);
    if (stop.signal.aborted) await settled(played);
    else if (!playing.once) await serve(folder, stop);
  } finally {
    await stopDemoNode(folder);
    if (keep === undefined) removeDemo(folder);
  }
  return undefined;
};

const SETTLE_MS = 10_000;

/** Told to stop half way: what is under way comes to its end first, so that nothing is left. */
async function settled(played: Promise<void>): Promise<void> {
  process.stdin.destroy();
  const quietly = played.catch(() => {});
  await Promise.race([quietly, sleep(SETTLE_MS, undefined, { ref: false })]);
}

const LOOK_MS = 500;

/** Until told to stop; a node that ended by itself is a fault, not a quiet end. */
async function serve(folder: string, { signal, fired }: Stop): Promise<void> {
  while (!signal.aborted) {
    if (!isDemoRunning(folder)) throw nodeGone();
    await Promise.race([sleep(LOOK_MS), fired]);
  }
}

type Stop = { readonly signal: AbortSignal; readonly fired: Promise<void> };

function onSignal(): Stop {
  const controller = new AbortController();
  const fired = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (controller.signal.aborted) process.exit(130);
        controller.abort();
        resolve();
      });
    }
  });
  return { signal: controller.signal, fired };
}

type Playing = {
  readonly isAsked: boolean;
  readonly once: boolean;
  /** An agent of this machine that is stopped at the end. */
  readonly real: FoundAgent | undefined;
  /** Whether it was asked for. */
  readonly isNamed: boolean;
  readonly signal: AbortSignal;
};

async function play(
  context: Context,
  folder: string,
  { isAsked, once, real, isNamed, signal }: Playing,
): Promise<void> {
  const { output, environment, home } = context;
  const about = output.paint('dim', ': a node of its own; its receipts say demo');
  print(context, [output.paint('bold', 'ioi demo') + about, `  in ${visible(folder)}`, '']);
  const node = await startDemoNode(folder, real === undefined ? [] : [MODEL_RULE]);
  const agent = await connectAgent(node.home);
  try {
    for (const act of actsOn(node.sample)) {
      signal.throwIfAborted();
      await showAct({ context, node, agent, isAsked }, act);
    }
  } finally {
    await agent.close();
  }
  signal.throwIfAborted();
  if (real !== undefined) await showReal({ context, node }, real, { isNamed, signal });
  signal.throwIfAborted();
  const proof = await proveLog(node);
  print(context, ['', `exported ${proof.bytes} bytes, verified by a separate process:`]);
  print(
    context,
    proof.lines.map((line) => `  ${line}`),
  );
  if (!proof.isVerified) throw notVerified();
  if (output.json) output.say([], { verified: true, node_id: node.nodeId, bytes: proof.bytes });
  print(context, ['', ...ownAgentLines(environment, once ? home : node.home, !once)]);
  if (!once) print(context, ['', 'the demo node keeps serving; Ctrl-C ends it']);
}

type Stopping = Pick<Playing, 'isNamed' | 'signal'>;

/** A real agent, offline, with a model that makes it try what must not happen. */
async function showReal(
  { context, node }: Pick<Show, 'context' | 'node'>,
  found: FoundAgent,
  { isNamed, signal }: Stopping,
): Promise<void> {
  const { output } = context;
  const { title } = found.agent;
  const { available, cause = '' } = await node.daemon.sandbox();
  if (!available) {
    if (isNamed) throw notStopped(`no sandbox on this machine: ${cause}`);
    return print(context, ['', visible(`${title} is left out, without a sandbox: ${cause}`)]);
  }
  const about = `${title}, in a sandbox, offline; a scripted model makes it try:`;
  print(context, ['', visible(about)]);
  const row = await probeAgent({ node, signal }, found);
  if (output.json) output.say([], { agent: row });
  print(
    context,
    probeLines(row, output.paint).map((line) => `  ${line}`),
  );
  for (const receiptId of receiptsOf(row.canaries)) await explain({ context, node }, { receiptId });
  if (!isStopped(row, isNamed)) throw notStopped(`${title} ended as ${row.state}`);
}

/** What did not come about is no fault of the boundary, where nobody asked for it. */
function isStopped({ state }: ProbeRow, isNamed: boolean): boolean {
  return state === 'green' || (state === 'unknown' && !isNamed);
}

async function showAct(show: Show, act: Act): Promise<void> {
  const { context, node, agent } = show;
  const decide = (item: PendingItem, asked: Performed) => ask(show, item, asked);
  const performed = await performAct({ ...node, agent, decide }, act);
  printLine(show, performed.final, performed.latencyMs);
  if (performed.final.word === 'BLOCK') await explain(show, performed.final);
  if (!isAsExpected(act, performed)) throw notHeld(act, performed);
  if (performed.execution !== undefined && performed.execution.word !== 'completed') {
    print(context, [`    ${visible(performed.execution.code ?? '')}`]);
  }
}

function printLine({ context, node }: Show, line: EntryLine, latencyMs: number): void {
  const about = shortPath(node.sample, line.path ?? '');
  const { output } = context;
  if (output.json) output.say([], { act: line, latency_ms: Number(latencyMs.toFixed(3)) });
  else output.say([actView({ line, about, latencyMs }, output.paint)], undefined);
}

/** Every denial says which rule and field decided, and what to run to see more. */
async function explain(
  { context, node }: Pick<Show, 'context' | 'node'>,
  { receiptId = '' }: Pick<EntryLine, 'receiptId'>,
): Promise<void> {
  const why = await node.daemon.why(receiptId);
  const next = commandText(context.environment, `why ${shortId(receiptId)}`, node.home.folder);
  const { paint } = context.output;
  const lines = [decidingText(why), `see: ${next}`];
  print(
    context,
    lines.map((line) => paint('dim', `    ${visible(line)}`)),
  );
}

/** Shows the guardian's own copy and takes the decision to the guardian. */
async function ask(show: Show, item: PendingItem, asked: Performed): Promise<void> {
  const { context, node, isAsked } = show;
  printLine(show, asked.decision, asked.latencyMs);
  const left = durationText(Number(item.expires) - Date.now());
  const contents = await payloadsOf(item, node.daemon);
  const lines = pendingView(item, left, context.output.paint, contents);
  print(
    context,
    lines.map((line) => `    ${line}`),
  );
  const isGiven = isAsked ? await askYes('    Approve exactly this?') : true;
  if (!isAsked) print(context, ['    approved without asking: this is a demo node']);
  if (isGiven) await node.guardian.approve(item.request_hash, node.passphrase);
  else await node.guardian.deny(item.request_hash, node.passphrase, 'denied at the terminal');
}

function isAsExpected({ expected }: Act, { decision, final }: Performed): boolean {
  if (expected === 'BLOCK') return final.word === 'BLOCK';
  if (expected === 'ALLOW') return final.word === 'ALLOW';
  return decision.word === 'REQUIRE_APPROVAL' && ['APPROVED', 'DENIED'].includes(final.word);
}

function notHeld({ tool, expected }: Act, { final }: Performed): CommandFault {
  return new CommandFault({
    exit: 'unexpected',
    code: 'demo.unexpected_verdict',
    message: `${tool} was to end as ${expected} and ended as ${final.word} (${final.code ?? ''})`,
  });
}

function notStopped(message: string): CommandFault {
  return new CommandFault({ exit: 'unexpected', code: 'demo.agent_not_stopped', message });
}

function nodeGone(): CommandFault {
  const message = 'the demo node ended by itself';
  return new CommandFault({ exit: 'unexpected', code: 'demo.node_gone', message });
}

function notVerified(): CommandFault {
  const message = 'the export did not verify';
  return new CommandFault({ exit: 'unverified', code: 'demo.not_verified', message });
}

function print({ output }: Context, lines: readonly string[]): void {
  if (!output.json) output.say(lines, undefined);
}
