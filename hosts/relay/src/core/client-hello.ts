/** What is not there yet, or is no beginning of TLS (RFC 8446 4.1.2, 5.1; RFC 6066 3). */
export type ServerName =
  | { readonly kind: 'more' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'none' };

const HANDSHAKE = 0x16;
const MAJOR = 3;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const RECORD_HEAD = 5;
const HANDSHAKE_HEAD = 4;
/** Longer than any browser's, also with keys that withstand quantum computers. */
const MOST_HELLO_BYTES = 16 * 1024;
const VERSION_AND_RANDOM = 34;

/** The name that a client asks for, from the first bytes it sends. Nothing of it is believed. */
export function serverNameIn(bytes: Uint8Array): ServerName {
  const hello = helloIn(bytes);
  if (hello === 'more') return { kind: 'more' };
  const name = hello === 'none' ? undefined : nameIn(new Reader(hello));
  return name === undefined ? { kind: 'none' } : { kind: 'name', name };
}

/**
 * The body of the first handshake message, which may stand in several records. Asked anew with
 * every byte that comes, so records are counted through before any is copied.
 */
function helloIn(bytes: Uint8Array): Uint8Array | 'more' | 'none' {
  let wanted = HANDSHAKE_HEAD;
  let held = 0;
  let at = 0;
  while (held < wanted) {
    const type = bytes[at] ?? HANDSHAKE;
    const major = bytes[at + 1] ?? MAJOR;
    if (type !== HANDSHAKE || major !== MAJOR) return 'none';
    if (bytes.length < at + RECORD_HEAD) return 'more';
    const length = lengthAt(bytes, at);
    // The head of the message stands in the first record: nobody cuts it smaller.
    if (length === 0 || (at === 0 && length < HANDSHAKE_HEAD)) return 'none';
    if (at + length > MOST_HELLO_BYTES) return 'none';
    if (at === 0) {
      const whole = wantedOf(bytes.subarray(RECORD_HEAD));
      if (whole === 'none') return 'none';
      wanted = whole ?? wanted;
    }
    at += RECORD_HEAD + length;
    if (bytes.length < at) return 'more';
    held += length;
  }
  return joined(bytes.subarray(0, at), held).subarray(HANDSHAKE_HEAD, wanted);
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return (bytes[at + 3] ?? 0) * 256 + (bytes[at + 4] ?? 0);
}

/** How long the message is with its head; undefined before that is there. */
function wantedOf(message: Uint8Array): number | undefined | 'none' {
  if (message.length < HANDSHAKE_HEAD) return undefined;
  const [type, high = 0, middle = 0, low = 0] = message;
  const wanted = HANDSHAKE_HEAD + high * 65_536 + middle * 256 + low;
  return type === CLIENT_HELLO && wanted <= MOST_HELLO_BYTES ? wanted : 'none';
}

function nameIn(hello: Reader): string | undefined {
  hello.skip(VERSION_AND_RANDOM);
  hello.skip(hello.number(1));
  hello.skip(hello.number(2));
  hello.skip(hello.number(1));
  const extensions = new Reader(hello.take(hello.number(2)));
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const body = extensions.take(extensions.number(2));
    if (type !== SERVER_NAME || extensions.isShort) continue;
    const names = new Reader(body);
    names.skip(2);
    const kind = names.number(1);
    const text = names.take(names.number(2));
    const isWhole = !hello.isShort && !names.isShort && kind === 0 && names.left === 0;
    return isWhole ? String.fromCharCode(...text).toLowerCase() : undefined;
  }
  return undefined;
}

/** Reads on; past the end it gives zeros and nothing, and says so. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  isShort = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  number(size: number): number {
    return this.take(size).reduce((sum, each) => sum * 256 + each, 0);
  }

  take(size: number): Uint8Array {
    if (size > this.left) this.isShort = true;
    const taken = this.#bytes.subarray(this.#at, this.#at + size);
    this.#at = Math.min(this.#at + size, this.#bytes.length);
    return taken;
  }

  skip(size: number): void {
    this.take(size);
  }
}

/** What whole records carry. */
function joined(records: Uint8Array, size: number): Uint8Array {
  const all = new Uint8Array(size);
  let filled = 0;
  for (let at = 0; at < records.length; ) {
    const from = at + RECORD_HEAD;
    at = from + lengthAt(records, at);
    all.set(records.subarray(from, at), filled);
    filled += at - from;
  }
  return all;
}
