import { assert, BoundedMap, err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import type {
  ActionFacts,
  Driver,
  Edge,
  Outcome,
  PerformOptions,
  Reconciliation,
  Rejection,
  RuntimeToolContract,
  SealedAction,
} from '@ioi/protocol';
import type { ListedTool, ToolAnswer } from '../core/answer.ts';
import { bindContract } from '../core/bind.ts';
import { judge } from '../core/judge.ts';

/** What is done elsewhere, with the secret that is told there alone. */
export type ConnectorCall = {
  readonly action: SealedAction;
  readonly given: JsonObject;
  readonly inputSchema: JsonObject;
};

export type ConnectorDriverOptions = {
  readonly server: string;
  readonly tools: readonly ListedTool[];
  readonly argumentsOf: (action: SealedAction) => Result<JsonObject, Rejection>;
  /** Performs once, or says that nothing was sent. Never rejects. */
  readonly invoke: (call: ConnectorCall, signal: AbortSignal) => Promise<ToolAnswer>;
  /** Whether an action ever got as far as its secret; from then on it gets no further. */
  readonly wasBegun: (action: SealedAction) => Promise<boolean | undefined>;
};

const REMEMBERED = 4096;

/** Performs sealed actions by the edge, whose secrets are told for one of them at a time. */
export function connectorDriver(options: ConnectorDriverOptions): Driver {
  return new ConnectorDriver(options);
}

class ConnectorDriver implements Driver {
  readonly name: string;
  readonly #options: ConnectorDriverOptions;
  readonly #performed = new BoundedMap<Digest, true>(REMEMBERED);

  constructor(options: ConnectorDriverOptions) {
    this.name = `connector:${options.server}`;
    this.#options = options;
  }

  async gather(contract: RuntimeToolContract): Promise<Result<ActionFacts, Rejection>> {
    if (contract.facts.length === 0) return ok({});
    return err({ code: 'driver.no_workspace', message: 'a connector gathers no facts' });
  }

  async perform(action: SealedAction, _edge: Edge, options: PerformOptions): Promise<Outcome> {
    const { contract, request, committedHash } = action;
    assert(!this.#performed.has(committedHash), 'an action is performed once');
    this.#performed.set(committedHash, true);
    const { tools, server, argumentsOf, invoke } = this.#options;
    const listed = tools.find(({ name }) => name === contract.tool);
    if (listed === undefined) return failed(`the connector has no ${contract.tool} any more`);
    const bound = bindContract([contract], server, listed);
    if (!bound.ok) return failed(bound.error.message);
    const prepared = argumentsOf(action);
    if (!prepared.ok) return failed(prepared.error.message);
    const cut = new AbortController();
    const cancel = (): void => cut.abort();
    options.signal.addEventListener('abort', cancel);
    const given = prepared.value;
    const call = { action, given, inputSchema: listed.inputSchema };
    const answer: ToolAnswer = options.signal.aborted
      ? { kind: 'not_sent', reason: 'cancelled' }
      : await invoke(call, cut.signal);
    options.signal.removeEventListener('abort', cancel);
    return judge({ contract, request, given, answer, before: {}, after: {} });
  }

  async reconcile(action: SealedAction): Promise<Reconciliation> {
    if (action.contract.effect === 'read') {
      return { kind: 'not_performed', reason: 'a read leaves no effect behind' };
    }
    if ((await this.#options.wasBegun(action)) === false) {
      return { kind: 'not_performed', reason: 'its secret was never told, and is told no more' };
    }
    return { kind: 'unknown', reason: 'whether the request arrived is not known' };
  }
}

function failed(reason: string): Outcome {
  return { kind: 'failed_before_effect', reason: reason.toWellFormed() };
}
