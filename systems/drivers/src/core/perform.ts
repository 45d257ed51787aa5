import { err, ok, type Result } from '@ioi/basis';
import type { JsonObject } from '@ioi/jsonrpc';
import type { ActionFacts, Outcome, Rejection, SealedAction } from '@ioi/protocol';
import type { ListedTool, ToolAnswer } from './answer.ts';
import { bindContract } from './bind.ts';
import { judge } from './judge.ts';
import type { Observation } from './observation.ts';

/** Everything looked up right before the effect. */
export type Preparation = {
  readonly action: SealedAction;
  /** The tool as its upstream lists it now; undefined when it lists no such tool. */
  readonly listed: ListedTool | undefined;
  /** The facts as they are now; a rejection when the paths no longer resolve to themselves. */
  readonly facts: Result<ActionFacts, Rejection>;
  readonly arguments: Result<JsonObject, Rejection>;
  readonly before: Observation;
};

/** The one call that will be made: no second one is ever made for the same action. */
export type Attempt = {
  readonly action: SealedAction;
  readonly name: string;
  readonly arguments: JsonObject;
  readonly before: Observation;
};

type Failure = Extract<Outcome, { kind: 'failed_before_effect' }>;

/**
 * The last look before the point of no return (whitepaper E.2, single-shot boundary): the tool
 * must still be the one the contract was written for, and every fact the decision rested on must
 * still hold. A difference is `failed_before_effect`; the agent may ask again.
 */
export function begin(prepared: Preparation): Result<Attempt, Failure> {
  const { action, listed, facts, before } = prepared;
  const { contract } = action;
  if (contract.secret_slots.length > 0) {
    return failed('this driver binds no secrets, the contract has secret slots');
  }
  if (listed === undefined) return failed(`the upstream has no tool ${contract.tool} any more`);
  const bound = bindContract([contract], contract.server, listed);
  if (!bound.ok) return failed(bound.error.message);
  if (!facts.ok) return failed(facts.error.message);
  const changed = changedFact(action.committed.facts, facts.value);
  if (changed !== undefined) return failed(`the fact ${changed} has changed since the decision`);
  if (!prepared.arguments.ok) return failed(prepared.arguments.error.message);
  return ok({ action, name: contract.tool, arguments: prepared.arguments.value, before });
}

/** What became of it, from the tool's answer and what stands there now. */
export function conclude(attempt: Attempt, answer: ToolAnswer, after: Observation): Outcome {
  const { action, before } = attempt;
  const { contract, request } = action;
  return judge({ contract, request, given: attempt.arguments, answer, before, after });
}

/** The first fact that is not what the sealed action says, absence included. */
function changedFact(committed: ActionFacts, now: ActionFacts): keyof ActionFacts | undefined {
  const names: readonly (keyof ActionFacts)[] = [
    'resolved_addresses',
    'target_exists',
    'workspace_root',
  ];
  return names.find((name) => JSON.stringify(committed[name]) !== JSON.stringify(now[name]));
}

function failed(reason: string): { readonly ok: false; readonly error: Failure } {
  return err({ kind: 'failed_before_effect', reason: reason.toWellFormed() });
}
