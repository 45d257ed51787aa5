import { type Digest, digestBytes, digestOf } from '@ioi/canon';
import {
  executionKeys,
  isFree,
  LEASE_RUN,
  type LeaseOfRunHead,
  nextFence,
  PROPOSE_STEP,
  RENEW_LEASE,
  RETURN_LEASE,
} from '@ioi/law';
import type {
  Executed,
  ExecutorAsks,
  LeasedWork,
  Rejection,
  StepAnswer,
  WorkerEnd,
  WorkerInvocation,
} from '@ioi/protocol';
import { stepHash } from '@ioi/workers';
import type { HeadReader } from '../head-reader.ts';
import type { Writer } from '../writer.ts';

/** Whoever can be given work: a connection of an executor. */
export type Hand = {
  /** As the owner admitted it. */
  readonly name: string;
  /** Whether it is still connected, by a key that the owner still admits under that name. */
  isHere(): boolean;
  stop(run: { readonly run_id: string; readonly fence: string }): void;
};

export type Offered = Pick<LeasedWork, 'run_id' | 'file' | 'bytes'>;

type Offer = {
  readonly work: Offered;
  readonly call: WorkerInvocation;
  readonly settle: (end: WorkerEnd) => void;
  /** Absent while nobody has it. */
  lease?: { readonly hand: Hand; readonly fence: string };
  isTaken: boolean;
  watch?: NodeJS.Timeout;
};

type Waiting = { readonly hand: Hand; readonly give: (work: Executed) => void };
type Under = { readonly run_id: string; readonly fence: string };

export type BoardOptions = {
  readonly writer: Pick<Writer, 'submit'>;
  readonly reader: Pick<HeadReader, 'get'>;
  readonly leaseMs: number;
  /** Of a run, and this node's own: whoever has the log alone cannot guess what was said. */
  readonly saltOf: (runId: string) => string;
  readonly log: (message: string, about: object) => void;
};

/** That whoever had the run has it no more: it is begun anew, by whoever has it next. */
export const LEASE_LOST = 'lease.lost';

const MOST_WAITING = 1024;
const MOST_ANSWER = 8 * 1024 * 1024;
/** Of a lease that was renewed just now no more is sealed: a log is not for beating. */
const FRESH = 0.8;
/** Between two looks at a lease that is about to run out. */
const LOOK_MS = 250;
const DONE: Executed = { kind: 'done' };
const GONE = refused({
  code: 'executor.not_admitted',
  message: 'the owner does not admit this key any more',
});

/**
 * Runs that wait for executors, and executors that wait for runs. Who has which run stands in the
 * log alone: what is said under a lease is sealed there, or refused there, before it counts.
 */
export class LeaseBoard {
  readonly #options: BoardOptions;
  readonly #offers = new Map<string, Offer>();
  #waiting: Waiting[] = [];
  #again: NodeJS.Timeout | undefined;

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  /** Resolves with the end that an executor says under the newest lease, or with `lease.lost`. */
  carryOut(work: Offered, call: WorkerInvocation): Promise<WorkerEnd> {
    const { promise, resolve } = Promise.withResolvers<WorkerEnd>();
    const { run_id } = work;
    const onAbort = (): void => settle(died('worker.cancelled', 'its run was cancelled'));
    const settle = (end: WorkerEnd): void => {
      if (this.#offers.get(run_id) !== offer) return;
      this.#offers.delete(run_id);
      clearTimeout(offer.watch);
      call.signal.removeEventListener('abort', onAbort);
      if (call.signal.aborted) offer.lease?.hand.stop({ run_id, fence: offer.lease.fence });
      resolve(end);
    };
    const offer: Offer = { work, call, settle, isTaken: false };
    this.#offers.set(run_id, offer);
    call.signal.addEventListener('abort', onAbort);
    if (call.signal.aborted) onAbort();
    this.#match();
    return promise;
  }

  /** Ids of the runs that are offered, or carried out now. */
  get runs(): readonly string[] {
    return [...this.#offers.keys()];
  }

  leaseOf(runId: string): LeaseOfRunHead | undefined {
    return this.#options.reader.get<LeaseOfRunHead>(executionKeys.lease(runId));
  }

  answer(hand: Hand, asked: ExecutorAsks): Promise<Executed> {
    if (!hand.isHere()) {
      this.left(hand);
      return Promise.resolve(GONE);
    }
    switch (asked.kind) {
      case 'ready':
        return this.#ready(hand);
      case 'step':
        return this.#step(hand, asked);
      case 'renew':
        return this.#renew(hand, asked);
      case 'end':
        return this.#end(hand, asked);
    }
  }

  /** A connection is gone: its runs are offered anew, to its own executor at once. */
  left(hand: Hand): void {
    const theirs = this.#waiting.filter((each) => each.hand === hand);
    this.#waiting = this.#waiting.filter((each) => each.hand !== hand);
    for (const { give } of theirs) give(GONE);
    for (const offer of this.#offers.values()) {
      if (offer.lease?.hand === hand) this.#lost(offer, 'its executor is gone');
    }
  }

  #ready(hand: Hand): Promise<Executed> {
    if (this.#waiting.length >= MOST_WAITING) {
      return Promise.resolve(refused({ code: 'executor.too_many', message: 'too many wait' }));
    }
    return new Promise((give) => {
      this.#waiting.push({ hand, give });
      this.#match();
    });
  }

  /** Each that waits for work has the first run that it may have, if any. */
  #match(): void {
    clearTimeout(this.#again);
    const now = BigInt(Date.now());
    for (const waiting of [...this.#waiting]) {
      if (!waiting.hand.isHere()) {
        this.left(waiting.hand);
        continue;
      }
      const mine = [...this.#offers.values()].find((offer) => {
        const lease = this.leaseOf(offer.work.run_id);
        const may = isFree(lease, now) || lease?.holder === waiting.hand.name;
        return !offer.isTaken && may;
      });
      if (mine === undefined) continue;
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      void this.#lease(mine, waiting);
    }
    const isLeft = [...this.#offers.values()].some(({ isTaken }) => !isTaken);
    if (!isLeft || this.#waiting.length === 0) return;
    this.#again = setTimeout(() => this.#match(), LOOK_MS);
    this.#again.unref();
  }

  async #lease(offer: Offer, { hand, give }: Waiting): Promise<void> {
    offer.isTaken = true;
    const { writer, leaseMs: lasts_ms } = this.#options;
    const { run_id } = offer.work;
    const fence = nextFence(this.leaseOf(run_id));
    const payload = { run_id, fence, holder: hand.name, lasts_ms };
    const sealed = await writer.submit(LEASE_RUN, payload);
    if (!sealed.ok) {
      offer.isTaken = false;
      give(refused(sealed.error));
      this.#match();
      return;
    }
    if (this.#offers.get(run_id) !== offer) {
      give(refused({ code: 'run.over', message: 'it is not wanted any more' }));
      return;
    }
    offer.lease = { hand, fence };
    if (!hand.isHere()) {
      give(GONE);
      this.#lost(offer, 'its executor is gone');
      return;
    }
    this.#watch(offer, fence);
    const { task, input } = offer.call;
    give({ kind: 'work', work: { ...offer.work, fence, lease_ms: lasts_ms, task, input } });
  }

  /** Who says nothing for as long as its lease lasts has lost it. */
  #watch(offer: Offer, fence: string): void {
    const lease = this.leaseOf(offer.work.run_id);
    const left = lease?.fence === fence ? Number(BigInt(lease.expires)) - Date.now() : 0;
    if (left <= 0) {
      this.#lost(offer, 'its lease ran out');
      return;
    }
    offer.watch = setTimeout(() => this.#watch(offer, fence), Math.max(left, LOOK_MS));
    offer.watch.unref();
  }

  #lost(offer: Offer, why: string): void {
    const { run_id } = offer.work;
    this.#options.log('a run lost its executor', { run: run_id, fence: offer.lease?.fence, why });
    offer.settle(died(LEASE_LOST, why));
  }

  async #step(hand: Hand, asked: ExecutorAsks & { kind: 'step' }): Promise<Executed> {
    const { run_id, fence, step } = asked;
    const held = this.#heldBy(hand, asked);
    if ('kind' in held) return held;
    const hash = stepHash(step);
    if (!hash.ok) return refused(hash.error);
    const step_hash = this.#salted(run_id, hash.value);
    const proposal = { run_id, fence, index: step.index, step_hash };
    const sealed = await this.#options.writer.submit(PROPOSE_STEP, proposal);
    if (!sealed.ok) return this.#refusedUnder(held, sealed.error);
    // Meanwhile it may be another's: what begins now would be waited for by nobody.
    if (this.#offers.get(run_id) !== held) return refused(OVER);
    return { kind: 'answer', answer: bounded(await held.call.takeStep(step)) };
  }

  async #renew(hand: Hand, asked: Under): Promise<Executed> {
    const { run_id, fence } = asked;
    const held = this.#heldBy(hand, asked);
    if ('kind' in held) return held;
    const left = Number(this.leaseOf(run_id)?.expires ?? 0) - Date.now();
    if (left > this.#options.leaseMs * FRESH) return DONE;
    const sealed = await this.#options.writer.submit(RENEW_LEASE, { run_id, fence });
    return sealed.ok ? DONE : this.#refusedUnder(held, sealed.error);
  }

  async #end(hand: Hand, asked: ExecutorAsks & { kind: 'end' }): Promise<Executed> {
    const { run_id, fence, end } = asked;
    const held = this.#heldBy(hand, asked);
    if ('kind' in held) return held;
    const said = sayable(end);
    const end_hash = this.#salted(run_id, said.hash);
    const payload = { run_id, fence, outcome: said.end.kind, end_hash };
    const sealed = await this.#options.writer.submit(RETURN_LEASE, payload);
    if (!sealed.ok) return this.#refusedUnder(held, sealed.error);
    held.settle(said.end);
    return DONE;
  }

  #salted(runId: string, hash: Digest): Digest {
    return digestBytes(`${this.#options.saltOf(runId)}\n${hash}`);
  }

  /** Its run, or why it has none under that fence. */
  #heldBy(hand: Hand, { run_id, fence }: Under): Offer | Extract<Executed, { kind: 'refused' }> {
    const offer = this.#offers.get(run_id);
    if (offer?.lease?.hand === hand && offer.lease.fence === fence) return offer;
    const newest = this.leaseOf(run_id)?.fence ?? 'none';
    const isOld = newest !== fence;
    const code = isOld ? 'lease.fenced' : 'lease.not_held';
    const message = isOld
      ? `fence ${fence} is not the newest, which is ${newest}`
      : `this connection has no run with fence ${fence}`;
    this.#options.log('an executor was refused', { run: run_id, executor: hand.name, code });
    return refused({ code, message });
  }

  /** What the log refuses under a lease that ended there ends it here too. */
  #refusedUnder(offer: Offer, refusal: Rejection): Executed {
    const { run_id } = offer.work;
    this.#options.log('an executor was refused', { run: run_id, code: refusal.code });
    const isOver = /^(lease\.(fenced|expired|ended)|executor\.)/.test(refusal.code);
    if (isOver) this.#lost(offer, refusal.code);
    return refused(refusal);
  }
}

const OVER: Rejection = { code: LEASE_LOST, message: 'this connection has the run no more' };

function refused(refusal: Rejection): Extract<Executed, { kind: 'refused' }> {
  return { kind: 'refused', refusal };
}

function died(code: string, message: string): WorkerEnd {
  return { kind: 'died', code, message };
}

/** An end that cannot be hashed is none that could be kept. */
function sayable(end: WorkerEnd): { readonly end: WorkerEnd; readonly hash: Digest } {
  const hash = digestOf(end);
  if (hash.ok) return { end, hash: hash.value };
  return sayable(died('guest.bad_answer', 'what it said of its end has no canonical form'));
}

function bounded(answer: StepAnswer): StepAnswer {
  if (JSON.stringify(answer).length <= MOST_ANSWER) return answer;
  const message = `the answer is longer than ${MOST_ANSWER} characters`;
  return { kind: 'failed', code: 'step.too_large', message };
}
