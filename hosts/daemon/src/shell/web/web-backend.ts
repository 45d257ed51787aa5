import { assert } from '@ioi/basis';
import { type Digest, digestBytes, digestOf } from '@ioi/canon';
import { isNamedHost } from '@ioi/drivers';
import { isNear } from '@ioi/drivers/shell';
import {
  commandOf,
  type LargeBody,
  repositoryOf,
  type WebAct,
  type WebRefusal,
} from '@ioi/gateway';
import {
  MOST_READ_BYTES,
  type Spool,
  type WebAnswer,
  type WebAsking,
  type WebBackend,
  type WebProblem,
} from '@ioi/gateway/shell';
import type { JsonObject } from '@ioi/jsonrpc';
import {
  holdsStream,
  PUSH_PROBE_TOOL,
  PUSH_TOOL,
  SOCKET_TOOL,
  STREAM_MARK,
  secretWebContract,
  webContracts,
} from '@ioi/law';
import type { NetworkReceipt, RefuseCall, ReplyHead, RuntimeToolContract } from '@ioi/protocol';
import {
  type Answer,
  type Decided,
  type Patience,
  patienceMs,
  receiptIn,
} from '../../core/index.ts';
import type { Submission } from '../boundary.ts';
import type { Contents } from '../contents.ts';
import { type Bound, type Capturing, captureBound } from '../mcp/capture.ts';
import type { Session } from '../mcp/session.ts';
import type { Writer } from '../writer.ts';
import { type Carrying, carryingOf, type Standing } from './placeholders.ts';
import type { RunRecord } from './run-record.ts';

export type WebOptions = Capturing & {
  readonly writer: Writer;
  readonly spool: Spool;
  readonly contents: Pick<Contents, 'keepLarge'>;
  readonly isolationTier: RefuseCall['isolation_tier'];
  readonly pendingAnswerMs?: Patience | undefined;
};

export type WebClient = {
  readonly session: Session;
  readonly hosts: readonly string[];
  readonly standing: readonly Standing[];
  readonly record: RunRecord;
};

/** As the client of node.json's `pending_answer_ms`. */
const CLIENT = { capabilities: {}, client: { name: 'web' } };
/** After so many nothing more is recorded of what one program says that is no request. */
const MOST_REFUSALS = 1000;
const ASK_AGAIN_SECONDS = 5;
const EVERYWHERE = '*';
const REFUSED = 'Refused at the boundary';
const UNANSWERED = 'No answer came back';

/** By name, each with its hash: they are the same for every request. */
const CONTRACTS: ReadonlyMap<string, { contract: RuntimeToolContract; hash: Digest }> = new Map(
  [...webContracts].map(([tool, contract]) => {
    const hash = digestOf(contract);
    assert(hash.ok, 'our own contracts have a canonical form');
    return [tool, { contract, hash: hash.value }];
  }),
);

/** Everything the node does for one program's requests over HTTP: nothing here decides. */
export class RunBackend implements WebBackend {
  readonly #options: WebOptions;
  readonly #client: WebClient;

  constructor(options: WebOptions, client: WebClient) {
    this.#options = options;
    this.#client = client;
  }

  /** This machine and what is near it only where it was named. */
  reaches(host: string, port: number): boolean {
    const { hosts } = this.#client;
    if (isNamedHost(hosts, host, port)) return true;
    const bare = host.replace(/^\[|\]$/g, '');
    return hosts.includes(EVERYWHERE) && bare !== 'localhost' && !isNear(bare);
  }

  async act(act: WebAct, asking: WebAsking): Promise<WebAnswer> {
    const { session, record, standing } = this.#client;
    const carrying = carryingOf(act, standing);
    if (carrying.kind === 'refused') {
      const { code, message } = carrying.refusal;
      const receipt = await this.refuse(carrying.refusal, Buffer.from(act.url));
      return refusing({ code, status: 403, receipt, why: message });
    }
    const { large } = act;
    if (large !== undefined && carrying.kind === 'secret') {
      return this.#tooLong(`${carrying.standing.name} is put into requests of at most`, act);
    }
    const bound = boundOf(act, carrying);
    const { contract } = bound.contract;
    if (large !== undefined && this.#options.boundary.egressRulesFor(contract) !== undefined) {
      return this.#tooLong('an egress rule looks into what leaves, up to', act);
    }
    const captured = await captureBound(bound, session, this.#options);
    if ('refusal' in captured) {
      const { code, message } = captured.refusal;
      const known = REFUSALS.find((each) => each === code) ?? 'request.invalid';
      const receipt = await this.#recordRefusal(known, message, Buffer.from(act.url));
      record.count('refused', receipt);
      return refusing({ code: known, status: 403, receipt });
    }
    const { call, payloads } = captured;
    const pending = Promise.withResolvers<Decided>();
    const replying = new Replying(asking);
    const stopping = new AbortController();
    const { pauses } = this.#options.boundary;
    const unwatch = act.isSocket && pauses.watch(session.origin, () => stopping.abort());
    const caller = {
      signal: asking.signal,
      onReply: (head: ReplyHead) => replying.begin(head, stopping.signal),
      onPending: pending.resolve,
    };
    const submission = this.#options.boundary.submit(call, caller, payloads);
    if (large !== undefined) this.#holdFor(submission.over, large, call);
    asking.signal.addEventListener('abort', submission.abandon, { once: true });
    const ended = submission.answer.then((answer) => {
      if (unwatch) unwatch();
      return this.#ended(answer, replying, call);
    });
    const late = pending.promise.then((decision) =>
      this.#waitForPerson(ended, asking.signal, { decision, requestHash: call.requestHash }),
    );
    const first = await Promise.race([ended, late]);
    if (first.kind !== 'late') return first;
    replying.isOver = true;
    submission.abandon();
    return first.answer;
  }

  /** Whoever asked may be gone before it is sent; then it is kept, where bodies are. */
  #holdFor(over: Submission['over'], { digest, bytes }: LargeBody, call: Ending): void {
    const { spool, contents } = this.#options;
    if (!spool.hold(digest)) return;
    const release = (): void => spool.release(digest);
    const keep = async (ended: Answer | undefined): Promise<void> => {
      const pieces = ended?.kind === 'executed' ? spool.pieces(digest) : undefined;
      if (pieces !== undefined) await contents.keepLarge({ digest, bytes }, call, pieces);
    };
    over.then(keep).then(release, release);
  }

  /** What is not looked into does not go where a rule looks. */
  async #tooLong(what: string, { url }: WebAct): Promise<WebAnswer> {
    const message = `${what} ${MOST_READ_BYTES} bytes`;
    const receipt = await this.refuse({ code: 'web.body_not_read', message }, Buffer.from(url));
    return refusing({ code: 'web.body_not_read', status: 403, receipt, why: message });
  }

  async refuse({ code, message }: WebRefusal, raw: Uint8Array): Promise<string | undefined> {
    const { record } = this.#client;
    const isTold = record.refused < MOST_REFUSALS;
    const kind = code.endsWith('_too_large') ? 'request.too_large' : 'request.invalid';
    const receipt = isTold
      ? await this.#recordRefusal(kind, `${code}: ${message}`, raw)
      : undefined;
    record.count('refused', receipt);
    return receipt;
  }

  #ended(
    answer: Answer,
    replying: Replying,
    { request, contract, requestHash }: Ending,
  ): WebAnswer {
    const { session, record } = this.#client;
    const { isBegun } = replying;
    if (answer.kind === 'blocked') {
      const { code, receiptId: receipt, ruleId, field } = answer.decision;
      record.count(code === 'request.invalid' ? 'refused' : 'blocked', receipt);
      const isUnread = field !== undefined && /text/.test(field) && holdsStream(request.params);
      const why = isUnread ? `${ruleId} reads texts, of up to ${MOST_READ_BYTES} bytes` : undefined;
      return refusing({ code, status: 403, receipt, ruleId, requestHash, ...(why && { why }) });
    }
    if (answer.kind === 'failed') {
      record.count('unanswered', undefined);
      const { code } = answer;
      return isBegun ? { kind: 'broken' } : refusing({ code, status: 503, requestHash });
    }
    const { outcome, receiptId: receipt } = answer;
    const isWhole = outcome.kind === 'completed';
    record.count(isWhole ? 'allowed' : 'unanswered', receipt);
    const { host } = new URL(String(request.params['url']));
    if (outcome.kind !== 'failed_before_effect') record.reached(host);
    if (outcome.output !== undefined) session.evidence.given(contract, outcome.output);
    if (isBegun) return { kind: isWhole ? 'replied' : 'broken' };
    const kept = isWhole ? keptIn(outcome.output as NetworkReceipt) : undefined;
    if (kept !== undefined) return kept;
    const code = isWhole ? 'web.answer_not_kept' : `execution.${outcome.kind}`;
    return refusing({ code, status: 502, receipt, requestHash });
  }

  /** Until a person decides, or the program would give up; then it may ask again. */
  async #waitForPerson(ended: Promise<WebAnswer>, signal: AbortSignal, paused: Paused) {
    const late = Promise.withResolvers<'late'>();
    const wait = patienceMs(CLIENT, this.#options.pendingAnswerMs);
    const timer = setTimeout(late.resolve, wait, 'late');
    const stop = (): void => late.resolve('late');
    signal.addEventListener('abort', stop, { once: true });
    const first = await Promise.race([ended, late.promise]);
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    if (first !== 'late') return first;
    const { requestHash, decision } = paused;
    const { code, receiptId: receipt, ruleId } = decision;
    this.#client.record.count('pending', receipt);
    const about = { code, status: 425, receipt, ruleId, requestHash };
    return { kind: 'late', answer: refusing({ ...about, retryAfter: ASK_AGAIN_SECONDS }) } as const;
  }

  async #recordRefusal(
    code: RefuseCall['code'],
    message: string,
    raw: Uint8Array,
  ): Promise<string | undefined> {
    const { isolationTier: isolation_tier, writer } = this.#options;
    const { agent_id } = this.#client.session.origin;
    const detail = message.slice(0, 1000).toWellFormed();
    const payload = { raw_hash: digestBytes(raw), agent_id, code, detail, isolation_tier };
    const submitted = await writer.submit('action.refuse', payload);
    return submitted.ok ? receiptIn(submitted.value.entry)?.receipt_id : undefined;
  }
}

type Ending = Extract<Awaited<ReturnType<typeof captureBound>>, { call: unknown }>['call'];
type Paused = { readonly decision: Decided; readonly requestHash: string };

/** Whether an answer has begun to go to the program. */
class Replying {
  readonly #asking: WebAsking;
  isBegun = false;
  /** Nobody waits any more: what comes is only kept. */
  isOver = false;

  constructor(asking: WebAsking) {
    this.#asking = asking;
  }

  begin(head: ReplyHead, stop: AbortSignal): ReturnType<WebAsking['onReply']> {
    if (this.isOver) return { write: async () => {} };
    this.isBegun = true;
    const sink = this.#asking.onReply(head);
    const { incoming } = sink;
    if (incoming === undefined) return sink;
    return { write: (chunk) => sink.write(chunk), incoming, stop };
  }
}

/** With a secret the act is the same, under a contract that takes a grant for it. */
function boundOf(act: WebAct, carrying: Exclude<Carrying, { kind: 'refused' }>): Bound {
  const tool = toolOf(act);
  const own = CONTRACTS.get(tool);
  assert(own !== undefined, 'the door carries these methods alone');
  const headers = JSON.stringify(act.headers);
  const about = { arguments: argumentsOf(act), root: undefined, streamed: act.large?.digest };
  if (carrying.kind === 'plain') return { ...about, contract: own, meta: { headers } };
  const { name, placeholder } = carrying.standing;
  const contract = secretWebContract(tool, name);
  const hash = digestOf(contract);
  assert(contract !== undefined && hash.ok, 'our own contracts have a canonical form');
  return { ...about, contract: { contract, hash: hash.value }, meta: { headers, placeholder } };
}

/** Rules about texts read a body of any bytes: of base64 they would see nothing. */
export function argumentsOf({ url, method, body, large, git }: WebAct): JsonObject {
  if (large !== undefined) {
    return { url, method, body: { [STREAM_MARK]: large.digest, bytes: large.bytes } };
  }
  if (body === undefined) return { url, method };
  const bytes = Buffer.from(body);
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(bytes);
  const sent = { url, method, body: isText ? text : { latin1: bytes.toString('latin1') } };
  if (git?.kind !== 'push') return sent;
  const repository = repositoryOf(url);
  const { updates, options, commits } = git.push;
  return {
    ...sent,
    command: commandOf(git.push, repository),
    repository,
    updates: updates.map((each) => ({ ...each })),
    options: [...options],
    commits: { ...commits, ids: [...commits.ids] },
  };
}

function toolOf({ method, git, isSocket }: WebAct): string {
  if (isSocket) return SOCKET_TOOL;
  if (git === undefined) return method;
  return git.kind === 'push' ? PUSH_TOOL : PUSH_PROBE_TOOL;
}

/** The whole answer, where it is short enough to have been kept. */
function keptIn(receipt: NetworkReceipt): WebAnswer | undefined {
  const { status, response_headers: headers, response_body: body } = receipt;
  if (body === undefined) return undefined;
  const head = { status, headers };
  return { kind: 'kept', head, body: Buffer.from(body.data, body.encoding) };
}

type Refusing = {
  readonly code: string;
  readonly why?: string;
  readonly status: number;
  readonly receipt?: string | undefined;
  readonly ruleId?: string | undefined;
  readonly requestHash?: string;
  readonly retryAfter?: number;
};

/** One constant sentence, with the rule by its name; the rest is in the receipt. */
function refusing(refused: Refusing): WebAnswer {
  const { code, status, receipt, ruleId, requestHash, retryAfter, why } = refused;
  const waits = retryAfter === undefined ? '' : ' It waits for a person; ask again later.';
  const problem: WebProblem = {
    status,
    code,
    title: `${status === 502 ? UNANSWERED : REFUSED}: ${why ?? TITLES[code] ?? code}.${waits}`,
    ...(requestHash === undefined ? {} : { request_id: requestHash }),
    ...(receipt === undefined ? {} : { receipt_id: receipt }),
    ...(ruleId === undefined ? {} : { rule_id: ruleId }),
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
  };
  return { kind: 'problem', problem };
}

const TITLES: Readonly<Record<string, string>> = {
  'request.invalid': 'its host is not found, or leads to this machine or near it',
  'policy.default_deny': 'no rule of the policy allows it',
  'session.paused': 'a person paused this program, or stopped everything',
};

const REFUSALS: readonly RefuseCall['code'][] = [
  'canon.refused',
  'request.too_large',
  'contract.arguments_invalid',
  'session.paused',
];
