import type { ActionFacts, ApprovalToken, Outcome, Rejection } from '@ioi/protocol';
import type { Answer, Call, Effect, Input, Stage, Step } from './action.ts';

/**
 * One action from capture to receipt (design section 3), as data: a pause may last hours and a
 * restart may come at any point, so nothing waits in a closure. The order is the invariant:
 * gather, decide and commit, perform, receipt, answer; nothing is performed that was not sealed
 * as committed, and nothing is performed twice.
 */
export function step(stage: Stage, input: Input): Step {
  switch (stage.at) {
    case 'gathering':
      return afterFacts(stage.call, input, stage.token);
    case 'deciding':
      return afterDecision(stage, input);
    case 'waiting':
      return whileWaiting(stage.call, input);
    case 'performing':
      return afterPerform(stage.call, input);
    case 'recording':
      return afterReceipt(stage.call, stage.outcome, input);
    case 'refusing':
      return afterRefusing(stage.call, input);
    case 'ended':
      return { stage, effects: [] };
  }
}

/** A call that was normalised: first the facts, without effects. */
export function begin(call: Call): Step {
  return { stage: { at: 'gathering', call }, effects: [{ kind: 'gather', call }] };
}

function afterFacts(call: Call, input: Input, token?: ApprovalToken): Step {
  if (input.kind === 'facts') return decideOn(call, input.facts, token);
  if (input.kind === 'no_facts') return token ? giveBack(call, input.why) : refuse(call, input.why);
  return stay({ at: 'gathering', call, ...(token ? { token } : {}) });
}

function decideOn(call: Call, facts: ActionFacts, token?: ApprovalToken): Step {
  const approval = token ? { token } : {};
  return {
    stage: { at: 'deciding', call, facts, tries: 1, ...approval },
    effects: [{ kind: 'decide', call, facts, ...approval }],
  };
}

/** The policy moved between the two evaluations: decide again, a few times, on a fresh view. */
const MOVED = [
  'guardian.verdict_not_reproduced',
  'content.undeclared',
  'egress.not_inspected',
  'egress.not_reproduced',
];
const MAX_TRIES = 5;

function afterDecision(stage: Extract<Stage, { at: 'deciding' }>, input: Input): Step {
  const { call, facts, token, tries } = stage;
  if (input.kind === 'refused') {
    const moved = MOVED.includes(input.why.code) && tries < MAX_TRIES;
    if (!moved) return token ? giveBack(call, input.why) : end(call, refused(input.why));
    const effect: Effect = { kind: 'decide', call, facts, ...(token ? { token } : {}) };
    return { stage: { ...stage, tries: tries + 1 }, effects: [effect] };
  }
  if (input.kind !== 'decided') return stay(stage);
  const { decision } = input;
  if (decision.committed) {
    return { stage: { at: 'performing', call }, effects: [{ kind: 'perform', call }] };
  }
  if (decision.verdict === 'PendingApproval') {
    const waiting: Stage = { at: 'waiting', call };
    return { stage: waiting, effects: [{ kind: 'announce', call, decision }] };
  }
  return end(call, { kind: 'blocked', decision });
}

/** After an approval nothing ends silently: the pause it was for ends with a receipt. */
function giveBack(call: Call, why: Rejection): Step {
  const effect: Effect = { kind: 'deny', call, reason: 'cancelled', note: why.message };
  return { stage: { at: 'waiting', call }, effects: [effect] };
}

/** What cannot be decided is refused, with a receipt. */
function refuse(call: Call, why: Rejection): Step {
  return { stage: { at: 'refusing', call }, effects: [{ kind: 'refuse', call, why }] };
}

function afterRefusing(call: Call, input: Input): Step {
  if (input.kind === 'decided') return end(call, { kind: 'blocked', decision: input.decision });
  if (input.kind === 'refused') return end(call, refused(input.why));
  return stay({ at: 'refusing', call });
}

function whileWaiting(call: Call, input: Input): Step {
  const waiting: Stage = { at: 'waiting', call };
  if (input.kind === 'approved') {
    const { token } = input;
    return { stage: { at: 'gathering', call, token }, effects: [{ kind: 'gather', call }] };
  }
  if (input.kind === 'denied') {
    const { reason, note } = input;
    const about = note === undefined ? {} : { note };
    return { stage: waiting, effects: [{ kind: 'deny', call, reason, ...about }] };
  }
  if (input.kind === 'decided') return end(call, { kind: 'blocked', decision: input.decision });
  if (input.kind === 'refused') return end(call, refused(input.why));
  return stay(waiting);
}

function afterPerform(call: Call, input: Input): Step {
  if (input.kind !== 'performed') return stay({ at: 'performing', call });
  const { outcome } = input;
  return {
    stage: { at: 'recording', call, outcome },
    effects: [{ kind: 'record', call, outcome }],
  };
}

function afterReceipt(call: Call, outcome: Outcome, input: Input): Step {
  if (input.kind === 'recorded') return end(call, { kind: 'executed', outcome, ...input.receipt });
  if (input.kind === 'refused') return end(call, refused(input.why));
  return stay({ at: 'recording', call, outcome });
}

function refused(why: Rejection): Answer {
  return { kind: 'failed', code: why.code, message: why.message };
}

function end(call: Call, answer: Answer): Step {
  return { stage: { at: 'ended', answer }, effects: [{ kind: 'answer', call, answer }] };
}

/** Late and repeated inputs change nothing. */
function stay(stage: Stage): Step {
  return { stage, effects: [] };
}
