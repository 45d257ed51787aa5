import { randomBytes } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import type { HttpLimits } from './limits.ts';

/** Why a reader cannot go on from where it says it was. */
export type ReplayRefusal =
  | 'gateway.event_unknown'
  | 'gateway.events_dropped'
  | 'gateway.stream_over';

export type Replayed = {
  readonly stream: string;
  readonly events: readonly { readonly id: string; readonly line: string }[];
};

type Kept = { readonly stream: string; readonly number: number; readonly bytes: Buffer };
type Stream = {
  /** Numbers of its first event, of its newest, and of the newest that was let go of. */
  readonly first: number;
  last: number;
  lost: number;
  /** How much of it is kept. */
  kept: number;
  bytes: number;
  isOver: boolean;
};

const TAG_BYTES = 6;
const ID = /^(get|post\d{1,15})_(\d{1,15})_([0-9a-f]{12})$/;

/** What all sessions of one endpoint keep together: past the bound, the stillest lets go first. */
export class ReplayRoom {
  readonly #mostBytes: number;
  readonly #logs = new Set<EventLog>();
  #bytes = 0;

  constructor({ replayTotalBytes }: HttpLimits) {
    this.#mostBytes = replayTotalBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  take(log: EventLog, bytes: number): void {
    this.#bytes += bytes;
    this.#logs.delete(log);
    this.#logs.add(log);
    for (const stillest of this.#logs) {
      while (this.#bytes > this.#mostBytes && stillest.letGo());
      if (this.#bytes <= this.#mostBytes) return;
    }
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }

  leave(log: EventLog): void {
    this.#logs.delete(log);
  }
}

/**
 * The last events of a session's streams, for readers that come back (MCP 2025-11-25,
 * resumability). An id names its stream, and is of this session alone.
 */
export class EventLog {
  readonly #limits: HttpLimits;
  readonly #room: ReplayRoom;
  readonly #tag = randomBytes(TAG_BYTES).toString('hex');
  readonly #streams = new Map<string, Stream>();
  #events: Kept[] = [];
  #bytes = 0;
  #next = 1;

  constructor(limits: HttpLimits, room: ReplayRoom) {
    this.#limits = limits;
    this.#room = room;
  }

  /** Names an event of which nobody asks what came before it: it is not kept. */
  name(stream: string): string {
    const number = this.#next;
    this.#next += 1;
    return this.#id(stream, number);
  }

  /** The name of an event that carries nothing: where a reader begins. */
  begin(stream: string): string {
    return this.#id(stream, this.#nextOf(stream).last);
  }

  /** Names the event, and keeps it for a while. */
  add(stream: string, line: string): string {
    const own = this.#nextOf(stream);
    const number = own.last;
    const id = this.#id(stream, number);
    const bytes = Buffer.from(line);
    const { replayEvents, replayBytes } = this.#limits;
    if (bytes.length > replayBytes) {
      // It fits beside nothing; the others need not go for it.
      own.lost = number;
      return id;
    }
    this.#events.push({ stream, number, bytes });
    own.kept += 1;
    own.bytes += bytes.length;
    this.#bytes += bytes.length;
    while (this.#events.length > replayEvents || this.#bytes > replayBytes) this.letGo();
    this.#room.take(this, bytes.length);
    return id;
  }

  /** Nothing more comes on it. */
  end(stream: string): void {
    const own = this.#streams.get(stream);
    if (own === undefined) return;
    own.isOver = true;
    if (own.kept === 0) this.#streams.delete(stream);
  }

  /** What came on the same stream after the event of this name, in order. */
  after(id: string): Result<Replayed, ReplayRefusal> {
    const [, stream = '', digits = '', tag] = ID.exec(id) ?? [];
    const number = Number(digits);
    if (tag !== this.#tag || number >= this.#next) return err('gateway.event_unknown');
    const own = this.#streams.get(stream);
    if (own === undefined) return err('gateway.stream_over');
    if (number < own.first || number > own.last) return err('gateway.event_unknown');
    if (number < own.lost) return err('gateway.events_dropped');
    const later = this.#events.filter((each) => each.stream === stream && each.number > number);
    if (own.isOver && later.length === 0) return err('gateway.stream_over');
    const events = later.map((each) => {
      return { id: this.#id(stream, each.number), line: each.bytes.toString() };
    });
    return ok({ stream, events });
  }

  /** What is worth nothing late is kept while there is room for what is. */
  get isCrowded(): boolean {
    const { replayEvents, replayBytes } = this.#limits;
    return 2 * this.#events.length >= replayEvents || 2 * this.#bytes >= replayBytes;
  }

  /**
   * Lets go of the oldest event of the stream that has most, so that one that talks takes no answer
   * from one that waits; whether there was one.
   */
  letGo(): boolean {
    const by = this.#bytes > this.#limits.replayBytes ? 'bytes' : 'kept';
    let loudest = '';
    let most = 0;
    for (const [stream, own] of this.#streams) {
      if (own[by] <= most) continue;
      loudest = stream;
      most = own[by];
    }
    const at = this.#events.findIndex(({ stream }) => stream === loudest);
    const [oldest] = at < 0 ? [] : this.#events.splice(at, 1);
    const own = this.#streams.get(loudest);
    if (oldest === undefined || own === undefined) return false;
    const size = oldest.bytes.length;
    this.#bytes -= size;
    this.#room.give(size);
    own.lost = Math.max(own.lost, oldest.number);
    own.kept -= 1;
    own.bytes -= size;
    if (own.isOver && own.kept === 0) this.#streams.delete(loudest);
    return true;
  }

  /** With its session. */
  close(): void {
    this.#room.give(this.#bytes);
    this.#room.leave(this);
    this.#bytes = 0;
    this.#events = [];
    this.#streams.clear();
  }

  #id(stream: string, number: number): string {
    return `${stream}_${number}_${this.#tag}`;
  }

  /** The stream with one more event. */
  #nextOf(stream: string): Stream {
    const number = this.#next;
    this.#next += 1;
    const known = this.#streams.get(stream);
    const begun = { first: number, last: number, lost: 0, kept: 0, bytes: 0, isOver: false };
    const own = known ?? begun;
    own.last = number;
    if (known === undefined) this.#streams.set(stream, own);
    return own;
  }
}
