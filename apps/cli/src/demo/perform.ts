import { setTimeout as sleep } from 'node:timers/promises';
import { describeEntry, type EntryLine } from '@ioi/law';
import type { PendingItem } from '../core/pending-view.ts';
import type { DaemonApi, GuardianApi } from '../shell/node-api.ts';
import type { Act } from './acts.ts';
import type { Agent } from './agent.ts';

export type Stage = {
  readonly agent: Agent;
  readonly daemon: DaemonApi;
  readonly guardian: GuardianApi;
  /** Decides about what waits, at the guardian; called once for an act that asks. */
  readonly decide: (item: PendingItem, asked: Performed) => Promise<void>;
};

export type Performed = {
  /** The first decision, and the last when a person was asked. */
  readonly decision: EntryLine;
  readonly final: EntryLine;
  readonly execution: EntryLine | undefined;
  readonly latencyMs: number;
};

const POLL_MS = 15;
const MOST_ENTRIES = 100;
/** About three seconds. */
const MOST_READS = 200;
const STILL_PENDING = 'approval.required';

/** Lets the agent try, and reads from the log what became of it. */
export async function performAct(stage: Stage, act: Act): Promise<Performed> {
  const { agent, daemon, decide } = stage;
  const before = String((await daemon.status()).log.size - 1);
  const startedAt = performance.now();
  const call = agent.call(act.tool, act.arguments);
  if (act.expected !== 'REQUIRE_APPROVAL') {
    await call;
    return readBack(daemon, before, performance.now() - startedAt);
  }
  const waiting = await whenWaiting(stage, call);
  if (waiting === undefined) return readBack(daemon, before, performance.now() - startedAt);
  await decide(waiting, await readBack(daemon, before, performance.now() - startedAt));
  const resumedAt = performance.now();
  const answer = await call;
  // A person took longer than a call may last: asked again, the same call gets its answer.
  if (answer.code === STILL_PENDING) await agent.call(act.tool, act.arguments);
  return readBack(daemon, before, performance.now() - resumedAt);
}

/** What waits at the guardian, or nothing when the call ended without asking anybody. */
async function whenWaiting(
  { guardian }: Stage,
  call: Promise<unknown>,
): Promise<PendingItem | undefined> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  call.then(over, over);
  while (!isOver) {
    const [item] = await guardian.pending();
    if (item !== undefined) return item;
    await sleep(POLL_MS);
  }
  return undefined;
}

async function readBack(daemon: DaemonApi, after: string, latencyMs: number): Promise<Performed> {
  const lines = await receiptsAfter(daemon, after);
  const decisions = lines.filter(({ code }) => !code?.startsWith('execution.'));
  const [decision] = decisions;
  const final = decisions.at(-1);
  if (decision === undefined || final === undefined) throw new Error('the act left no receipt');
  const execution = lines.find(({ code }) => code?.startsWith('execution.'));
  return { decision, final, execution, latencyMs };
}

/** What the guardian has sealed, and shows as waiting, reaches the daemon a moment later. */
async function receiptsAfter(daemon: DaemonApi, after: string): Promise<EntryLine[]> {
  for (let tries = 0; ; tries += 1) {
    const { entries } = await daemon.log({ after, limit: MOST_ENTRIES });
    const lines = entries.map(describeEntry).filter(({ receiptId }) => receiptId !== undefined);
    if (lines.length > 0 || tries === MOST_READS) return lines;
    await sleep(POLL_MS);
  }
}
