import { type Digest, digestOf } from '@ioi/canon';
import { markersFor } from '@ioi/drivers';
import type { ActionFacts, Outcome, RecordExecution, SealedAction } from '@ioi/protocol';
import type { Call } from './action.ts';

/** The same act asked for again: everything but session and nonce. */
export function intentOf({ request, contractHash }: Call): Digest {
  const { target, params, context } = request;
  const intent = digestOf({ target, params, agent_id: context.agent_id, contractHash });
  return intent.ok ? intent.value : contractHash;
}

/** What a driver saw, as the log records it. */
export function executionOf(
  sealed: Pick<SealedAction, 'decisionHash' | 'request' | 'committed'>,
  call: Call,
  outcome: Outcome,
): RecordExecution {
  const { contract, contractHash, requestHash } = call;
  const { decisionHash, request, committed } = sealed;
  const facts: ActionFacts = committed.facts;
  const { output } = outcome;
  const markers = markersFor({ contract, request, facts, output, requestHash, decisionHash });
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
  };
}
