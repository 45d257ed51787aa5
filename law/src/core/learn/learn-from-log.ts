import type { ActionRules, LogEntry } from '@ioi/protocol';
import { packs } from '../packs/index.ts';
import { loadPolicy } from '../policy/index.ts';
import { type LearntPolicy, learnPolicy } from './learn.ts';
import { printLearnt } from './print.ts';
import { type TraceWanted, traceOfLog } from './trace-of-log.ts';

export type LearntFromLog = LearntPolicy & {
  /** Requests that it was learnt from. */
  readonly requests: number;
  /** As its owner reads and edits it. */
  readonly text: string;
};

/**
 * The least policy that covers what these entries, oldest first, tell of: undefined where that is
 * nothing. What the active policy and the packs block stays blocked, for a trace may hold what
 * nobody should have to see in a policy.
 */
export function learnFromLog(
  entries: readonly LogEntry[],
  active: ActionRules | undefined,
  wanted: TraceWanted = {},
): LearntFromLog | undefined {
  const { trace, held } = traceOfLog(entries, wanted);
  if (trace.length === 0) return undefined;
  const learnt = learnPolicy(trace, activeAndPacks(active), held);
  return { ...learnt, requests: trace.length, text: printLearnt(learnt, 'learnt') };
}

/** What stays blocked, whatever happened. */
export function activeAndPacks(active: ActionRules | undefined): ActionRules['rules'] {
  return [...(active?.rules ?? []), ...packRules()];
}

function packRules(): ActionRules['rules'] {
  return packs.flatMap(({ text }) => {
    const loaded = loadPolicy(text);
    return loaded.ok ? loaded.value.rules.rules : [];
  });
}
