import { type Digest, digestBytes } from '@ioi/canon';
import {
  type ActionHead,
  type ContractHead,
  keys,
  type TokenUsage,
  type WorkerRunHead,
  type WorkerStepHead,
  workerKeys,
} from '@ioi/law';
import type {
  LogEntry,
  RuntimeToolContract,
  StepAnswer,
  ToolExecutionReceipt,
} from '@ioi/protocol';
import { placeOf, type Recorded, type StepRecord, tagOf } from '@ioi/workers';
import {
  answerOfDecision,
  answerOfExecution,
  decidedIn,
  decisionPayload,
  executionIn,
  receiptIn,
} from '../../core/index.ts';
import type { Contents } from '../contents.ts';
import type { HeadReader } from '../head-reader.ts';

export type JournalReading = { readonly reader: HeadReader; readonly contents: Contents };

type Contract = RuntimeToolContract;

/** One attempt at the act of a step. */
type Asked = {
  readonly tag: string;
  readonly attempt: number;
  readonly target: string;
  readonly requestHash: Digest;
};

const ENTRIES_AT_ONCE = 512;
const MOST_ENTRIES = 64;
const MOST_ACTS = 4096;
/** What stands for the output of an act that was found done after a stop. */
const NOTHING = digestBytes('null');

/** What is sealed of the steps of one run, read from the log: there is no other journal. */
export class RunJournal {
  readonly #reading: JournalReading;
  readonly #runId: string;
  /** Attempts by the index of their step, the oldest first. */
  readonly #acts = new Map<number, readonly Asked[]>();
  /** Requests that people put in place of others. */
  readonly #edits = new Set<Digest>();

  constructor(reading: JournalReading, runId: string) {
    this.#reading = reading;
    this.#runId = runId;
  }

  /** Finds the acts of its session in the log, after a restart. */
  recall({ run, opened_seq, ended_seq }: WorkerRunHead): void {
    const { reader } = this.#reading;
    const end = ended_seq === undefined ? reader.size : Number(ended_seq);
    for (let seq = Number(opened_seq); seq < end; seq += ENTRIES_AT_ONCE) {
      const texts = reader.texts(seq, Math.min(end, seq + ENTRIES_AT_ONCE));
      // Most entries of a busy node are of others, and reading them takes longest.
      const own = texts.filter((text) => text.includes(run.session_id));
      for (const text of own) this.note(JSON.parse(text) as LogEntry, run.session_id);
    }
  }

  /** An entry of the log, where it is about an act of this session. */
  note(entry: LogEntry, sessionId: string): void {
    const payload = decisionPayload(entry);
    if (payload?.request.context.session_id !== sessionId) return;
    const requestHash = receiptIn(entry)?.body.request_hash as Digest | undefined;
    if (requestHash === undefined) return;
    const { edits, request } = payload;
    if (edits !== undefined) this.#edits.add(requestHash);
    // Once for each request: what was approved is decided a second time.
    const place = placeOf(request.nonce);
    const isKnown = this.#acts.get(place.index)?.some((each) => each.requestHash === requestHash);
    if (isKnown || this.#edits.has(requestHash)) return;
    this.asked(place, request.target, requestHash);
  }

  asked(
    place: { readonly index: number; readonly attempt: number; readonly tag: string },
    target: string,
    requestHash: Digest,
  ): void {
    const { index, ...rest } = place;
    const attempts = this.#acts.get(index) ?? [];
    this.#acts.set(index, [...attempts, { ...rest, target, requestHash }]);
  }

  /** The one that stands: what people edited it into, if they did. */
  requestOf(index: number): Digest | undefined {
    const last = this.#last(index);
    return last && this.#requestsOf(last).at(-1);
  }

  /** A request, and whatever people put in its place, as the log says now. */
  #requestsOf({ requestHash }: Asked): Digest[] {
    const requests = [requestHash];
    for (let next = this.#editedInto(requestHash); next; next = this.#editedInto(next)) {
      requests.push(next);
    }
    return requests;
  }

  #editedInto(requestHash: Digest): Digest | undefined {
    const { reader } = this.#reading;
    if (reader.get<ActionHead>(keys.action(requestHash))?.state !== 'denied') return undefined;
    for (const entry of this.#entriesOf(requestHash)) {
      if (decisionPayload(entry)?.edits !== requestHash) continue;
      return receiptIn(entry)?.body.request_hash as Digest | undefined;
    }
    return undefined;
  }

  #last(index: number): Asked | undefined {
    return this.#acts.get(index)?.at(-1);
  }

  /** Chain Time when what it was told was sealed. */
  readAt(index: number): bigint | undefined {
    const { reader } = this.#reading;
    const told = reader.changedAt(workerKeys.step(this.#runId, index));
    const request = told === undefined ? this.requestOf(index) : undefined;
    const entry = told === undefined ? request && this.#entriesOf(request)[0] : reader.entry(told);
    return entry && BigInt(entry.chain_time);
  }

  targetOf(index: number): string | undefined {
    return this.#last(index)?.target;
  }

  /** Of its execution, or of the decision where it came to none. */
  receiptOf(index: number): string | undefined {
    const hash = this.requestOf(index);
    const found = hash === undefined ? [] : this.#entriesOf(hash);
    return found.flatMap((entry) => receiptIn(entry)?.receipt_id ?? [])[0];
  }

  /** What its model took, as the receipt says. */
  usageOf(index: number): TokenUsage | undefined {
    const hash = this.requestOf(index);
    const found = hash === undefined ? [] : this.#entriesOf(hash);
    const bodies = found.map((entry) => receiptIn(entry)?.body as Partial<ToolExecutionReceipt>);
    return bodies.flatMap((body) => body?.token_usage ?? [])[0];
  }

  /** The next one for a step: an attempt that came to nothing is not the same request again. */
  attemptOf(index: number): number {
    const asked = this.#last(index);
    return asked === undefined ? 0 : asked.attempt + 1;
  }

  recordOf(index: number): StepRecord | undefined {
    const { reader } = this.#reading;
    const told = reader.get<WorkerStepHead>(workerKeys.step(this.#runId, index));
    if (told !== undefined) {
      return { tag: tagOf(told.step_hash), recorded: this.#told(told.answer_commitment) };
    }
    const asked = this.#last(index);
    return asked && { tag: asked.tag, recorded: this.#became(asked) };
  }

  /** Requests of its acts that were decided, in the order of steps, also without an effect. */
  acts(): Digest[] {
    const { reader } = this.#reading;
    const inOrder = [...this.#acts].sort(([one], [other]) => one - other);
    return inOrder
      .flatMap(([, attempts]) => attempts.flatMap((asked) => this.#requestsOf(asked)))
      .filter((hash) => reader.get(keys.action(hash)) !== undefined)
      .slice(0, MOST_ACTS);
  }

  #told(commitment: Digest): Recorded {
    const text = this.#reading.contents.text(commitment);
    if (text === undefined) return { kind: 'lost' };
    return { kind: 'answered', answer: JSON.parse(text) as StepAnswer };
  }

  /** Of what it was told that it remembers. */
  labelsOf(index: number): readonly string[] | undefined {
    const { reader } = this.#reading;
    return reader.get<WorkerStepHead>(workerKeys.step(this.#runId, index))?.labels;
  }

  /** What an act gave to the worker, and by which contract: undefined where it gave nothing. */
  givenOf(index: number): { readonly contract: Contract; readonly output: unknown } | undefined {
    const requestHash = this.requestOf(index);
    if (requestHash === undefined) return undefined;
    const { reader } = this.#reading;
    const action = reader.get<ActionHead>(keys.action(requestHash));
    const found = action && reader.get<ContractHead>(keys.contract(action.contract_hash));
    const executed = this.#entriesOf(requestHash).flatMap((entry) => executionIn(entry) ?? [])[0];
    const commitment = executed?.receipt.markers.rrsa_output_commitment;
    const output = found && this.#outputOf(commitment);
    return output && { contract: found.contract, output: output.value };
  }

  /** Those of which something may still come. */
  open(): Digest[] {
    const { reader } = this.#reading;
    return this.acts().filter((hash) => {
      const state = reader.get<ActionHead>(keys.action(hash))?.state;
      return state === 'pending' || state === 'committed';
    });
  }

  #became(asked: Asked): Recorded {
    const { reader } = this.#reading;
    const { target } = asked;
    const [requestHash] = this.#requestsOf(asked).slice(-1);
    const action = requestHash && reader.get<ActionHead>(keys.action(requestHash));
    if (!action) return { kind: 'undone' };
    if (action.state === 'pending' || action.state === 'committed') return { kind: 'pending' };
    const entries = this.#entriesOf(requestHash);
    for (const entry of entries) {
      const executed = executionIn(entry);
      if (executed?.receipt.request_hash === requestHash) {
        return this.#executed(executed, target);
      }
    }
    for (const entry of entries) {
      const decision = decidedIn(entry);
      if (decision !== undefined) return { kind: 'answered', answer: answerOfDecision(decision) };
    }
    return { kind: 'lost' };
  }

  /** The newest first. */
  #entriesOf(requestHash: Digest): LogEntry[] {
    const { reader } = this.#reading;
    return reader.find(requestHash, MOST_ENTRIES).flatMap((seq) => reader.entry(seq) ?? []);
  }

  #executed(
    { receipt, receiptId }: NonNullable<ReturnType<typeof executionIn>>,
    target: string,
  ): Recorded {
    // Nothing happened, and nobody was told anything of it: that would be on record.
    if (receipt.outcome === 'failed_before_effect') return { kind: 'undone' };
    const output = this.#outputOf(receipt.markers.rrsa_output_commitment);
    if (receipt.outcome === 'completed' && output === undefined) return { kind: 'lost' };
    const about = { target, receipt, receiptId, output: output?.value };
    return { kind: 'answered', answer: answerOfExecution(about) };
  }

  #outputOf(commitment: string | undefined): { readonly value: unknown } | undefined {
    if (commitment === undefined) return undefined;
    if (commitment === NOTHING) return { value: null };
    const text = this.#reading.contents.text(commitment);
    return text === undefined ? undefined : { value: JSON.parse(text) };
  }
}

const SESSION = /"session_id":"(sha256:[0-9a-f]{64})"/g;

/** As `recall` does for each, in one pass over the log for all of them. */
export function recallAll(
  reading: JournalReading,
  heads: readonly WorkerRunHead[],
): ReadonlyMap<WorkerRunHead, RunJournal> {
  const { reader } = reading;
  const journals = new Map(heads.map((head) => [head, new RunJournal(reading, head.run.run_id)]));
  const bySession = new Map([...journals].map(([{ run }, own]) => [run.session_id, own]));
  const first = heads.reduce((seq, head) => Math.min(seq, Number(head.opened_seq)), reader.size);
  for (let seq = first; seq < reader.size; seq += ENTRIES_AT_ONCE) {
    for (const text of reader.texts(seq, Math.min(reader.size, seq + ENTRIES_AT_ONCE))) {
      const named = new Set([...text.matchAll(SESSION)].map(([, session = '']) => session));
      for (const session of named) {
        bySession.get(session)?.note(JSON.parse(text) as LogEntry, session);
      }
    }
  }
  return journals;
}
