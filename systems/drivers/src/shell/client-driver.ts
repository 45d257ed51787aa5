import { assert, BoundedMap, err, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import { isObject } from '@ioi/jsonrpc';
import type {
  ActionFacts,
  Driver,
  Edge,
  InputResponses,
  Outcome,
  PerformOptions,
  Reconciliation,
  Rejection,
  RuntimeToolContract,
  SealedAction,
} from '@ioi/protocol';
import type { ToolAnswer } from '../core/answer.ts';
import { isServerMethod, methodOf, methodTool } from '../core/contracts/methods.ts';
import { begin, conclude } from '../core/perform.ts';
import { Patience } from './patience.ts';

export type ClientDriverOptions = {
  /** The parameters of the question from the sealed request. */
  readonly argumentsOf: (action: SealedAction) => Result<JsonObject, Rejection>;
};

const REMEMBERED = 4096;
/** The one name in the map of what is asked (`InputRequests`). */
const ONLY = 'request';

/** Performs what a server asks of its client's side, by asking it (decision 0014). */
export function clientDriver(options: ClientDriverOptions): Driver {
  return new ClientDriver(options);
}

class ClientDriver implements Driver {
  readonly name = 'mcp:client';
  readonly #options: ClientDriverOptions;
  readonly #asked = new BoundedMap<Digest, true>(REMEMBERED);

  constructor(options: ClientDriverOptions) {
    this.#options = options;
  }

  async gather(contract: RuntimeToolContract): Promise<Result<ActionFacts, Rejection>> {
    if (contract.facts.length === 0) return { ok: true, value: {} };
    const message = 'a question to a client has no facts';
    return err({ code: 'driver.no_workspace', message });
  }

  async perform(action: SealedAction, _edge: Edge, options: PerformOptions): Promise<Outcome> {
    const { contract, committedHash } = action;
    assert(!this.#asked.has(committedHash), 'an action is performed once');
    this.#asked.set(committedHash, true);
    const method = methodOf(contract);
    const isAsked = method !== undefined && !isServerMethod(method);
    const listed = isAsked ? methodTool(method) : undefined;
    const facts = await this.gather(contract);
    const prepared = this.#options.argumentsOf(action);
    const attempt = begin({ action, listed, facts, arguments: prepared, before: {} });
    if (!attempt.ok) return attempt.error;
    const answer = await put(contract, attempt.value.arguments, options);
    return conclude(attempt.value, answer, {});
  }

  async reconcile({ contract }: SealedAction): Promise<Reconciliation> {
    if (contract.effect === 'read') {
      return { kind: 'not_performed', reason: 'a read leaves no effect behind' };
    }
    return { kind: 'unknown', reason: 'whether the client was asked is not known' };
  }
}

async function put(
  { tool, limits }: RuntimeToolContract,
  params: JsonObject,
  { ask, signal }: PerformOptions,
): Promise<ToolAnswer> {
  if (signal.aborted) return { kind: 'not_sent', reason: 'cancelled' };
  if (ask === undefined) return { kind: 'not_sent', reason: 'gateway.ask_unavailable: no client' };
  const patience = new Patience({ timeoutMs: limits.timeout_ms, signal });
  const over = new Promise<ToolAnswer>((resolve) => {
    patience.whenOver((silence) => resolve({ kind: 'silent', silence }));
  });
  const answered = ask({ [ONLY]: { method: tool, params } }).then(answerFrom, () => answerFrom({}));
  const answer = await Promise.race([answered, over]);
  patience.stop();
  return answer;
}

function answerFrom(responses: InputResponses): ToolAnswer {
  const response = Object.hasOwn(responses, ONLY) ? responses[ONLY] : undefined;
  if (response?.kind === 'error') return { kind: 'error', error: response.error };
  if (response?.kind === 'result' && isObject(response.result)) {
    return { kind: 'result', result: response.result };
  }
  return { kind: 'silent', silence: 'answer_refused', detail: 'the client gave no answer' };
}
