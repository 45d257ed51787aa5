import type { ActionRules, DecideAction, LogEntry } from '@ioi/protocol';
import { learnPolicy } from './learn.ts';
import { activeAndPacks, type LearntFromLog } from './learn-from-log.ts';
import { printLearnt } from './print.ts';
import type { Seen } from './trace.ts';
import { DECIDE, decisionIn } from './trace-of-log.ts';

/** No rule allowed it, and none forbade it. */
const BY_DEFAULT = 'policy.default_deny';
const ASKED = ['approval.required', 'policy.approved'];

/**
 * The least policy under which a session would have gone on, for whoever writes what runs in it:
 * what went ahead stays as it was, what was asked is asked, and what nobody allowed is asked too.
 * What a rule forbids stays forbidden. Undefined where it asked for nothing.
 */
export function learnFromSession(
  entries: readonly LogEntry[],
  active: ActionRules | undefined,
  session: string,
): LearntFromLog | undefined {
  const trace = entries.flatMap((entry) => seenIn(entry, session) ?? []);
  if (trace.length === 0) return undefined;
  const learnt = learnPolicy(trace, activeAndPacks(active), []);
  return { ...learnt, requests: trace.length, text: printLearnt(learnt, 'learnt') };
}

function seenIn(entry: LogEntry, session: string): Seen | undefined {
  if (entry.operation !== DECIDE) return undefined;
  const { request, facts } = entry.payload as DecideAction;
  const decision = decisionIn(entry);
  if (decision === undefined || request.context.session_id !== session) return undefined;
  const code = decision.observed?.code ?? decision.code;
  const isRefused = code === BY_DEFAULT;
  if (decision.verdict.kind === 'Block' && !isRefused) return undefined;
  return { request, facts, isAsked: isRefused || ASKED.includes(code) };
}
