import { type Digest, digestBytes } from '@ioi/canon';
import {
  type ActionHead,
  keys,
  type WorkerRunHead,
  type WorkerStepHead,
  workerKeys,
} from '@ioi/law';
import type { LogEntry, StepAnswer } from '@ioi/protocol';
import { MOST_STEPS, placeOf, type Recorded, type StepRecord, tagOf } from '@ioi/workers';
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

type Asked = {
  readonly tag: string;
  readonly attempt: number;
  readonly target: string;
  /** Of the request, or of what a person edited it into. */
  requestHash: Digest;
};

const ENTRIES_AT_ONCE = 512;
const MOST_ENTRIES = 64;
/** What stands for the output of an act that was found done after a stop. */
const NOTHING = digestBytes('null');

/** What is sealed of the steps of one run, read from the log: there is no other journal. */
export class RunJournal {
  readonly #reading: JournalReading;
  readonly #runId: string;
  readonly #acts = new Map<number, Asked>();

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
      for (const text of own) this.#note(JSON.parse(text) as LogEntry, run.session_id);
    }
  }

  #note(entry: LogEntry, sessionId: string): void {
    const payload = decisionPayload(entry);
    if (payload?.request.context.session_id !== sessionId) return;
    const requestHash = receiptIn(entry)?.body.request_hash as Digest | undefined;
    if (requestHash === undefined) return;
    const { edits, request } = payload;
    if (edits !== undefined) {
      const edited = [...this.#acts.values()].find((each) => each.requestHash === edits);
      if (edited !== undefined) edited.requestHash = requestHash;
      return;
    }
    this.asked(placeOf(request.nonce), request.target, requestHash);
  }

  asked(
    place: { readonly index: number; readonly attempt: number; readonly tag: string },
    target: string,
    requestHash: Digest,
  ): void {
    const { index, ...rest } = place;
    this.#acts.set(index, { ...rest, target, requestHash });
  }

  requestOf(index: number): Digest | undefined {
    return this.#acts.get(index)?.requestHash;
  }

  targetOf(index: number): string | undefined {
    return this.#acts.get(index)?.target;
  }

  /** Of its execution, or of the decision where it came to none. */
  receiptOf(index: number): string | undefined {
    const hash = this.requestOf(index);
    const found = hash === undefined ? [] : this.#entriesOf(hash);
    return found.flatMap((entry) => receiptIn(entry)?.receipt_id ?? [])[0];
  }

  /** The next one for a step: an attempt that came to nothing is not the same request again. */
  attemptOf(index: number): number {
    const asked = this.#acts.get(index);
    return asked === undefined ? 0 : asked.attempt + 1;
  }

  recordOf(index: number): StepRecord | undefined {
    const { reader } = this.#reading;
    const told = reader.get<WorkerStepHead>(workerKeys.step(this.#runId, index));
    if (told !== undefined) {
      return { tag: tagOf(told.step_hash), recorded: this.#told(told.answer_commitment) };
    }
    const asked = this.#acts.get(index);
    return asked && { tag: asked.tag, recorded: this.#became(asked) };
  }

  /** Requests of its acts that were decided, in the order of steps. */
  acts(): Digest[] {
    const { reader } = this.#reading;
    const inOrder = [...this.#acts].sort(([one], [other]) => one - other);
    return inOrder
      .map(([, { requestHash }]) => requestHash)
      .filter((hash) => reader.get(keys.action(hash)) !== undefined)
      .slice(0, MOST_STEPS);
  }

  #told(commitment: Digest): Recorded {
    const text = this.#reading.contents.text(commitment);
    if (text === undefined) return { kind: 'lost' };
    return { kind: 'answered', answer: JSON.parse(text) as StepAnswer };
  }

  #became({ requestHash, target }: Asked): Recorded {
    const { reader } = this.#reading;
    const action = reader.get<ActionHead>(keys.action(requestHash));
    if (action === undefined) return { kind: 'undone' };
    if (action.state === 'pending') return { kind: 'pending' };
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
    const isReconciled = receipt.reconciles !== undefined;
    // It stopped in the midst of it and nothing happened: nobody was told anything of it.
    if (isReconciled && receipt.outcome === 'failed_before_effect') return { kind: 'undone' };
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
