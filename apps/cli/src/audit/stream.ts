import { setTimeout as sleep } from 'node:timers/promises';
import type { LogPage } from '@ioi/protocol';
import { type AuditSource, auditEvents } from '../core/audit/audit-events.ts';
import type { OcsfEvent } from '../core/audit/ocsf.ts';
import { CommandFault } from '../shell/fault.ts';
import type { Cursor } from './cursor.ts';
import { NotTaken, type Receiver } from './receiver.ts';

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
    if (!(await this.#tell(events))) return false;
    this.#sent += events.length;
    this.#cursor = { ...this.#cursor, last: String(expected - 1n), tiers };
    this.#streaming.keep(this.#cursor);
    return true;
  }

  /** Whether they were taken; not, where nobody wants the stream any more. */
  async #tell(events: readonly OcsfEvent[]): Promise<boolean> {
    if (events.length === 0) return true;
    const send = async (): Promise<true> => {
      await this.#streaming.receiver.send(events);
      return true;
    };
    return (await this.#insist(send)) === true;
  }

  /** Again and again, ever more rarely; undefined once nobody wants it any more. */
  async #insist<T>(act: () => Promise<T>): Promise<T | undefined> {
    const { note, signal } = this.#streaming;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        const done = await act();
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

function isWorthWaiting(fault: unknown): boolean {
  if (fault instanceof NotTaken) return true;
  return fault instanceof CommandFault && fault.about.exit === 'unreachable';
}

function shorter(last: string, size: number): CommandFault {
  return new CommandFault({
    exit: 'unverified',
    code: 'audit.log_shorter',
    message: `entry ${last} was told, and the log has only ${size} now: it was put back`,
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
