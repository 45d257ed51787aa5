import { decodeUtf8, encodeUtf8 } from '@ioi/basis';

/** One string of the wire form (RFC 4251 5): its length, then its bytes. */
export function sshString(content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === 'string' ? encodeUtf8(content) : content;
  return sshJoined(sshNumber(bytes.length), bytes);
}

/** A `uint32`. */
export function sshNumber(value: number): Uint8Array {
  const whole = new Uint8Array(4);
  new DataView(whole.buffer).setUint32(0, value);
  return whole;
}

/** An `mpint` that is not negative: no zeros in front, but where a bit would be its sign. */
export function sshPositive(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((each) => each !== 0);
  const digits = start === -1 ? new Uint8Array(0) : bytes.subarray(start);
  const isSigned = (digits[0] ?? 0) >= 0x80;
  return sshString(isSigned ? sshJoined(Uint8Array.of(0), digits) : digits);
}

export function sshJoined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Reads the wire form in order; all is undefined from the first that is not whole. */
export class SshFields {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    // A copy: of a view on more bytes, slices would be views as well.
    this.#bytes = new Uint8Array(bytes);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number | undefined {
    return this.plain(1)?.[0];
  }

  number(): number | undefined {
    const bytes = this.plain(4);
    return bytes && new DataView(bytes.buffer).getUint32(0);
  }

  bytes(): Uint8Array | undefined {
    const length = this.number();
    return length === undefined ? undefined : this.plain(length);
  }

  text(): string | undefined {
    const bytes = this.bytes();
    return bytes && decodeUtf8(bytes);
  }

  /** So many bytes without a length before them. */
  plain(length: number): Uint8Array | undefined {
    this.#at += length;
    if (this.#at > this.#bytes.length) return undefined;
    return this.#bytes.slice(this.#at - length, this.#at);
  }
}

/** Whether both are the same bytes; of what is public alone. */
export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((each, at) => each === other[at]);
}
