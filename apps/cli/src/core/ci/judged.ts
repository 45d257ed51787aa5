import type { ToldAct } from '@ioi/law';

/** What a build server is told of one act. */
export type Judged = {
  readonly act: ToldAct;
  /** `needs_approval`: nobody is there to give it, so it was denied. */
  readonly outcome: 'allowed' | 'blocked' | 'needs_approval' | 'not_performed';
  readonly ruleId: string | undefined;
  readonly why: string;
};

/** What came of each act, in the order in which they were asked for. */
export function judge(acts: readonly ToldAct[]): readonly Judged[] {
  return acts.map(judgeOne);
}

function judgeOne(act: ToldAct): Judged {
  const decided = act.stages.findLast(({ stage }) => stage === 'decided');
  const performed = act.stages.findLast(({ stage }) => stage === 'performed');
  const ruleId = decided?.ruleId;
  const by = ruleId === undefined ? 'no rule allows it' : `by rule ${ruleId}`;
  const about = { act, ruleId };
  if (decided?.word === 'BLOCK') return { ...about, outcome: 'blocked', why: `blocked, ${by}` };
  if (decided?.word === 'REQUIRE_APPROVAL') {
    return { ...about, outcome: 'needs_approval', why: `needs an approval, ${by}` };
  }
  if (performed !== undefined && performed.word !== 'completed') {
    return { ...about, outcome: 'not_performed', why: performed.word.replaceAll('_', ' ') };
  }
  return { ...about, outcome: 'allowed', why: `${decided?.word ?? 'under way'}, ${by}` };
}
