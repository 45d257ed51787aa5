import { LineSplitter } from '@ioi/jsonrpc';

/** The data of one server-sent event. */
export type SseData =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'too_large' };

const COLON = 0x3a;
const SPACE = 0x20;
const NEWLINE = 0x0a;
/** MCP writes one `data` line per event. */
const MOST_LINES = 4096;
/** `data` in ASCII. */
const DATA = [0x64, 0x61, 0x74, 0x61];

/**
 * Reads a `text/event-stream` (WHATWG HTML 9.2) as far as MCP uses it: the data of each event.
 * Holds at most `maxBytes` of one event. Lines end in LF or CRLF; empty lines end an event.
 */
export class SseReader {
  readonly #maxBytes: number;
  readonly #lines: LineSplitter;
  #parts: Uint8Array[] = [];
  #held = 0;
  #tooLarge = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    // Room for `data: `, so that a value of exactly the limit passes.
    const longest = maxBytes + DATA.length + 2;
    this.#lines = new LineSplitter({ maxBytes: longest, emptyLines: true });
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
    if (!DATA.every((byte, at) => line[at] === byte)) return;
    const isField = line.length === DATA.length || line[DATA.length] === COLON;
    if (!isField) return;
    const from = line[DATA.length + 1] === SPACE ? DATA.length + 2 : DATA.length + 1;
    const value = line.subarray(from);
    this.#held += value.length + 1;
    if (this.#held > this.#maxBytes + 1 || this.#parts.length >= MOST_LINES) this.#tooLarge = true;
    // Copied: a value of one byte must not keep the whole chunk it came in.
    if (!this.#tooLarge) this.#parts.push(value.slice());
  }

  #dispatch(): SseData | undefined {
    const parts = this.#parts;
    const tooLarge = this.#tooLarge;
    this.#parts = [];
    this.#held = 0;
    this.#tooLarge = false;
    if (tooLarge) return { kind: 'too_large' };
    const bytes = joinLines(parts);
    return bytes.length === 0 ? undefined : { kind: 'data', bytes };
  }
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
