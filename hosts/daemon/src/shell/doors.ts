import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Digest, digestBytes, digestOf, type Json } from '@ioi/canon';
import { validateArguments } from '@ioi/drivers';
import { resolvePaths } from '@ioi/drivers/shell';
import { normaliseCall } from '@ioi/firewall';
import {
  type Act,
  type ActContext,
  answerFor,
  type Backend,
  type Dropped,
  type Answer as McpAnswer,
} from '@ioi/gateway';
import { type ServedSession, serveSession } from '@ioi/gateway/shell';
import { SALT_DIGITS, whatMayLeave } from '@ioi/law';
import type { Progress, RefuseCall, Rejection, VerdictCode } from '@ioi/protocol';
import {
  type Call,
  type Decided,
  intentOf,
  receiptIn,
  resultOf,
  SessionEvidence,
  vaultOf,
} from '../core/index.ts';
import type { Boundary, Submission } from './boundary.ts';
import type { MountedTool, Servers } from './servers.ts';
import type { Tickets } from './tickets.ts';
import type { Writer } from './writer.ts';

export type DoorOptions = {
  readonly nodeId: string;
  readonly version: string;
  readonly boundary: Boundary;
  readonly servers: Servers;
  readonly writer: Writer;
  readonly tickets: Tickets;
  /** Whether the active policy asks where values come from. */
  readonly asksProvenance: () => boolean;
  readonly isolationTier: RefuseCall['isolation_tier'];
  /** How long a call may wait for a person before the agent is told to ask again. */
  readonly pendingAnswerMs: number;
  readonly log: (message: string, about: object) => void;
};

const INSTRUCTIONS =
  'Every tool call passes a policy. A blocked call says so, with a receipt; do not try another ' +
  'way around it. A call that waits for a person: repeat it unchanged later to get its result.';

/** The MCP door (whitepaper 2.2.4): what comes in here is a proposal, nothing more. */
export class McpDoor {
  readonly #options: DoorOptions;
  readonly #sessions = new Set<ServedSession>();

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  toolsChanged(): void {
    for (const session of this.#sessions) session.notify({ kind: 'list_changed', list: 'tools' });
  }

  /** Origin and session are the node's to assign: nothing the client says enters them. */
  accept(socket: Socket): void {
    socket.on('error', () => {});
    void this.#options.tickets.objectiveOf(socket).then((objective) => {
      if (!socket.destroyed) this.#serve(socket, objective);
    });
  }

  #serve(socket: Socket, objective: string | undefined): void {
    const { nodeId } = this.#options;
    const origin: Origin = {
      agent_id: `agent://${nodeId.slice('node://'.length)}/mcp`,
      session_id: digestBytes(randomBytes(32)),
    };
    const backend = this.#backendFor(new Session(origin, objective));
    const served = serveSession({ input: socket, output: socket }, backend);
    this.#sessions.add(served);
    void served.closed.then(() => {
      this.#sessions.delete(served);
      socket.destroy();
    });
  }

  #backendFor(session: Session): Backend {
    const { version, servers, log } = this.#options;
    return {
      offer: async () => ({
        capabilities: { tools: { listChanged: true }, logging: {} },
        serverInfo: { name: 'ioi', title: 'IOI Hypervisor Node', version },
        instructions: INSTRUCTIONS,
      }),
      list: async (kind) => ({
        items: kind === 'tools' ? (servers.listed() as unknown as Json[]) : [],
        ttlMs: 0,
        cacheScope: 'private',
      }),
      act: (act, context) => this.#call(callIn(act), context, session),
      drop: (dropped) => this.#drop(dropped, session.origin),
      fault: (fault) => log('session fault', { fault: String(fault) }),
    };
  }

  async #call(effect: CallEffect, context: ActContext, session: Session): Promise<McpAnswer> {
    const captured = await this.#normalise(effect, session);
    if ('refusal' in captured) return this.#refuse(effect, captured.refusal, session.origin);
    if (context.signal.aborted) return internal();
    const pending = Promise.withResolvers<Decided>();
    const { contract } = captured.call;
    const caller = {
      // The port names only the part of it that a backend needs.
      signal: context.signal as AbortSignal,
      onProgress: (report: Progress) => {
        session.evidence.given(contract, report);
        context.onProgress(report);
      },
      onPending: pending.resolve,
    };
    const submission = this.#options.boundary.submit(captured.call, caller, captured.payloads);
    context.signal.addEventListener('abort', submission.abandon, { once: true });
    const late = pending.promise.then((decision) => this.#whenLate(decision, submission));
    const result = await Promise.race([submission.answer.then(resultOf), late]);
    if (result.output !== undefined) session.evidence.given(contract, result.output);
    return answerFor({ ...result, output: result.output as Json });
  }

  async #whenLate({ receiptId, ruleId }: Decided, { abandon }: Submission) {
    const { pendingAnswerMs } = this.#options;
    await new Promise<void>((resolve) => setTimeout(resolve, pendingAnswerMs).unref());
    abandon();
    const code: VerdictCode = 'approval.required';
    return { code, receiptId, ...(ruleId === undefined ? {} : { ruleId }), output: undefined };
  }

  /** From a tool call to the one canonical request, or why it never becomes one. */
  async #normalise(effect: CallEffect, session: Session): Promise<Captured> {
    const tool = this.#options.servers.find(effect.name);
    if (!tool?.contract) {
      const message = `no contract for a tool named ${effect.name}`;
      return { refusal: tool?.refusal ?? { code: 'contract.missing', message } };
    }
    const fits = validateArguments(tool.listed.inputSchema, effect.arguments);
    if (!fits.ok) return { refusal: fits.error };
    const { contract, hash } = tool.contract;
    const paths = await this.#resolve(tool, effect.arguments);
    if (!paths.ok) return { refusal: { ...paths.error, code: 'contract.arguments_invalid' } };
    const rules = this.#options.boundary.egressRulesFor(contract);
    const normalised = normaliseCall({
      ...(rules && { leave: (params) => whatMayLeave({ params, contract, rules }) }),
      contract,
      arguments: effect.arguments,
      paths: paths.value,
      context: session.origin,
      nonce: String(session.nextNonce()),
      salt: randomBytes(16).toString('hex'),
    });
    if (!normalised.ok) return { refusal: normalised.error };
    const { request, payloads, params } = normalised.value;
    const requestHash = digestOf(request);
    if (!requestHash.ok) {
      return { refusal: { code: 'canon.refused', message: requestHash.error.message } };
    }
    const vault = rules && vaultOf(normalised.value, randomBytes(SALT_DIGITS / 2).toString('hex'));
    if (vault && !vault.ok) return { refusal: vault.error };
    const kept = vault ? [...payloads, vault.value] : payloads;
    const seen = this.#options.asksProvenance()
      ? session.evidence.provenanceOf(contract, effect.arguments)
      : undefined;
    const texts = kept.map(({ digest, text }) => [digest, text] as const);
    return {
      call: {
        requestHash: requestHash.value,
        intent: intentOf({ request, params, contractHash: hash }),
        request,
        contract,
        contractHash: hash,
        attempt: 1,
        vault: vault?.value.digest,
        ...(seen ? { provenance: seen } : {}),
      },
      payloads: Object.fromEntries(texts),
    };
  }

  #resolve({ contract, root }: MountedTool, given: Record<string, unknown>) {
    const raw = (contract?.contract.parameters ?? []).flatMap(({ kind, argument }) => {
      const value = given[argument];
      if (kind === 'path') return typeof value === 'string' ? [value] : [];
      if (kind !== 'path_list' || !Array.isArray(value)) return [];
      return value.filter((each) => typeof each === 'string');
    });
    return resolvePaths(root ?? '/', raw);
  }

  async #refuse(effect: CallEffect, refusal: Rejection, origin: Origin): Promise<McpAnswer> {
    const raw = digestOf({ name: effect.name, arguments: effect.arguments });
    const rawHash = raw.ok ? raw.value : digestBytes(effect.name);
    const code = REFUSALS.find((known) => known === refusal.code) ?? 'request.invalid';
    const receiptId = await this.#recordRefusal(rawHash, code, refusal.message, origin);
    return receiptId === undefined ? internal() : answerFor({ code, receiptId });
  }

  async #drop({ rawHash, code, detail }: Dropped, origin: Origin): Promise<void> {
    await this.#recordRefusal(rawHash, code, detail, origin);
  }

  async #recordRefusal(
    raw_hash: Digest,
    code: RefuseCall['code'],
    message: string,
    { agent_id }: Origin,
  ): Promise<string | undefined> {
    const detail = message.slice(0, 1000).toWellFormed();
    const { isolationTier: isolation_tier, writer } = this.#options;
    const payload: RefuseCall = { raw_hash, agent_id, code, detail, isolation_tier };
    const submitted = await writer.submit('action.refuse', payload);
    return submitted.ok ? receiptIn(submitted.value.entry)?.receipt_id : undefined;
  }
}

type Origin = { readonly agent_id: string; readonly session_id: Digest };
type CallEffect = { readonly name: string; readonly arguments: Record<string, Json> };
type Captured =
  | { readonly refusal: Rejection }
  | { readonly call: Call; readonly payloads: Record<string, string> };

/** One connection: who the node says it is, and what it has been given. */
class Session {
  readonly origin: Origin;
  readonly evidence: SessionEvidence;
  #nonce = 0n;

  constructor(origin: Origin, objective: string | undefined) {
    this.origin = origin;
    this.evidence = new SessionEvidence(objective);
  }

  nextNonce(): bigint {
    this.#nonce += 1n;
    return this.#nonce;
  }
}

const REFUSALS: readonly RefuseCall['code'][] = [
  'canon.refused',
  'request.invalid',
  'request.too_large',
  'contract.missing',
  'contract.schema_changed',
  'contract.arguments_invalid',
];

/** Tools are all that is offered, so every act is a call, whose parameters the gateway checked. */
function callIn({ params }: Act): CallEffect {
  return {
    name: params['name'] as string,
    arguments: params['arguments'] as CallEffect['arguments'],
  };
}

function internal(): McpAnswer {
  return { kind: 'error', error: { code: -32603, message: 'the node could not record the call' } };
}
