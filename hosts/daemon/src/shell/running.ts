import type { Payloads } from '@ioi/agentgres';
import { isUnanswered } from '@ioi/law';
import type { Rejection, SealedAction } from '@ioi/protocol';
import type { Answer, Call, Decided, Input, Stage } from '../core/index.ts';
import type { Caller } from './caller.ts';

/** One action under way, and whoever waits for it. */
export type Running = {
  stage: Stage;
  readonly call: Call;
  caller: (Caller & { readonly answer: (answer: Answer) => void }) | undefined;
  sealed?: SealedAction;
  /** Its end, for whoever holds something for it. */
  readonly over: PromiseWithResolvers<Answer | undefined>;
  /** Contents of the request, until the decision that refers to them is sealed. */
  payloads: Payloads;
  /** Set once it waits for a person: only then may another call join it. */
  pause?: Decided;
  /** A decision by a person that came before the pause was known here. */
  early?: Input;
  /** The one it stands in place of, until that is sealed. */
  replaces?: { readonly old: Running; readonly told: (refusal: Rejection | undefined) => void };
};

/** For somebody, also while a grant is tried that may not be for it. */
export function isWaiting({ pause, stage: { at } }: Running): boolean {
  return pause !== undefined && /^(waiting|gathering|deciding)$/.test(at);
}

/** Questions that one agent may have a person asked at once: nobody would read more. */
const MAX_QUESTIONS = 16;

/** Of the agent that put this one to a person. */
export function hasFewQuestions({ call }: Running, waiting: readonly Call[]): boolean {
  const isQuestion = ({ contract, request }: Call): boolean => isUnanswered(contract, request);
  const agentOf = ({ request }: Call): string => request.context.agent_id;
  const own = waiting.filter((each) => isQuestion(each) && agentOf(each) === agentOf(call));
  return !isQuestion(call) || own.length <= MAX_QUESTIONS;
}

export const NOT_WAITING: Rejection = { code: 'edit.not_pending', message: 'it waits no more' };

/** Why what a person edited came to nothing. */
export function refusalIn(answer: Answer): Rejection {
  if (answer.kind === 'failed') return answer;
  return { code: 'edit.refused', message: 'it could not be decided' };
}

/** Of what is blocked only that is kept which the block rests on. */
export function keptOf(payloads: Payloads, verdict: string, shown: Payloads): Payloads {
  if (verdict !== 'BLOCK') return payloads;
  return Object.fromEntries(Object.entries(payloads).filter(([key]) => Object.hasOwn(shown, key)));
}
