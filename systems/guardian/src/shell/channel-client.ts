import type { Duplex } from 'node:stream';
import { assert, decodeBase64 } from '@ioi/basis';
import { encodeFrame, FrameReader } from '@ioi/frames';
import type { ProposedOperation, ShownEntry } from '@ioi/law';
import type {
  ExchangeAnswer,
  GuardianAnswer,
  GuardianAsk,
  GuardianNotice,
  GuardianRequest,
  GuardianStatus,
  Payloads,
  PreparedBatch,
  RecoveredBatch,
  Refusal,
  Seal,
  Vouched,
} from '../core/index.ts';
import { decodeMessage, encodeRequest } from './message-codec.ts';

type Waiting = {
  readonly resolve: (answer: GuardianAnswer) => void;
  readonly reject: (fault: Error) => void;
};

/** Number of what nobody answers. */
const UNANSWERED = 0;

export type ChannelEvents = {
  readonly onNotice: (notice: GuardianNotice) => void;
  /** Nothing can be sealed any more, also when nothing was being sealed. */
  readonly onGone: (fault: GuardianGone) => void;
};

export class GuardianGone extends Error {
  readonly code = 'guardian.gone';
}

/** The guardian will not do what opening a log needs. */
export class GuardianRefused extends Error {
  readonly code: string;

  constructor({ code, message }: Refusal) {
    super(message);
    this.code = code;
  }
}

/** The daemon's end of the channel. Once closed every waiting call fails: no seal, no effect. */
export class GuardianChannel {
  readonly #stream: Duplex;
  readonly #waiting = new Map<number, Waiting>();
  readonly #reader = new FrameReader();
  readonly #onNotice: (notice: GuardianNotice) => void;
  readonly #onGone: (fault: GuardianGone) => void;
  #last = 0;
  #gone: GuardianGone | undefined;

  constructor(stream: Duplex, { onNotice, onGone }: ChannelEvents) {
    this.#stream = stream;
    this.#onNotice = onNotice;
    this.#onGone = onGone;
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('error', (fault) => this.#close(fault.message));
    stream.on('close', () => this.#close('the guardian closed its channel'));
  }

  /** One domain of the node; without a name its own log. */
  domain(domainId = ''): DomainChannel {
    return new DomainChannel(
      (request) => this.#ask({ domain: domainId, ...request }),
      (request) => this.#send(UNANSWERED, { domain: domainId, ...request }),
    );
  }

  /** The guardian's half of the key to what this digest commits to. */
  async commitmentKey(digest: string): Promise<Uint8Array> {
    const answer = await this.#ask({ domain: '', kind: 'commitment_key', digest });
    const key = decodeBase64(expect(answer, 'commitment_key').key);
    assert(key !== undefined, 'a guardian gives its half in base64');
    return key;
  }

  /** Contents the guardian asked for, to show them. */
  async show(payloads: Payloads): Promise<void> {
    expect(await this.#ask({ domain: '', kind: 'shown', payloads }), 'taken');
  }

  /** What a provider answered. */
  async exchanged(exchanged: ExchangeAnswer): Promise<void> {
    expect(await this.#ask({ domain: '', kind: 'exchanged', exchanged }), 'taken');
  }

  /** Why what a person edited is not brought to the log. */
  async refuseEdit(request_hash: string, refusal: Refusal): Promise<void> {
    expect(await this.#ask({ domain: '', kind: 'edit_refused', request_hash, refusal }), 'taken');
  }

  #ask(request: GuardianRequest): Promise<GuardianAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#gone) return reject(this.#gone);
      this.#last += 1;
      this.#waiting.set(this.#last, { resolve, reject });
      this.#send(this.#last, request);
    });
  }

  #send(id: number, request: GuardianRequest): void {
    if (!this.#gone) this.#stream.write(encodeFrame(encodeRequest({ id, request })));
  }

  #receive(chunk: Buffer): void {
    const bodies = this.#reader.push(chunk);
    if (!bodies.ok) {
      this.#close(bodies.error.message);
      return;
    }
    for (const body of bodies.value) {
      const message = decodeMessage(body);
      if ('notice' in message) {
        this.#onNotice(message.notice);
        continue;
      }
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      waiting?.resolve(message.answer);
    }
  }

  #close(reason: string): void {
    if (this.#gone) return;
    this.#gone = new GuardianGone(reason);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#gone);
    this.#waiting.clear();
    this.#stream.destroy();
    this.#onGone(this.#gone);
  }
}

/** What the guardian does for one domain. */
export class DomainChannel {
  readonly #ask: (request: GuardianAsk) => Promise<GuardianAnswer>;
  readonly #tell: (request: GuardianAsk) => void;
  #opening = 0;

  constructor(
    ask: (request: GuardianAsk) => Promise<GuardianAnswer>,
    tell: (request: GuardianAsk) => void = () => {},
  ) {
    this.#ask = ask;
    this.#tell = tell;
  }

  async status(): Promise<GuardianStatus> {
    return expect(await this.#ask({ kind: 'status' }), 'status').status;
  }

  async open(): Promise<Seal | undefined> {
    const { status } = expect(await this.#ask({ kind: 'open' }), 'status');
    this.#opening = status.opening;
    return status.seal;
  }

  async prepare(
    operations: readonly ProposedOperation[],
    payloads: Payloads,
  ): Promise<PreparedBatch> {
    const answer = await this.#ask({
      kind: 'prepare',
      opening: this.#opening,
      operations,
      payloads,
    });
    return expect(answer, 'prepared').prepared;
  }

  async recover(entries: readonly string[]): Promise<RecoveredBatch> {
    const asked = { kind: 'recover', opening: this.#opening, entries } as const;
    return expect(await this.#ask(asked), 'recovered').recovered;
  }

  closing(batch: number, commit: string): void {
    this.#tell({ kind: 'closing', opening: this.#opening, batch, commit });
  }

  async seal(batch: number, commit: string): Promise<Seal> {
    const asked = { kind: 'seal', opening: this.#opening, batch, commit } as const;
    return expect(await this.#ask(asked), 'sealed').seal;
  }

  /** A receipt of this log, signed for verifiers of other formats. */
  async vouch(shown: ShownEntry, receipt_id: string): Promise<Vouched> {
    return expect(await this.#ask({ kind: 'vouch', shown, receipt_id }), 'vouched').vouched;
  }
}

type AnswerOf<K extends GuardianAnswer['kind']> = Extract<GuardianAnswer, { kind: K }>;

function expect<K extends GuardianAnswer['kind']>(answer: GuardianAnswer, kind: K): AnswerOf<K> {
  if (answer.kind === kind) return answer as AnswerOf<K>;
  if (answer.kind === 'refused') throw new GuardianRefused(answer.refusal);
  throw new Error(`the guardian gave a ${answer.kind} answer, not ${kind}`);
}
