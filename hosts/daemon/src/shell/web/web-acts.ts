import { digestBytes } from '@ioi/canon';
import type { LargeBody, WebRefusal } from '@ioi/gateway';
import {
  MOST_READ_BYTES,
  type Spool,
  type WebAnswer,
  type WebAsking,
  type WebProblem,
} from '@ioi/gateway/shell';
import { holdsStream } from '@ioi/law';
import type { NetworkReceipt, RefuseCall, ReplyHead } from '@ioi/protocol';
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
import type { RunRecord } from './run-record.ts';

export type WebOptions = Capturing & {
  readonly writer: Writer;
  readonly spool: Spool;
  readonly contents: Pick<Contents, 'keepLarge'>;
  readonly isolationTier: RefuseCall['isolation_tier'];
  readonly pendingAnswerMs?: Patience | undefined;
};

export type ActClient = {
  readonly session: Session;
  readonly record: RunRecord;
};

/** One request that becomes an act. */
export type WebDoing = {
  readonly bound: Bound;
  /** That it came to, for a receipt of one that became none. */
  readonly url: string;
  readonly large?: LargeBody | undefined;
  readonly isSocket?: true | undefined;
  /** Told what was performed, and gives what is answered where that is no answer of a server. */
  readonly performed: (done: Done) => WebAnswer | undefined;
};

export type Done = {
  readonly outcome: Extract<Answer, { kind: 'executed' }>['outcome'];
  readonly receipt: string;
  readonly requestHash: string;
  readonly isBegun: boolean;
};

/** As the client of node.json's `pending_answer_ms`. */
const CLIENT = { capabilities: {}, client: { name: 'web' } };
/** After so many nothing more is recorded of what one program says that is no request. */
const MOST_REFUSALS = 1000;
const ASK_AGAIN_SECONDS = 5;
const REFUSED = 'Refused at the boundary';
const UNANSWERED = 'No answer came back';

/** Has acts of a program in a sandbox decided and performed, and their answers go to it. */
export class WebActs {
  readonly #options: WebOptions;
  readonly #client: ActClient;

  constructor(options: WebOptions, client: ActClient) {
    this.#options = options;
    this.#client = client;
  }

  async perform(doing: WebDoing, asking: WebAsking): Promise<WebAnswer> {
    const { session, record } = this.#client;
    const { bound, url, large } = doing;
    const captured = await captureBound(bound, session, this.#options);
    if ('refusal' in captured) {
      const { code, message } = captured.refusal;
      const known = REFUSALS.find((each) => each === code) ?? 'request.invalid';
      const receipt = await this.#recordRefusal(known, message, Buffer.from(url));
      record.count('refused', receipt);
      return refusing({ code: known, status: 403, receipt });
    }
    const { call, payloads } = captured;
    const pending = Promise.withResolvers<Decided>();
    const replying = new Replying(asking);
    const stopping = new AbortController();
    const { pauses } = this.#options.boundary;
    const unwatch = doing.isSocket && pauses.watch(session.origin, () => stopping.abort());
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
      return this.#ended(answer, replying, { ...call, performed: doing.performed });
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
    { request, contract, requestHash, performed }: Ending & Pick<WebDoing, 'performed'>,
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
    if (outcome.output !== undefined) session.evidence.given(contract, outcome.output);
    const own = performed({ outcome, receipt, requestHash, isBegun });
    if (own !== undefined) return own;
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
export function refusing(refused: Refusing): WebAnswer {
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
