import type { Asked, Turn } from './script.ts';

/** A request of an agent to its model, and what is answered. */
export type ModelRequest = {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: unknown;
};

export type ModelAnswer = {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
};

/** One of the formats in which agents speak with models. */
export type WireFormat = {
  readonly speaks: (path: string) => boolean;
  readonly read: (request: ModelRequest) => Asked;
  readonly answer: (turn: Turn, asked: Asked) => ModelAnswer;
};

/** An event of a stream; most formats name it. */
export type StreamEvent = { readonly event?: string; readonly data: unknown };

const JSON_TYPE = 'application/json';

export function jsonAnswer(value: unknown, status = 200): ModelAnswer {
  return { status, contentType: JSON_TYPE, body: JSON.stringify(value) };
}

/** Server-sent events, whole: the HTML standard, 9.2. */
export function streamAnswer(events: readonly StreamEvent[]): ModelAnswer {
  const lines = events.map(({ event, data }) => {
    const named = event === undefined ? '' : `event: ${event}\n`;
    return `${named}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
  });
  return { status: 200, contentType: 'text/event-stream', body: lines.join('') };
}
