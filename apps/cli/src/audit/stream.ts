import { setTimeout as sleep } from 'node:timers/promises';
import type { LogPage } from '@ioi/protocol';
import { type AuditSource, auditEvents } from '../core/audit/audit-events.ts';
import type { OcsfEvent } from '../core/audit/ocsf.ts';
import { CommandFault, isUnreachable } from '../shell/fault.ts';
import type { Cursor } from './cursor.ts';
import { NotTaken, type Receiver, refused, TooLarge } from './receiver.ts';

export type Streaming = {
  readonly source: AuditSource;
  readonly receiver: Receiver;
  /** Entries above a position, the lowest first; throws where the node is away. */
  readonly read: (after: string) => Promise<LogPage>;
  readonly keep: (cursor: Cursor) => void;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
};

const POLL_MS = 500;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** Receivers take bodies of a megabyte, by default. */
const MOST_BATCH = 262_144;

/**
 * Tells the receiver what was sealed after the cursor, each at least once and in its order: the
 * cursor moves when the receiver has taken it, and not before.
 */
export class AuditStream {
  readonly #streaming: Streaming;
  #cursor: Cursor;
  #sent = 0;

  constructor(streaming: Streaming, cursor: Cursor) {
    this.#streaming = streaming;
    this.#cursor = cursor;
  }

  get sent(): number {
    return this.#sent;
  }

  get cursor(): Cursor {
    return this.#cursor;
  }

  /** Refuses a log that is not the one that was told of. */
  async begin(): Promise<void> {
    const { last, last_operation: told } = this.#cursor;
    this.#streaming.keep(this.#cursor);
    if (told === undefined) return;
    const before = String(BigInt(last) - 1n);
    const page = await this.#insist(() => this.#streaming.read(before));
    const [entry] = page?.entries ?? [];
    if (page === undefined || entry === undefined) return;
    if (entry.seq !== last || entry.operation_id !== told) throw replaced(last);
  }

  /** Until there is no more for now. */
  async catchUp(): Promise<void> {
    while (await this.#tellSome());
  }

  async follow(): Promise<void> {
    const { signal } = this.#streaming;
    while (!signal.aborted) {
      if (!(await this.#tellSome())) await this.#wait(POLL_MS);
    }
  }

  async #tellSome(): Promise<boolean> {
    const { source } = this.#streaming;
    const page = await this.#insist(() => this.#streaming.read(this.#cursor.last));
    if (page === undefined) return false;
    const { entries, size } = page;
    if (BigInt(this.#cursor.last) >= BigInt(size)) throw shorter(this.#cursor.last, size);
    if (entries.length === 0) return false;
    let expected = BigInt(this.#cursor.last) + 1n;
    let { tiers } = this.#cursor;
    const events: OcsfEvent[] = [];
    for (const entry of entries) {
      if (BigInt(entry.seq) !== expected) throw gap(expected, entry.seq);
      expected += 1n;
      const audited = auditEvents(entry, source, tiers);
      tiers = audited.tiers;
      events.push(...audited.events);
    }
    for (const batch of batchesOf(events)) {
      if (!(await this.#tell(batch))) return false;
    }
    this.#sent += events.length;
    const last_operation = entries.at(-1)?.operation_id;
    this.#cursor = { ...this.#cursor, last: String(expected - 1n), last_operation, tiers };
    this.#streaming.keep(this.#cursor);
    return true;
  }

  /** Whether they were taken; not, where nobody wants the stream any more. */
  async #tell(events: readonly OcsfEvent[]): Promise<boolean> {
    const send = async (): Promise<true> => {
      await this.#streaming.receiver.send(events);
      return true;
    };
    try {
      return (await this.#insist(send)) === true;
    } catch (fault) {
      if (!(fault instanceof TooLarge)) throw fault;
      const [only] = events;
      if (events.length === 1) throw refused(`${fault.message} to ${only?.metadata.uid}`);
      const half = Math.ceil(events.length / 2);
      return (await this.#tell(events.slice(0, half))) && this.#tell(events.slice(half));
    }
  }

  /** Again and again, ever more rarely; undefined once nobody wants it any more. */
  async #insist<T extends object | true>(act: () => Promise<T>): Promise<T | undefined> {
    const { note, signal } = this.#streaming;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        const done = await unlessAborted(act(), signal);
        if (done === undefined) return undefined;
        if (wait > FIRST_WAIT_MS) note('it goes on');
        return done;
      } catch (fault) {
        if (!isWorthWaiting(fault)) throw fault;
        if (wait === FIRST_WAIT_MS) note(`waiting: ${(fault as Error).message}`);
        await this.#wait(fault instanceof NotTaken ? (fault.waitMs ?? wait) : wait);
      }
      if (signal.aborted) return undefined;
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    const { signal } = this.#streaming;
    await sleep(milliseconds, undefined, { signal }).catch(() => {});
  }
}

/** What it comes to; undefined at once when nobody wants it any more. Nothing of it is kept. */
async function unlessAborted<T>(act: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const over = Promise.withResolvers<undefined>();
  const stop = (): void => over.resolve(undefined);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([act, over.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function isWorthWaiting(fault: unknown): boolean {
  return fault instanceof NotTaken || isUnreachable(fault);
}

function shorter(last: string, size: number): CommandFault {
  return new CommandFault({
    exit: 'unverified',
    code: 'audit.log_shorter',
    message: `entry ${last} was told, and the log has only ${size} now: it was put back`,
    next: 'ioi verify',
  });
}

function* batchesOf(events: readonly OcsfEvent[]): Generator<readonly OcsfEvent[]> {
  let batch: OcsfEvent[] = [];
  let size = 0;
  for (const event of events) {
    const more = JSON.stringify(event).length;
    if (batch.length > 0 && size + more > MOST_BATCH) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(event);
    size += more;
  }
  if (batch.length > 0) yield batch;
}

function replaced(last: string): CommandFault {
  return new CommandFault({
    exit: 'unverified',
    code: 'audit.log_replaced',
    message: `entry ${last} is another than was told: the log was put back, and went on`,
    next: 'ioi verify',
  });
}

function gap(expected: bigint, found: string): CommandFault {
  return new CommandFault({
    exit: 'unverified',
    code: 'audit.gap',
    message: `the node answered entry ${found} instead of ${expected}`,
    next: 'ioi verify',
  });
}
