import type { Outcome, Rejection } from '@ioi/protocol';
import type { Call, Effect, Input, Stage, Step } from './action.ts';
import { end, keep, refused, stay } from './steps.ts';

const NOT_EXPIRED = 'action.not_expired';

/**
 * One action from capture to receipt (design section 3), as data: a pause may last hours and a
 * restart may come at any point, so nothing waits in a closure. The order is the invariant:
 * gather, decide and commit, perform, receipt, answer; nothing is performed that was not sealed
 * as committed, and nothing is performed twice.
 */
export function step(stage: Stage, input: Input): Step {
  // It was given more time, or the log is behind the clock here: what came meanwhile holds.
  if (input.kind === 'refused' && input.why.code === NOT_EXPIRED) return { stage, effects: [] };
  switch (stage.at) {
    case 'gathering':
      return afterFacts(stage, input);
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

type Gathering = Extract<Stage, { at: 'gathering' }>;
type Deciding = Extract<Stage, { at: 'deciding' }>;

function afterFacts(stage: Gathering, input: Input): Step {
  const { call, granted } = stage;
  if (input.kind === 'facts') {
    return decideOn({ ...stage, at: 'deciding', facts: input.facts, tries: 1 });
  }
  // The log or a person ended it before the grant was tried.
  const isEnded = input.kind === 'decided' && !input.decision.committed;
  if (granted && (input.kind === 'denied' || isEnded)) return whileWaiting(call, input);
  if (input.kind !== 'no_facts') return keep(stage, input);
  return waited(stage) ? giveBack(call, input.why) : refuse(call, input.why);
}

function decideOn(stage: Deciding): Step {
  const { at: _, tries: __, meanwhile: ___, ...about } = stage;
  return { stage, effects: [{ kind: 'decide', ...about }] };
}

/** Whether it paused before, so that its end takes a receipt of its own. */
function waited({ token, granted }: Gathering | Deciding): boolean {
  return token !== undefined || granted === true;
}

/** The policy moved between the two evaluations: decide again, a few times, on a fresh view. */
const MOVED = [
  'guardian.verdict_not_reproduced',
  'content.undeclared',
  'egress.not_inspected',
  'egress.not_reproduced',
];
const MAX_TRIES = 5;

/** No grant that was given covers it, after all: it waits on. */
const NOT_COVERED = 'authority.invalid';

function afterDecision(stage: Deciding, input: Input): Step {
  const { call, granted, tries } = stage;
  if (input.kind === 'refused') {
    if (granted && input.why.code === NOT_COVERED) return waitOn(stage);
    const moved = MOVED.includes(input.why.code) && tries < MAX_TRIES;
    if (moved) return decideOn({ ...stage, tries: tries + 1 });
    return waited(stage) ? giveBack(call, input.why) : end(call, refused(input.why));
  }
  if (input.kind !== 'decided') return keep(stage, input);
  const { decision } = input;
  if (decision.committed) {
    return { stage: { at: 'performing', call }, effects: [{ kind: 'perform', call }] };
  }
  if (decision.verdict === 'PendingApproval') {
    const next = waitOn(stage);
    return { ...next, effects: [{ kind: 'announce', call, decision }, ...next.effects] };
  }
  return end(call, { kind: 'blocked', decision });
}

/** It waits again, and what was said of it meanwhile is heard now. */
function waitOn({ call, meanwhile }: Deciding): Step {
  return meanwhile ? whileWaiting(call, meanwhile) : stay({ at: 'waiting', call });
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
  if (input.kind === 'granted') {
    return { stage: { at: 'gathering', call, granted: true }, effects: [{ kind: 'gather', call }] };
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
