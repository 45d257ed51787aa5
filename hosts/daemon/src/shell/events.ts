import type { RuntimeEventEnvelope } from '@ioi/protocol';

export type EventKind = RuntimeEventEnvelope['kind'];
type Listener = (event: RuntimeEventEnvelope, text: string) => void;
type Wanted = {
  readonly isWanted?: (event: RuntimeEventEnvelope) => boolean;
  readonly beside?: (event: RuntimeEventEnvelope) => string;
};

/** Events a late listener can still be given. */
const KEPT = 1024;
/** Bytes. Whoever has so much not read, some thirty events, is told no more than the events. */
const BEHIND = 12_288;
/** And is let go with so much; it resumes by its last id. */
const UNREAD_MOST = 524_288;
/** What a person waits for comes at once; of the rest a reader is told no more often than this. */
const GATHER_MS = 16;
const AT_ONCE: readonly EventKind[] = ['approval.requested'];
/** Each takes a connection, and what it has not read yet. */
const LISTENERS_MAX = 64;

/** Mostly nobody watches: an event is made of it for whoever does. */
type Happened = {
  readonly cursor: number;
  /** Milliseconds. */
  readonly at: number;
  readonly kind: EventKind;
  readonly actorId: string;
  readonly payload: Record<string, unknown>;
  readonly receipt: string | undefined;
};

/**
 * Telemetry for people who watch: what appeared to happen, in order, with a cursor to resume
 * from. Digests and names only; receipts are the record.
 */
export class Events {
  readonly #kept: Happened[] = [];
  readonly #listeners = new Set<Listener>();
  #cursor = 0;

  emit(kind: EventKind, actorId: string, payload: Record<string, unknown>, receipt?: string): void {
    this.#cursor += 1;
    const happened = { cursor: this.#cursor, at: Date.now(), kind, actorId, payload, receipt };
    this.#kept.push(happened);
    if (this.#kept.length > KEPT) this.#kept.shift();
    if (this.#listeners.size === 0) return;
    const event = eventOf(happened);
    const text = textOf(event);
    for (const listener of this.#listeners) listener(event, text);
  }

  /** Who follows now. */
  get followers(): number {
    return this.#listeners.size;
  }

  /**
   * Server-sent events after a cursor, until the reader goes away; undefined for one too many.
   * `beside`: what else this reader is told where an event comes, which nobody resumes from.
   */
  stream(
    after: number,
    { isWanted = () => true, beside = () => '' }: Wanted = {},
  ): ReadableStream<Uint8Array> | undefined {
    if (this.#listeners.size >= LISTENERS_MAX) return undefined;
    let listener: Listener = () => {};
    let gathered: Gathered | undefined;
    const strategy = { highWaterMark: 0, size: (piece?: Uint8Array) => piece?.byteLength ?? 0 };
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const own = new Gathered(controller);
          gathered = own;
          listener = (event, text) => {
            if (!isWanted(event)) return;
            if (own.unread > UNREAD_MOST) {
              this.#listeners.delete(listener);
              own.close();
              return;
            }
            const all = own.unread > BEHIND ? text : beside(event) + text;
            own.tell(all, AT_ONCE.includes(event.kind));
          };
          this.#listeners.add(listener);
          own.tell(': events\n\n', true);
          for (const each of this.#kept) {
            if (each.cursor <= after || !this.#listeners.has(listener)) continue;
            const event = eventOf(each);
            listener(event, textOf(event));
          }
          own.flush();
        },
        cancel: () => {
          this.#listeners.delete(listener);
          gathered?.drop();
        },
      },
      strategy,
    );
  }
}

/** The first comes at once, and what follows it within a moment together. */
class Gathered {
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #waiting = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(controller: ReadableStreamDefaultController<Uint8Array>) {
    this.#controller = controller;
  }

  /** Bytes. */
  get unread(): number {
    return this.#waiting.length - (this.#controller.desiredSize ?? 0);
  }

  tell(text: string, isAtOnce: boolean): void {
    this.#waiting += text;
    if (isAtOnce || this.#timer === undefined) this.flush();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting === '') return;
    this.#controller.enqueue(this.#encoder.encode(this.#waiting));
    this.#waiting = '';
    this.#timer = setTimeout(() => this.flush(), GATHER_MS);
  }

  /** What was told until now is still read. */
  close(): void {
    this.flush();
    this.drop();
    this.#controller.close();
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#waiting = '';
  }
}

function textOf(event: RuntimeEventEnvelope): string {
  return `id: ${event.cursor}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}

function eventOf({ cursor, at, kind, actorId, payload, receipt }: Happened): RuntimeEventEnvelope {
  return {
    event_id: `evt_${cursor}`,
    kind,
    timestamp: new Date(at).toISOString(),
    actor_id: actorId,
    privacy_class: 'internal',
    redaction_status: 'hash_only',
    payload,
    ...(receipt === undefined ? {} : { receipt_ref: `receipt://${receipt}` }),
    cursor: String(cursor),
    terminal: kind === 'receipt.emitted',
  };
}
