import { LineSplitter } from '@ioi/jsonrpc';

/** The data of one server-sent event, and its type where it is no `message`. */
export type SseData =
  | { readonly kind: 'data'; readonly bytes: Uint8Array; readonly event?: string }
  | { readonly kind: 'too_large' };

const COLON = 0x3a;
const SPACE = 0x20;
const NEWLINE = 0x0a;
/** MCP writes one `data` line per event. */
const MOST_LINES = 4096;
/** Of a field beside the data, in bytes: such values go into headers. */
const LONGEST_FIELD = 1024;
const PRINTABLE = /^[\x21-\x7e]+$/;

/**
 * Reads a `text/event-stream` (WHATWG HTML 9.2) as far as MCP uses it: the data and type of each
 * event, and from where the stream may be resumed. Holds at most `maxBytes` of one event. Lines
 * end in LF or CRLF; empty lines end an event.
 */
export class SseReader {
  readonly #maxBytes: number;
  readonly #lines: LineSplitter;
  #parts: Uint8Array[] = [];
  #held = 0;
  #tooLarge = false;
  #event: string | undefined;
  #nextId: string | undefined;
  #lastEventId: string | undefined;
  #retryMs: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    // Room for `data: `, so that a value of exactly the limit passes.
    const longest = maxBytes + 'data: '.length;
    this.#lines = new LineSplitter({ maxBytes: longest, emptyLines: true });
  }

  /** Of the last event that had one; undefined where none is fit for a header. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** How long to wait before the stream is asked for again, where the server says so. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  push(chunk: Uint8Array): SseData[] {
    const events: SseData[] = [];
    for (const frame of this.#lines.push(chunk)) {
      if (frame.kind === 'oversized') this.#tooLarge = true;
      else if (frame.bytes.length > 0) this.#takeLine(frame.bytes);
      else {
        const event = this.#dispatch();
        if (event !== undefined) events.push(event);
      }
    }
    return events;
  }

  #takeLine(line: Uint8Array): void {
    const colon = line.indexOf(COLON);
    const name = ascii(colon < 0 ? line : line.subarray(0, colon));
    const from = line[colon + 1] === SPACE ? colon + 2 : colon + 1;
    const value = colon < 0 ? line.subarray(line.length) : line.subarray(from);
    if (name === 'data') this.#takeData(value);
    else if (name === 'event') this.#event = ascii(value);
    else if (name === 'id') this.#nextId = ascii(value);
    else if (name === 'retry') this.#takeRetry(ascii(value) ?? '');
  }

  #takeData(value: Uint8Array): void {
    this.#held += value.length + 1;
    if (this.#held > this.#maxBytes + 1 || this.#parts.length >= MOST_LINES) this.#tooLarge = true;
    // Copied: a value of one byte must not keep the whole chunk it came in.
    if (!this.#tooLarge) this.#parts.push(value.slice());
  }

  #takeRetry(digits: string): void {
    if (/^[0-9]{1,9}$/.test(digits)) this.#retryMs = Number(digits);
  }

  #dispatch(): SseData | undefined {
    const parts = this.#parts;
    const tooLarge = this.#tooLarge;
    this.#parts = [];
    this.#held = 0;
    this.#tooLarge = false;
    const event = this.#event;
    this.#event = undefined;
    const id = this.#nextId;
    this.#nextId = undefined;
    // An event without data still says how far the stream came.
    if (id !== undefined) this.#lastEventId = PRINTABLE.test(id) ? id : undefined;
    if (tooLarge) return { kind: 'too_large' };
    const bytes = joinLines(parts);
    if (bytes.length === 0) return undefined;
    return { kind: 'data', bytes, ...(event && event !== 'message' ? { event } : {}) };
  }
}

/** Bytes beyond ASCII become characters that no name or identifier here may have. */
function ascii(bytes: Uint8Array): string | undefined {
  return bytes.length > LONGEST_FIELD ? undefined : String.fromCharCode(...bytes);
}

function joinLines(lines: readonly Uint8Array[]): Uint8Array {
  const only = lines[0];
  if (only === undefined || lines.length === 1) return only ?? new Uint8Array(0);
  const joined = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, -1));
  let at = 0;
  for (const line of lines) {
    if (at > 0) joined[at - 1] = NEWLINE;
    joined.set(line, at);
    at += line.length + 1;
  }
  return joined;
}
