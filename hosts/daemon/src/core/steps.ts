import type { Rejection } from '@ioi/protocol';
import type { Answer, Call, Input, Meanwhile, Stage, Step } from './action.ts';

type Trying = Extract<Stage, { at: 'gathering' | 'deciding' }>;

/** Who denied it is not overruled by whoever comes after. */
export function keep<S extends Trying>(stage: S, input: Input): Step {
  const isSaid = stage.granted && isMeanwhile(input) && stage.meanwhile?.kind !== 'denied';
  return stay(isSaid ? { ...stage, meanwhile: input } : stage);
}

function isMeanwhile(input: Input): input is Meanwhile {
  return ['approved', 'granted', 'denied'].includes(input.kind);
}

export function refused(why: Rejection): Answer {
  return { kind: 'failed', code: why.code, message: why.message };
}

export function end(call: Call, answer: Answer): Step {
  return { stage: { at: 'ended', answer }, effects: [{ kind: 'answer', call, answer }] };
}

/** Late and repeated inputs change nothing. */
export function stay(stage: Stage): Step {
  return { stage, effects: [] };
}
