import { assert } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import { errorLine, type Frame, notificationLine, resultLine } from '@ioi/jsonrpc';
import type { StepAnswer, WorkerDescription, WorkerEnd, WorkerStep } from '@ioi/protocol';
import type { WireFault } from './codes.ts';
import { readSaid, type Said } from './said.ts';

/**
 * Whose turn it is. A worker says hello once, then nothing until it has a task; within a task it
 * asks one step at a time, so that what it asks depends on nothing but the answers before.
 */
export type Talk =
  | { readonly phase: 'greeting' }
  | { readonly phase: 'idle' }
  | { readonly phase: 'working'; readonly nextStep: number }
  | { readonly phase: 'asking'; readonly step: number }
  | { readonly phase: 'over' };

export const GREETING: Talk = { phase: 'greeting' };

export type Heard =
  | { readonly kind: 'described'; readonly description: WorkerDescription }
  | { readonly kind: 'asked'; readonly step: WorkerStep }
  | { readonly kind: 'ended'; readonly end: WorkerEnd }
  | { readonly kind: 'broken'; readonly fault: WireFault };

type Turn = readonly [Talk, Heard];

/** One line of the worker, at its place in the conversation. */
export function hear(talk: Talk, frame: Frame): Turn {
  const said = readSaid(frame);
  if (!said.ok) return broken(said.error.code, said.error.message);
  return take(talk, said.value);
}

function take(talk: Talk, said: Said): Turn {
  if (said.kind === 'hello') {
    if (talk.phase !== 'greeting') return broken('worker.protocol', 'it says hello twice');
    return [{ phase: 'idle' }, { kind: 'described', description: said.description }];
  }
  if (talk.phase === 'greeting') return broken('worker.protocol', 'it does not say hello first');
  if (said.kind === 'step') return ask(talk, said.step);
  if (talk.phase === 'asking') {
    return broken('worker.step_out_of_order', 'it ends a task in the midst of a step');
  }
  if (talk.phase !== 'working') return broken('worker.protocol', 'it ends what it was not given');
  return [{ phase: 'idle' }, { kind: 'ended', end: said }];
}

function ask(talk: Talk, step: WorkerStep): Turn {
  if (talk.phase === 'asking') {
    return broken('worker.step_out_of_order', `step ${step.index} before ${talk.step} is answered`);
  }
  if (talk.phase !== 'working') return broken('worker.step_out_of_order', 'a step without a task');
  if (step.index !== talk.nextStep) {
    const message = `step ${step.index} where ${talk.nextStep} was next`;
    return broken('worker.step_out_of_order', message);
  }
  return [
    { phase: 'asking', step: step.index },
    { kind: 'asked', step },
  ];
}

/** The line that gives it a task. */
export function giveTask(talk: Talk, task: string, input: Json): readonly [Talk, string] {
  assert(talk.phase === 'idle', 'a worker does one task at a time');
  return [{ phase: 'working', nextStep: 0 }, notificationLine('task/invoke', { task, input })];
}

/** A piece of the text that the step it asks for comes to; none where what came so far is void. */
export function tellPiece(talk: Talk, step: number, piece: string | undefined): string | undefined {
  if (talk.phase !== 'asking' || talk.step !== step) return undefined;
  return notificationLine('step/text', { index: step, text: piece ?? null });
}

/** JSON-RPC 2.0, 5.1: what the implementation defines for itself. */
const STEP_REFUSED = -32001;
const STEP_FAILED = -32002;

/** The line that answers the step it asks for. */
export function answerStep(talk: Talk, answer: StepAnswer): readonly [Talk, string] {
  assert(talk.phase === 'asking', 'an answer has its step');
  const { step } = talk;
  return [{ phase: 'working', nextStep: step + 1 }, answerLine(step, answer)];
}

function answerLine(step: number, answer: StepAnswer): string {
  if (answer.kind === 'done') {
    const { output, receipt_id } = answer;
    return resultLine(step, { output, ...(receipt_id === undefined ? {} : { receipt_id }) });
  }
  const { kind, code, message } = answer;
  const number = kind === 'refused' ? STEP_REFUSED : STEP_FAILED;
  return errorLine(step, { code: number, message, data: { kind, code } });
}

function broken(code: WireFault['code'], message: string): Turn {
  return [{ phase: 'over' }, { kind: 'broken', fault: { code, message } }];
}
