import type { Result } from '@ioi/basis';
import type { Admitted, AwaitedSeq } from './admit.ts';
import {
  errorMessage,
  messagesIn,
  refusalIn,
  refusalText,
  type SqlError,
  statusAfter,
  tagOf,
} from './answers.ts';
import { type Submission, unshown } from './submission.ts';
import { HEADER, joinBytes, messageOf, textPart } from './wire.ts';

export type Status = 'I' | 'T' | 'E';

/** What a client sent up to where it waits for an answer, as the engine is given it. */
export class Unit {
  /** In front of what the client sent; each is answered by one short message it never sees. */
  readonly #before: Uint8Array[] = [];
  readonly #sent: Uint8Array[] = [];
  readonly #refused: SqlError[] = [];
  #submission: Submission | undefined;
  /** Where the entry of its submission stands. */
  #place: string | undefined;
  /** What completes, in order. */
  readonly executed: Admitted[] = [];
  /** Names in the engine of what is parsed, in order. */
  readonly parsed: string[] = [];
  /** Names in the engine of what the client closes with it, and of what is closed in front. */
  readonly closed: string[] = [];
  readonly closedBefore: string[] = [];
  /** Something is parsed or bound in it that submits nothing. */
  isShared = false;
  /** Answered as a simple query: no word of parsing and binding. */
  readonly isSimple: boolean;
  /** Nothing after it can be told apart from what comes next. */
  isSynced = false;

  constructor(isSimple: boolean) {
    this.isSimple = isSimple;
  }

  get bytes(): Uint8Array {
    return joinBytes([...this.#before, ...this.#sent]);
  }

  get isEmpty(): boolean {
    return this.#sent.length === 0;
  }

  get awaited(): AwaitedSeq[] {
    return this.executed.filter((each) => each.kind === 'await');
  }

  /** Whether the engine is as it was before, whatever comes of it. */
  get isPassing(): boolean {
    return this.isSynced && this.executed.every(({ kind }) => kind === 'read');
  }

  before(message: Uint8Array): void {
    this.#before.push(message);
  }

  send(message: Uint8Array): void {
    this.#sent.push(message);
  }

  refuse(error: SqlError): void {
    const refusing = this.#refusing(error);
    this.#sent.push(refusing);
    // Else the row of its placeholder would look like an answer.
    if (this.#submission !== undefined) this.#sent[this.#submission.at] = refusing;
  }

  /** Bound; nothing is submitted unless it is executed, too. */
  bindSubmission({ json, portal, bind }: Pick<Submission, 'json' | 'portal' | 'bind'>): void {
    this.#submission = { json, portal, bind, at: this.#sent.length, isAsked: false };
    this.#sent.push(bind('null'));
  }

  /** False where it was not bound here, or is not alone. */
  askSubmission(portal: string): boolean {
    const found = this.#submission;
    if (found?.portal !== portal || found.isAsked || this.executed.length > 0) return false;
    found.isAsked = true;
    return true;
  }

  /** What is to be submitted before the engine is given anything. */
  get submission(): Submission | undefined {
    const isWhole = this.#refused.length === 0 && this.executed.length === 1;
    return this.#submission?.isAsked === true && isWhole ? this.#submission : undefined;
  }

  get isSubmitting(): boolean {
    return this.#submission !== undefined;
  }

  /** The engine says the answer, or what is refused, where the client asked for it. */
  submitted({ at, bind }: Submission, answer: Result<string, SqlError>): void {
    this.#sent[at] = answer.ok ? bind(answer.value) : this.#refusing(answer.error);
    if (answer.ok) this.#place = answer.value;
  }

  /** What is said in the place of any error that comes after something was sealed. */
  get unshown(): SqlError | undefined {
    return this.#place === undefined ? undefined : unshown(this.#place);
  }

  #refusing(error: SqlError): Uint8Array {
    const place = this.#refused.push(error) - 1;
    const none = new Uint8Array(2);
    return messageOf('P', textPart(''), textPart(refusalText(place)), none);
  }

  /** The engine's answer as the client gets it. */
  answer(bytes: Uint8Array): Answer {
    const status = statusAfter(bytes);
    const isAsSent = !this.isSimple && this.isSynced && this.#before.length === 0;
    const isPlain = isAsSent && this.#refused.length === 0 && this.parsed.length === 0;
    if (isPlain && this.closed.length === 0 && this.executed.every(({ kind }) => kind === 'read')) {
      return { bytes, status, completed: [], tags: [], hasError: false, ...NOTHING_LEFT };
    }
    return this.#filtered(bytes, status);
  }

  #filtered(bytes: Uint8Array, status: Status | undefined): Answer {
    const kept: Uint8Array[] = [];
    const completed: Admitted[] = [];
    const tags: string[] = [];
    let hasError = false;
    let done = 0;
    let hidden = this.#before.length;
    let parsed = 0;
    // What is kept as it is stays one part: rows are many, and none is looked at.
    let from = 0;
    const leaveOut = (at: number, end: number): void => {
      if (at > from) kept.push(bytes.subarray(from, at));
      from = end;
    };
    for (const { type, at, end } of messagesIn(bytes)) {
      if (type === '1' || type === '3') {
        if (hidden > 0) {
          hidden -= 1;
          leaveOut(at, end);
          continue;
        }
        if (type === '1') parsed += 1;
      }
      if (this.isSimple && '12n'.includes(type)) leaveOut(at, end);
      else if (type === 'C') tags.push(tagOf(bytes.subarray(at + HEADER, end)));
      if ('CIs'.includes(type)) {
        const admitted = this.executed[done];
        if (admitted !== undefined && type === 'C') completed.push(admitted);
        done += 1;
      }
      if (type !== 'E') continue;
      hasError = true;
      const error = this.#refusal(bytes.subarray(at + HEADER, end)) ?? this.unshown;
      if (error === undefined) continue;
      leaveOut(at, end);
      kept.push(errorMessage(error));
    }
    leaveOut(bytes.length, bytes.length);
    const unparsed = hasError ? this.parsed.slice(parsed) : [];
    const unclosed = hasError ? this.closed : [];
    const [only] = kept;
    const told = kept.length === 1 && only ? only : joinBytes(kept);
    return { bytes: told, status, completed, tags, hasError, unparsed, unclosed };
  }

  #refusal(body: Uint8Array): SqlError | undefined {
    const place = refusalIn(body);
    return place === undefined ? undefined : this.#refused[place];
  }
}

export type Answer = {
  readonly bytes: Uint8Array;
  /** Undefined where the client did not ask for it yet. */
  readonly status: Status | undefined;
  readonly completed: readonly Admitted[];
  readonly tags: readonly string[];
  readonly hasError: boolean;
  /** Names in the engine of what it did not come to parse, or refused. */
  readonly unparsed: readonly string[];
  /** Names in the engine of what it may not have come to close. */
  readonly unclosed: readonly string[];
};

const NOTHING_LEFT = { unparsed: [], unclosed: [] } as const;
