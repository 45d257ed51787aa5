import type { HttpLimits } from './limits.ts';

export type KeptEvent = {
  readonly id: string;
  readonly stream: string;
  readonly line: string;
  readonly last: boolean;
};

/** The last events of a session's streams, for readers that come back (MCP 2025-11-25). */
export class EventLog {
  readonly #limits: HttpLimits;
  readonly #events: KeptEvent[] = [];
  #bytes = 0;
  #next = 1;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
  }

  /** Names the event, and keeps it for a while. */
  add(stream: string, line: string, last: boolean): string {
    const id = this.nameAfter(stream);
    this.#events.push({ id, stream, line, last });
    this.#bytes += line.length;
    const { replayEvents, replayBytes } = this.#limits;
    while (this.#events.length > replayEvents || this.#bytes > replayBytes) {
      this.#bytes -= this.#events.shift()?.line.length ?? 0;
    }
    return id;
  }

  /** The name of an event that carries nothing: where a reader begins. */
  nameAfter(stream: string): string {
    const id = `${stream}_${this.#next}`;
    this.#next += 1;
    return id;
  }

  /** What came on the same stream after the event of this name, in order. */
  after(id: string): { readonly stream: string; readonly events: readonly KeptEvent[] } {
    const [stream = '', number = ''] = id.split('_');
    const events = this.#events.filter(
      (each) => each.stream === stream && numberOf(each.id) > Number(number),
    );
    return { stream, events };
  }
}

function numberOf(id: string): number {
  return Number(id.slice(id.indexOf('_') + 1));
}
