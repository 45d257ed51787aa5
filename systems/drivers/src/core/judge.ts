import type { JsonObject } from '@ioi/jsonrpc';
import type { ActionRequest, Outcome, RuntimeToolContract } from '@ioi/protocol';
import { outputOf, reportsError, type ToolAnswer } from './answer.ts';
import { checkPostconditions, isUnchanged, type Observation } from './observation.ts';

export type Judged = {
  readonly contract: RuntimeToolContract;
  readonly request: ActionRequest;
  /** The arguments of the call, contents included. */
  readonly given: JsonObject;
  readonly answer: ToolAnswer;
  readonly before: Observation;
  readonly after: Observation;
};

/**
 * What became of a call that was made (whitepaper E.2). The tool's own report decides only where
 * there is nothing to see: a read has no effect, so its error is its whole story. For everything
 * else an error is checked against what stands there now.
 */
export function judge(judged: Judged): Outcome {
  const { answer, contract } = judged;
  if (answer.kind === 'not_sent') {
    const output = outputOf(answer);
    const reason = told(`not sent: ${answer.reason}`);
    return { kind: 'failed_before_effect', reason, ...(output ? { output } : {}) };
  }
  if (answer.kind === 'silent') return judgeSilence(judged, answer);
  if (contract.effect !== 'read' && reportsError(answer)) return judgeError(judged);
  return completed(judged);
}

/** Without an answer a read did nothing and anything else may still be happening. */
function judgeSilence(
  { contract }: Judged,
  answer: Extract<ToolAnswer, { kind: 'silent' }>,
): Outcome {
  const detail = answer.detail === undefined ? '' : `: ${answer.detail}`;
  const reason = told(`the tool gave no answer (${answer.silence}${detail})`);
  return { kind: contract.effect === 'read' ? 'failed_before_effect' : 'effect_unknown', reason };
}

/** What an upstream said goes into the log, where half a surrogate pair has no canonical form. */
function told(reason: string): string {
  return reason.toWellFormed();
}

function judgeError(judged: Judged): Outcome {
  const { before, after, answer } = judged;
  const output = outputOf(answer);
  if (before.target === undefined) {
    return { kind: 'effect_unknown', reason: 'the tool reported an error, unobservable', output };
  }
  if (isUnchanged(before, after)) {
    const reason = 'the tool reported an error and nothing has changed';
    return { kind: 'failed_before_effect', reason, output };
  }
  const outcome = completed(judged);
  const effects = outcome.postconditions.filter(({ name }) => name !== 'output_present');
  if (effects.length > 0 && effects.every(({ satisfied }) => satisfied) && isTelling(judged)) {
    return outcome;
  }
  const reason = 'the tool reported an error, but what it works on is not as it was';
  return { kind: 'effect_unknown', reason, output };
}

/** That a file which was there before is there still says nothing about an edit to it. */
function isTelling({ contract, before }: Judged): boolean {
  return contract.postconditions.includes('content_matches') || before.target?.kind === 'absent';
}

function completed(judged: Judged): Extract<Outcome, { kind: 'completed' }> {
  const { contract, request, given, answer, after } = judged;
  const output = outputOf(answer);
  const reportedError = reportsError(answer);
  const hasOutput = output !== undefined;
  const postconditions = checkPostconditions({ contract, request, given, after, hasOutput });
  return { kind: 'completed', output, reportedError, postconditions };
}
