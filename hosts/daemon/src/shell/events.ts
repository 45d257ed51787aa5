import type { RuntimeEventEnvelope } from '@ioi/protocol';

export type EventKind = RuntimeEventEnvelope['kind'];
type Listener = (event: RuntimeEventEnvelope) => void;
type Wanted = {
  readonly isWanted?: (event: RuntimeEventEnvelope) => boolean;
  readonly beside?: (event: RuntimeEventEnvelope) => string;
};

/** Events a late listener can still be given. */
const KEPT = 1024;
/** Of so many events that a reader has not read it is told no more than the events. */
const BEHIND = 32;
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
    for (const listener of this.#listeners) listener(event);
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
    const encoder = new TextEncoder();
    let listener: Listener = () => {};
    return new ReadableStream({
      start: (controller) => {
        const isBehind = (): boolean => (controller.desiredSize ?? 0) < -BEHIND;
        listener = (event) => {
          if (!isWanted(event)) return;
          const data = JSON.stringify(event);
          const text = `id: ${event.cursor}\nevent: ${event.kind}\ndata: ${data}\n\n`;
          // A reader that does not keep up is let go; it resumes by its last id.
          if ((controller.desiredSize ?? 0) < -KEPT) this.#drop(listener, controller);
          else controller.enqueue(encoder.encode(isBehind() ? text : beside(event) + text));
        };
        controller.enqueue(encoder.encode(': events\n\n'));
        for (const each of this.#kept) if (each.cursor > after) listener(eventOf(each));
        this.#listeners.add(listener);
      },
      cancel: () => {
        this.#listeners.delete(listener);
      },
    });
  }

  #drop(listener: Listener, controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#listeners.delete(listener);
    controller.close();
  }
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
