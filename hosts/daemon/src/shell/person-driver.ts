import { ok, type Result } from '@ioi/basis';
import { digestOf, type Json } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import { isQuestionContract } from '@ioi/law';
import type { ActionFacts, Driver, Outcome, Rejection, SealedAction } from '@ioi/protocol';

const AGREED = { agreed: true };
const UNANSWERED = 'it was approved without an answer';
const NOT_GIVEN = 'the node stopped before the answer was given';

/**
 * What asks a person is done by being approved: a question of a workflow has agreed to it, one of
 * an agent is given the words that the person put into the request.
 */
export function personDriver(
  argumentsOf: (action: SealedAction) => Result<JsonObject, Rejection>,
): Driver {
  return {
    name: 'person',
    gather: async (): Promise<Result<ActionFacts, never>> => ok({}),
    perform: async (action): Promise<Outcome> => {
      if (!isQuestionContract(action.contract)) return completed(AGREED);
      const given = argumentsOf(action);
      if (!given.ok) return { kind: 'failed_before_effect', reason: given.error.message };
      const { answer } = given.value;
      const isAnswer = typeof answer === 'string' && answer.trim() !== '';
      if (!isAnswer) return { kind: 'failed_before_effect', reason: UNANSWERED };
      return completed({
        content: [{ type: 'text', text: answer }],
        structuredContent: { answer },
      });
    },
    reconcile: async ({ contract }) => {
      // An answer is given after its receipt: where there is none, nobody was given it.
      if (isQuestionContract(contract)) return { kind: 'not_performed', reason: NOT_GIVEN };
      return { kind: 'performed', ...seen(AGREED) };
    },
  };
}

function completed(output: JsonObject): Outcome {
  return { kind: 'completed', output, reportedError: false, ...seen(output) };
}

function seen(output: Json) {
  const hash = digestOf(output);
  if (!hash.ok) throw new Error('an answer has a canonical form: its request had one');
  return {
    postconditions: [
      { name: 'output_present' as const, satisfied: true, evidenceHash: hash.value },
    ],
  };
}
