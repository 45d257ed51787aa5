import type { Result } from '@ioi/basis';
import { type Digest, digestBytes, digestOf, type Json } from '@ioi/canon';
import {
  type Act,
  type ActContext,
  type Answer,
  answerFor,
  type Backend,
  type Dropped,
  type Listing,
  type ListKind,
  type Offer,
  type Recalled,
} from '@ioi/gateway';
import type {
  Progress,
  RefuseCall,
  Rejection,
  RuntimeToolContract,
  TaskReport,
  VerdictCode,
  WantedScopes,
} from '@ioi/protocol';
import {
  ASK_PERSON,
  approvalNotice,
  type Decided,
  ISSUE_LEASE,
  offerOf,
  type Patience,
  patienceMs,
  receiptIn,
  resultOf,
  scopesAskedFor,
} from '../../core/index.ts';
import type { Submission } from '../boundary.ts';
import type { Writer } from '../writer.ts';
import { type Captured, type Capturing, capture } from './capture.ts';
import { decidedInTime } from './decided-in-time.ts';
import { governedAsk } from './governed-ask.ts';
import type { KeptTasks } from './kept-tasks.ts';
import { Session } from './session.ts';

export type BackendOptions = Capturing & {
  readonly version: string;
  readonly writer: Writer;
  readonly isolationTier: RefuseCall['isolation_tier'];
  /** How long a call may wait for a person; by the client's own patience where absent. */
  readonly pendingAnswerMs?: Patience | undefined;
  /** Asks the owner for scopes; nothing is given by it. */
  readonly askForScopes: (wanted: WantedScopes) => Promise<Result<object, Rejection>>;
  readonly log: (message: string, about: object) => void;
  readonly tasks: Pick<KeptTasks, 'remember' | 'recall'>;
};

/** Nobody waits for the end of a subscription. */
const RELEASE = { timeoutMs: 10_000, outputBytes: 65_536 };
/** How often a client that waits for a person is told that the call lives. */
const HEARTBEAT_MS = 5_000;
/** So little that whatever the tool itself reports later still goes forwards. */
const HEARTBEAT_STEP = 1e-6;

/** Everything the node does for one client: nothing here decides. */
export class ClientBackend implements Backend {
  readonly session: Session;
  readonly #options: BackendOptions;
  readonly #nodeName: string;
  readonly #client: Client;

  constructor(options: BackendOptions, client: Client) {
    this.#options = options;
    this.#nodeName = client.nodeName;
    this.#client = client;
    const { nodeName, name, objective, session } = client;
    this.session = session ?? new Session(`agent://${nodeName}/${name}`, objective);
    options.boundary.arrived(this.session.origin.session_id);
  }

  async offer(): Promise<Offer> {
    const { servers, version } = this.#options;
    return offerOf(servers.described(), version);
  }

  async list(kind: ListKind): Promise<Listing> {
    const { servers, boundary } = this.#options;
    const listed = servers.listed(kind === 'resource_templates' ? 'templates' : kind);
    // Where no tool needs authority, nobody has any to ask for.
    const asks = kind === 'tools' && servers.contracts().some(needsScopes);
    const answers = kind === 'tools' && boundary.mayBeAsked();
    const items = [...listed, ...(asks ? [ISSUE_LEASE] : []), ...(answers ? [ASK_PERSON] : [])];
    // What is shown depends on the policy, which may change at any time.
    return { items: items as readonly Json[], ttlMs: 0, cacheScope: 'private' };
  }

  async act(act: Act, context: ActContext): Promise<Answer> {
    const { name, arguments: given } = act.params;
    if (act.method === 'tools/call' && name === ISSUE_LEASE.name) {
      const paused = this.#options.boundary.pauses.refusalOf(this.session.origin);
      return paused === undefined ? this.#issueLease(given) : this.#refuse(act, paused);
    }
    const captured = await capture(act, this.session, this.#options);
    if ('refusal' in captured) return this.#refuse(act, captured.refusal);
    if (context.signal.aborted) return internal();
    const { contract } = captured.call;
    const key = `${contract.server} ${String(act.params['uri'])}`;
    const isEnding = act.method === 'resources/unsubscribe';
    const wasSubscribed = isEnding && this.session.subscribed.delete(key);
    // The server tells all clients by one subscription: it ends with the last of them.
    if (isEnding && this.#client.isWatched(key)) return { kind: 'result', result: {} };
    const answer = await this.#submit(captured, context, act.method);
    const isBegun = act.method === 'resources/subscribe' && answer.kind === 'result';
    // An end that was refused comes with the end of the client.
    const isSubscribed = isBegun || (wasSubscribed && answer.kind !== 'result');
    if (isSubscribed && context.signal.aborted) this.#release(key);
    else if (isSubscribed) this.session.subscribed.add(key);
    return answer;
  }

  /** An AuthorityScopeRequest in the log, which the owner answers (whitepaper A.3). */
  async #issueLease(given: Json | undefined): Promise<Answer> {
    const subjectId = this.session.origin.agent_id;
    const wanted = scopesAskedFor(Object(given), { subjectId, timeOf: Date.parse });
    const asked = wanted.ok ? await this.#options.askForScopes(wanted.value) : wanted;
    const told = asked.ok ? { ...asked.value, next: 'a person answers it' } : asked.error;
    const content = [{ type: 'text', text: JSON.stringify(told) }];
    const result = { content, structuredContent: told, isError: !asked.ok };
    return { kind: 'result', result: result as unknown as Json };
  }

  async drop({ rawHash, code, detail }: Dropped): Promise<void> {
    await this.#recordRefusal(rawHash, code, detail);
  }

  fault(error: unknown): void {
    this.#options.log('session fault', { fault: String(error) });
  }

  recall(taskId: string): Recalled | undefined {
    return this.#options.tasks.recall(this.session.origin.agent_id, taskId);
  }

  rootsChanged(): void {
    for (const { upstream } of this.#options.servers.upstreams()) upstream.rootsChanged();
  }

  ended(): void {
    const { session } = this.#client;
    if (session === undefined) this.#options.boundary.left(this.session.origin.session_id);
    this.#client.onEnd();
    const left = [...this.session.subscribed];
    this.session.subscribed.clear();
    for (const key of left) this.#release(key);
  }

  /** What nobody else watches is let go: that carries nothing an agent chose. */
  #release(key: string): void {
    if (this.#client.isWatched(key)) return;
    const [server = ''] = key.split(' ', 1);
    const params = { uri: key.slice(server.length + 1) };
    const found = this.#options.servers.upstreams().find(({ name }) => name === server);
    const asked = { method: 'resources/unsubscribe', params, ...RELEASE } as const;
    void found?.upstream.request(asked);
  }

  async #submit(
    captured: Exclude<Captured, { refusal: unknown }>,
    context: ActContext,
    method: Act['method'],
  ): Promise<Answer> {
    const { boundary, tasks } = this.#options;
    const { contract, requestHash } = captured.call;
    const remember = (): void => {
      const followed = context.followed();
      const { agent_id: agentId } = this.session.origin;
      if (followed !== undefined) tasks.remember(followed, { agentId, requestHash });
    };
    remember();
    const pending = Promise.withResolvers<Decided>();
    const { signal, isOver } = abortOf(context);
    const over = new AbortController();
    // With a reason: without one every call would make a fault, with its stack.
    const end = (): void => over.abort('over');
    signal.addEventListener('abort', end, { once: true });
    const asking = {
      server: contract.server,
      openSession: () =>
        new Session(`agent://${this.#nodeName}/server/${contract.server}`, undefined),
      ask: context.ask,
      signal,
      over: over.signal,
    };
    const caller = {
      signal,
      onProgress: (report: Progress) => {
        this.session.evidence.given(contract, report);
        context.onProgress(report);
      },
      onMessage: (params: Json) => {
        this.session.evidence.given(contract, params);
        context.onMessage(params);
      },
      ask: governedAsk(asking, this.#options),
      capabilities: context.proposer.capabilities,
      isTask: context.isTask,
      onTask: (report: TaskReport) => {
        this.session.evidence.given(contract, report);
        context.onTask(report);
        remember();
      },
      onPending: pending.resolve,
    };
    const submission = boundary.submit(captured.call, caller, captured.payloads);
    signal.addEventListener('abort', submission.abandon, { once: true });
    const ended = submission.answer.then(resultOf);
    void submission.answer.finally(end);
    const late = pending.promise.then((decision) =>
      this.#waitForPerson({ decision, submission, ended }, context, requestHash),
    );
    const result = await Promise.race([ended, late]);
    isOver();
    if (result.output !== undefined) this.session.evidence.given(contract, result.output);
    return answerFor({ ...result, output: result.output as Json }, method);
  }

  /** Until a person decides, or the client would give up; then it is told to ask again. */
  async #waitForPerson(waiting: Waiting, context: ActContext, requestHash: Digest) {
    const { decision, submission, ended } = waiting;
    const { proposer, ask, signal } = context;
    if (context.isTask) {
      const message = `waits for an approval: ioi approve ${requestHash}`;
      context.onTask({ message });
      return ended;
    }
    const heartbeat = heartbeatTo(context);
    const isInTime = await decidedInTime({
      era: proposer.era,
      patienceMs: patienceMs(proposer, this.#options.pendingAnswerMs),
      notice: approvalNotice(proposer, requestHash),
      decided: ended,
      ask,
      signal,
    });
    clearInterval(heartbeat);
    if (isInTime) return ended;
    submission.abandon();
    const { receiptId, ruleId } = decision;
    const code = decision.code as VerdictCode;
    return { code, receiptId, ...(ruleId === undefined ? {} : { ruleId }), output: undefined };
  }

  async #refuse(act: Act, refusal: Rejection): Promise<Answer> {
    const raw = digestOf({ method: act.method, params: act.params });
    const rawHash = raw.ok ? raw.value : digestBytes(act.method);
    const code = REFUSALS.find((known) => known === refusal.code) ?? 'request.invalid';
    const receiptId = await this.#recordRefusal(rawHash, code, refusal.message);
    return receiptId === undefined ? internal() : answerFor({ code, receiptId }, act.method);
  }

  async #recordRefusal(
    raw_hash: Digest,
    code: RefuseCall['code'],
    message: string,
  ): Promise<string | undefined> {
    const detail = message.slice(0, 1000).toWellFormed();
    const { isolationTier: isolation_tier, writer } = this.#options;
    const { agent_id } = this.session.origin;
    const payload: RefuseCall = { raw_hash, agent_id, code, detail, isolation_tier };
    const submitted = await writer.submit('action.refuse', payload);
    return submitted.ok ? receiptIn(submitted.value.entry)?.receipt_id : undefined;
  }
}

type Client = {
  readonly nodeName: string;
  /** Last part of its agent id: the node's word, never the client's. */
  readonly name: string;
  readonly objective?: string | undefined;
  /** Of a run, which lasts longer than this client and has other doors. */
  readonly session?: Session | undefined;
  readonly onEnd: () => void;
  /** Whether any client wants to hear of this resource, named as in `Session.subscribed`. */
  readonly isWatched: (resource: string) => boolean;
};

type Waiting = {
  readonly decision: Decided;
  readonly submission: Submission;
  readonly ended: Promise<ReturnType<typeof resultOf>>;
};

function heartbeatTo({ onProgress }: ActContext): NodeJS.Timeout {
  let beats = 0;
  return setInterval(() => {
    beats += 1;
    onProgress({ message: 'waiting for a person to approve', done: beats * HEARTBEAT_STEP });
  }, HEARTBEAT_MS).unref();
}

function abortOf({ signal }: ActContext): { signal: AbortSignal; isOver: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return {
    signal: controller.signal,
    isOver: () => signal.removeEventListener('abort', abort),
  };
}

const REFUSALS: readonly RefuseCall['code'][] = [
  'canon.refused',
  'request.invalid',
  'request.too_large',
  'contract.missing',
  'contract.schema_changed',
  'contract.description_changed',
  'contract.arguments_invalid',
  'session.paused',
];

function internal(): Answer {
  return { kind: 'error', error: { code: -32603, message: 'the node could not record the call' } };
}

function needsScopes({ contract }: { readonly contract: RuntimeToolContract }): boolean {
  return contract.authority_scopes.length > 0;
}
