import { AssertionFault, assert, BoundedMap, err, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { JsonObject } from '@ioi/jsonrpc';
import type {
  ActionFacts,
  ActionRequest,
  Driver,
  Edge,
  Outcome,
  Reconciliation,
  Rejection,
  RuntimeToolContract,
  SealedAction,
} from '@ioi/protocol';
import type { ListedTool } from '../core/answer.ts';
import { type Observation, rolesOf } from '../core/observation.ts';
import { begin, conclude } from '../core/perform.ts';
import { reconcileFrom } from '../core/reconciliation.ts';
import { gatherFacts, observe } from './filesystem.ts';
import type { Upstream } from './upstream.ts';

export type McpDriverOptions = {
  readonly upstream: Upstream;
  /** The workspace that paths are read against; absent for servers that touch no files. */
  readonly root?: string;
  /** The tool's arguments from the sealed request: the inverse of how it was normalised. */
  readonly argumentsOf: (action: SealedAction) => Result<JsonObject, Rejection>;
};

/** How many performed actions are remembered, as a second lock on the single shot. */
const REMEMBERED = 4096;

/** Performs sealed actions as tool calls of one MCP server (whitepaper 2.2.4, E.2). */
export function mcpDriver(options: McpDriverOptions): Driver {
  return new McpDriver(options);
}

class McpDriver implements Driver {
  readonly name: string;
  readonly #options: McpDriverOptions;
  readonly #performed = new BoundedMap<Digest, true>(REMEMBERED);

  constructor(options: McpDriverOptions) {
    this.name = `mcp:${options.upstream.name}`;
    this.#options = options;
  }

  async gather(
    contract: RuntimeToolContract,
    request: ActionRequest,
  ): Promise<Result<ActionFacts, Rejection>> {
    const { root } = this.#options;
    if (root !== undefined) return gatherFacts({ root, contract, request });
    if (contract.facts.length === 0) return { ok: true, value: {} };
    const message = `the driver ${this.name} has no workspace to take facts from`;
    return err({ code: 'driver.no_workspace', message });
  }

  async perform(
    action: SealedAction,
    _edge: Edge,
    options: Parameters<Driver['perform']>[2],
  ): Promise<Outcome> {
    const { upstream } = this.#options;
    const { contract, request, committedHash } = action;
    assert(!this.#performed.has(committedHash), 'an action is performed once');
    this.#performed.set(committedHash, true);
    const tools = await this.#tools();
    if (!tools.ok) return { kind: 'failed_before_effect', reason: tools.error.message };
    const listed = tools.value.find((tool) => tool.name === contract.tool);
    const prepared = this.#options.argumentsOf(action);
    const before = await this.#observe(contract, request);
    // Last, so that as little as possible can happen between this look and the call.
    const facts = await this.gather(contract, request);
    const attempt = begin({ action, listed, facts, arguments: prepared, before });
    if (!attempt.ok || listed === undefined) {
      return attempt.ok ? { kind: 'failed_before_effect', reason: 'no such tool' } : attempt.error;
    }
    const answer = await upstream.call({
      tool: listed,
      arguments: attempt.value.arguments,
      timeoutMs: contract.limits.timeout_ms,
      outputBytes: contract.limits.output_bytes,
      ...options,
    });
    return conclude(attempt.value, answer, await this.#observe(contract, request));
  }

  async reconcile(action: SealedAction): Promise<Reconciliation> {
    const { contract, request } = action;
    // First: while a performer lives, what is seen next may already be out of date.
    const performerGone = await this.#options.upstream.quiet();
    const now = await this.#observe(contract, request);
    const prepared = this.#options.argumentsOf(action);
    const given = prepared.ok ? prepared.value : undefined;
    const { facts } = action.committed;
    return reconcileFrom({ contract, request, given, facts, now, performerGone });
  }

  async #tools(): Promise<Result<readonly ListedTool[], Rejection>> {
    try {
      return { ok: true, value: await this.#options.upstream.tools() };
    } catch (error) {
      // A server that cannot be started or does not speak MCP is no effect; a bug of ours crashes.
      if (!(error instanceof Error) || error instanceof AssertionFault) throw error;
      const message = `the server is not there: ${error.message}`.toWellFormed();
      return err({ code: 'driver.upstream_unavailable', message });
    }
  }

  /** A read leaves nothing to see. */
  async #observe(contract: RuntimeToolContract, request: ActionRequest): Promise<Observation> {
    if (contract.effect === 'read' || this.#options.root === undefined) return {};
    return observe(rolesOf(contract, request.params));
  }
}
