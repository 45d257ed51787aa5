import { decodeUtf8, encodeUtf8, err, ok, type Result } from '@ioi/basis';

/** A message of protocol 3.0 with its type; those that begin a connection have none. */
export type Message = {
  readonly type: string;
  readonly body: Uint8Array;
  /** With type and length, as it came: what nothing is changed in goes on without a copy. */
  readonly bytes: Uint8Array;
};

export type WireFault = { readonly code: 'bridge.malformed'; readonly message: string };

/** Type and length. */
export const HEADER = 5;

/** Cuts a stream into messages; refuses a long one before its body is held. */
export class MessageReader {
  readonly #most: number;
  #held: Uint8Array[] = [];
  #size = 0;
  /** The first messages of a connection have no type. */
  #hasType: boolean;

  constructor(most: number, hasType: boolean) {
    this.#most = most;
    this.#hasType = hasType;
  }

  push(chunk: Uint8Array): void {
    this.#held.push(chunk);
    this.#size += chunk.length;
  }

  /** From here on every message has one. */
  expectTypes(): void {
    this.#hasType = true;
  }

  /** What came and is not yet a message. */
  get rest(): Uint8Array {
    return this.#joined();
  }

  /** Undefined until a whole message is there. */
  next(): Result<Message | undefined, WireFault> {
    const header = this.#hasType ? HEADER : HEADER - 1;
    if (this.#size < header) return ok(undefined);
    const held = this.#joined();
    const length = int32At(held, header - 4);
    if (length < 4 || length > this.#most) {
      return malformed(`a message of ${length} bytes; at most ${this.#most} are taken`);
    }
    const end = header - 4 + length;
    if (this.#size < end) return ok(undefined);
    this.#held = held.length === end ? [] : [held.subarray(end)];
    this.#size -= end;
    const type = this.#hasType ? String.fromCharCode(held[0] ?? 0) : '';
    return ok({ type, body: held.subarray(header, end), bytes: held.subarray(0, end) });
  }

  #joined(): Uint8Array {
    const [only] = this.#held;
    if (this.#held.length === 1 && only) return only;
    const whole = joinBytes(this.#held);
    this.#held = [whole];
    return whole;
  }
}

/** Reads the parts of a body in their order; a part that is not there makes it malformed. */
export class BodyReader {
  readonly #body: Uint8Array;
  #at = 0;

  constructor(body: Uint8Array) {
    this.#body = body;
  }

  /** A text up to its zero, or undefined. */
  text(): string | undefined {
    const end = this.#body.indexOf(0, this.#at);
    if (end < 0) return undefined;
    if (end === this.#at) {
      this.#at += 1;
      return '';
    }
    const text = decodeUtf8(this.#body.subarray(this.#at, end));
    this.#at = end + 1;
    return text;
  }

  int16(): number | undefined {
    if (this.#at + 2 > this.#body.length) return undefined;
    const value = ((this.#body[this.#at] ?? 0) << 8) | (this.#body[this.#at + 1] ?? 0);
    this.#at += 2;
    return value;
  }

  int32(): number | undefined {
    if (this.#at + 4 > this.#body.length) return undefined;
    const value = int32At(this.#body, this.#at);
    this.#at += 4;
    return value;
  }

  get rest(): Uint8Array {
    return this.#body.subarray(this.#at);
  }
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function messageOf(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(HEADER + size);
  whole[0] = type.charCodeAt(0);
  putInt32(whole, 1, size + 4);
  let at = HEADER;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function textPart(text: string): Uint8Array {
  return encodeUtf8(`${text}\0`);
}

export function int32Part(value: number): Uint8Array {
  const part = new Uint8Array(4);
  putInt32(part, 0, value);
  return part;
}

export function int16Part(value: number): Uint8Array {
  const part = new Uint8Array(2);
  part[0] = value >>> 8;
  part[1] = value;
  return part;
}

/** A statement from its text to its rows, as messages; texts as results. */
export function statementMessages(sql: string): Uint8Array[] {
  return [
    messageOf('P', textPart(''), textPart(sql), int16Part(0)),
    messageOf('B', textPart(''), textPart(''), new Uint8Array(6)),
    messageOf('D', textPart('P')),
    messageOf('E', textPart(''), int32Part(0)),
  ];
}

/** Statements that make an engine's settings a session's, each by itself: none hides another. */
export function settingMessages(settings: string): Uint8Array {
  const statements = ['RESET ALL', ...settings.split('\0').filter((each) => each !== '')];
  return joinBytes([...statements.flatMap(statementMessages), messageOf('S')]);
}

/** By hand: a view made for each message costs more than it reads. */
export function int32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
  return high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

function putInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function malformed(message: string): Result<never, WireFault> {
  return err({ code: 'bridge.malformed', message });
}
