import { actsIn, describeEntry, type ToldAct } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';

/** What a build server is told of one thing that the program wanted. */
export type Judged = {
  /** `needs_approval`: nobody gave it beforehand. `refused`: it never became a request. */
  readonly outcome: 'allowed' | 'blocked' | 'needs_approval' | 'not_performed' | 'refused';
  readonly why: string;
  readonly target: string;
  /** Of an address without what stands behind its `?`, where keys are. */
  readonly path: string | undefined;
  readonly agentId: string;
  readonly ruleId: string | undefined;
  /** Digest of the request, or of the bytes that became none. */
  readonly digest: string;
  readonly seq: string;
  /** Chain Time. */
  readonly at: string;
};

const REFUSE = 'boundary/action.refuse';

/** What came of everything that was wanted, in its order. */
export function judge(entries: readonly LogEntry[]): readonly Judged[] {
  const refused = entries.filter(({ operation }) => operation === REFUSE).map(judgeRefused);
  const judged = [...actsIn(entries).map(judgeAct), ...refused];
  return judged.toSorted((a, b) => Number(BigInt(a.seq) - BigInt(b.seq)));
}

function judgeAct(act: ToldAct): Judged {
  const [first] = act.stages;
  const decided = act.stages.findLast(({ stage }) => stage === 'decided');
  const ruleId = decided?.ruleId;
  const about = {
    target: act.target,
    path: act.path?.replace(/^([a-z]+:\/\/[^?#]*)[?#].*$/s, '$1?…'),
    agentId: act.agentId,
    ruleId,
    digest: act.requestHash,
    seq: first?.seq ?? '0',
    at: first?.at ?? '0',
  };
  return { ...about, ...outcomeOf(act, ruleId, decided?.word) };
}

function outcomeOf(
  { stages }: ToldAct,
  ruleId: string | undefined,
  word: string | undefined,
): Pick<Judged, 'outcome' | 'why'> {
  const by = ruleId === undefined ? 'no rule allows it' : `by rule ${ruleId}`;
  if (word === 'BLOCK') return { outcome: 'blocked', why: `blocked, ${by}` };
  const isApproved = stages.some(({ stage }) => stage === 'approved');
  if (word === 'REQUIRE_APPROVAL' && !isApproved) {
    return { outcome: 'needs_approval', why: `needs an approval, ${by}` };
  }
  const last = stages.at(-1);
  const isDone = last?.stage === 'verified' && last.word === 'satisfied';
  const verdict = isApproved ? 'approved beforehand' : (word ?? 'ALLOW');
  if (isDone) return { outcome: 'allowed', why: `${verdict}, ${by}` };
  return { outcome: 'not_performed', why: (last?.word ?? 'unknown').replaceAll('_', ' ') };
}

function judgeRefused(entry: LogEntry): Judged {
  const { seq, chain_time: at, payload } = entry;
  const { code = 'refused' } = describeEntry(entry);
  return {
    outcome: 'refused',
    why: String(payload['detail'] ?? code),
    target: code,
    path: undefined,
    agentId: String(payload['agent_id']),
    ruleId: undefined,
    digest: String(payload['raw_hash']),
    seq,
    at,
  };
}
