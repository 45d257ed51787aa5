import { type Digest, digestOf } from '@ioi/canon';
import { markersFor } from '@ioi/drivers';
import { asksModel, type TokenUsage } from '@ioi/law';
import type { ActionFacts, Outcome, RecordExecution, SealedAction } from '@ioi/protocol';
import type { Call } from './action.ts';

type Act = Pick<Call, 'request' | 'contractHash'> & {
  /** Parameters with their contents: references are of one request alone. */
  readonly params: Call['request']['params'];
};

/** The same act asked for again: everything but session, nonce, salts and what `_meta` traces. */
export function intentOf({ request, params, contractHash }: Act): Digest {
  const { target, context } = request;
  const { _meta, ...own } = params;
  const intent = digestOf({ target, params: own, agent_id: context.agent_id, contractHash });
  return intent.ok ? intent.value : contractHash;
}

/** What a driver saw, as the log records it. */
export function executionOf(
  sealed: Pick<SealedAction, 'decisionHash' | 'request' | 'committed'>,
  call: Call,
  { outcome, commitment }: { outcome: Outcome; commitment: Digest | undefined },
): RecordExecution {
  const { contract, contractHash, requestHash } = call;
  const { decisionHash, request, committed } = sealed;
  const facts: ActionFacts = committed.facts;
  const bound = { facts, output: commitment, requestHash, decisionHash };
  const markers = markersFor({ contract, request, ...bound });
  const completed = outcome.kind === 'completed';
  return {
    request_hash: requestHash,
    contract_hash: contractHash,
    outcome: outcome.kind,
    reported_error: completed && outcome.reportedError,
    markers,
    postconditions: completed
      ? outcome.postconditions.map(({ name, satisfied, evidenceHash }) => ({
          name,
          satisfied,
          ...(evidenceHash === undefined ? {} : { evidence_hash: evidenceHash }),
        }))
      : [],
    ...(completed ? {} : { detail: outcome.reason.slice(0, 4000).toWellFormed() }),
    ...ofModel(call, outcome),
  };
}

type OfModel = Pick<RecordExecution, 'token_usage' | 'model_served'>;

/** Who answered, and what that took, as its server says: whoever decides does not read it. */
function ofModel({ contract }: Call, { output }: Outcome): OfModel {
  if (!asksModel(contract)) return {};
  const { usage, requested, served, model } = Object(output) as Readonly<Record<string, unknown>>;
  const { input_tokens = 0, output_tokens = 0 } = Object(usage) as Partial<TokenUsage>;
  const counts = [input_tokens, output_tokens];
  const isCounted = counts.every((each) => Number.isSafeInteger(each) && each >= 0);
  const isTold = isCounted && input_tokens + output_tokens > 0;
  const isServed = isName(requested) && isName(served) && isName(model) && model.length <= 512;
  return {
    ...(isTold ? { token_usage: { input_tokens, output_tokens } } : {}),
    ...(isServed ? { model_served: { requested, served, model } } : {}),
  };
}

/** As long as a receipt has it; what is longer stays in the output. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 2048;
}
