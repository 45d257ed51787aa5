import type { ActionRequest, LogEntry } from '@ioi/protocol';
import { describeEntry, type EntryLine } from './describe-entry.ts';

/** One sealed step of an act. Texts are as recorded, not yet safe to print. */
export type ActStage = {
  readonly stage: 'proposed' | 'decided' | 'approved' | 'ended' | 'performed' | 'verified';
  /** What it came to: a verdict, an outcome. */
  readonly word: string;
  readonly seq: string;
  /** Chain Time. */
  readonly at: string;
  readonly ruleId?: string;
};

/** One act with all its stages, each once and in order. */
export type ToldAct = {
  readonly requestHash: string;
  readonly agentId: string;
  readonly sessionId: string;
  readonly target: string;
  readonly path?: string;
  /** Whether anything may still happen over it, as far as these entries say. */
  readonly state: 'waiting' | 'under way' | 'ended';
  readonly stages: readonly ActStage[];
};

const DECIDE = 'boundary/action.decide';
const RECEIPT = 'boundary/action.receipt';
/** What a decision leaves of an act, where it is not to be performed. */
const STATES: Readonly<Record<string, ToldAct['state']>> = {
  REQUIRE_APPROVAL: 'waiting',
  BLOCK: 'ended',
};

/**
 * The acts that these entries, oldest first, tell of from their beginning. What was refused before
 * it became a request is none: nobody's session stands in it.
 */
export function actsIn(entries: readonly LogEntry[]): ToldAct[] {
  const acts = new Map<string, ToldAct>();
  for (const entry of entries) {
    const line = describeEntry(entry);
    const { requestHash } = line;
    if (requestHash === undefined) continue;
    const known = acts.get(requestHash) ?? begun(entry, line);
    if (known !== undefined) acts.set(requestHash, told(known, line));
  }
  return [...acts.values()];
}

function begun({ operation, payload }: LogEntry, line: EntryLine): ToldAct | undefined {
  const { requestHash, seq, chainTime: at, path } = line;
  if (operation !== DECIDE || requestHash === undefined) return undefined;
  const { target, context } = payload['request'] as ActionRequest;
  return {
    requestHash,
    agentId: context.agent_id,
    sessionId: context.session_id ?? '',
    target,
    ...(path === undefined ? {} : { path }),
    state: 'under way',
    stages: [{ stage: 'proposed', word: 'proposed', seq, at }],
  };
}

function told(act: ToldAct, line: EntryLine): ToldAct {
  const { operation, word, seq, chainTime: at, ruleId } = line;
  const rule = ruleId === undefined ? {} : { ruleId };
  const to = (
    state: ToldAct['state'],
    ...more: readonly Pick<ActStage, 'stage' | 'word'>[]
  ): ToldAct => {
    const stages = more.map((each) => ({ ...each, seq, at, ...rule }));
    return { ...act, state, stages: [...act.stages, ...stages] };
  };
  if (operation === RECEIPT) {
    const isViolated = word === 'contract_violation';
    const outcome = isViolated ? 'completed' : word;
    const performed = { stage: 'performed', word: outcome } as const;
    if (outcome !== 'completed') return to('ended', performed);
    const verified = { stage: 'verified', word: isViolated ? word : 'satisfied' } as const;
    return to('ended', performed, verified);
  }
  if (operation !== DECIDE) return to('ended', { stage: 'ended', word: endOf(line) });
  if (word === 'APPROVED') return to('under way', { stage: 'approved', word });
  return to(STATES[word] ?? 'under way', { stage: 'decided', word });
}

/** `approval.expired` is no word of the policy's. */
function endOf({ code = '', word }: EntryLine): string {
  return code.startsWith('approval.') ? code.slice('approval.'.length) : word;
}
