import { AssertionFault, assert, BoundedMap, err, ok, type Result } from '@ioi/basis';
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
import type { ListedTool, ToolAnswer } from '../core/answer.ts';
import { isServerMethod, type Method, methodOf, methodTool } from '../core/contracts/methods.ts';
import { methodParams } from '../core/method-call.ts';
import { type Observation, rolesOf } from '../core/observation.ts';
import { begin, conclude } from '../core/perform.ts';
import { reconcileFrom } from '../core/reconciliation.ts';
import { gatherFacts, observe } from './filesystem.ts';
import type { Passage, Upstream } from './upstream.ts';

export type McpDriverOptions = {
  readonly upstream: Upstream;
  /** The workspace that paths are read against; absent for servers that touch no files. */
  readonly root?: string;
  /** The tool's arguments from the sealed request: the inverse of how it was normalised. */
  readonly argumentsOf: (action: SealedAction) => Result<JsonObject, Rejection>;
  /** What is sent beside them, from the sealed request too. */
  readonly metaOf?: (action: SealedAction) => Result<JsonObject | undefined, Rejection>;
};

/** How many performed actions are remembered, as a second lock on the single shot. */
const REMEMBERED = 4096;

/**
 * Performs sealed actions as tool calls of one MCP server, or as what MCP has beside them
 * (whitepaper 2.2.4, E.2; decision 0014).
 */
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
    const found = await this.#find(contract);
    if (!found.ok) return { kind: 'failed_before_effect', reason: found.error.message };
    const listed = found.value;
    const prepared = this.#options.argumentsOf(action);
    const before = await this.#observe(contract, request);
    // Last, so that as little as possible can happen between this look and the call.
    const facts = await this.gather(contract, request);
    const attempt = begin({ action, listed, facts, arguments: prepared, before });
    if (!attempt.ok || listed === undefined) {
      return attempt.ok ? { kind: 'failed_before_effect', reason: 'no such tool' } : attempt.error;
    }
    const { timeout_ms, output_bytes } = contract.limits;
    const meta = this.#options.metaOf?.(action) ?? ok(undefined);
    if (!meta.ok) return { kind: 'failed_before_effect', reason: meta.error.message };
    const beside = meta.value === undefined ? {} : { meta: meta.value };
    const passage = {
      timeoutMs: timeout_ms,
      outputBytes: output_bytes,
      action,
      ...beside,
      ...options,
    };
    const given = attempt.value.arguments;
    const method = methodOf(contract);
    const answer =
      method === undefined
        ? await upstream.call({ tool: listed, arguments: given, ...passage })
        : await this.#request(method, methodParams(contract, given), passage);
    return conclude(
      attempt.value,
      withLimit(answer, contract),
      await this.#observe(contract, request),
    );
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

  async #request(method: Method, params: JsonObject, passage: Passage): Promise<ToolAnswer> {
    if (isServerMethod(method))
      return this.#options.upstream.request({ method, params, ...passage });
    return { kind: 'not_sent', reason: `${method} is asked of clients, not of servers` };
  }

  /** What the contract is to be checked against; a method of MCP is listed by nobody. */
  async #find(contract: RuntimeToolContract): Promise<Result<ListedTool | undefined, Rejection>> {
    if (methodOf(contract) !== undefined) return ok(methodTool(contract.tool));
    const tools = await this.#tools();
    return tools.ok ? ok(tools.value.find((tool) => tool.name === contract.tool)) : tools;
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

/** Whose limit an answer went beyond: that of a server says so itself. */
function withLimit(answer: ToolAnswer, { tool, limits }: RuntimeToolContract): ToolAnswer {
  const isTooLong = answer.kind === 'silent' && answer.silence === 'output_too_large';
  if (!isTooLong || answer.detail?.startsWith('upstream.')) return answer;
  const said = `contract.output_bytes: ${tool} may answer with ${limits.output_bytes} bytes`;
  return { ...answer, detail: `${said}; its contract in node.json can give it more` };
}
