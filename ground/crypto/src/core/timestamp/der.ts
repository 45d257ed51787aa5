/** One value of DER (X.690 10): its tag, what it holds, and all of its bytes. */
export type Der = {
  readonly tag: number;
  readonly body: Uint8Array;
  readonly bytes: Uint8Array;
};

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const OCTETS = 0x04;
const NULL = 0x05;
export const OBJECT_ID = 0x06;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;

const LONG_TAG = 0x1f;

/** A tag of the context, for what is constructed. */
export function contextTag(number: number): number {
  return 0xa0 + number;
}

/** What these bytes are and nothing after it; lengths have their one spelling. */
export function readDer(bytes: Uint8Array): Der | undefined {
  const first = readFirst(bytes);
  return first?.bytes.length === bytes.length ? first : undefined;
}

/** What a constructed value holds, all of it, or undefined where it is broken. */
function itemsIn(body: Uint8Array): readonly Der[] | undefined {
  const items: Der[] = [];
  for (let at = 0; at < body.length; ) {
    const item = readFirst(body.subarray(at));
    if (!item) return undefined;
    items.push(item);
    at += item.bytes.length;
  }
  return items;
}

/** The items of a value of this tag; none of another one. */
export function itemsOf(value: Der | undefined, tag: number): readonly Der[] | undefined {
  return value?.tag === tag ? itemsIn(value.body) : undefined;
}

export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const lengths: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) lengths.unshift(rest % 256);
  const head = size < 128 ? [tag, size] : [tag, 0x80 + lengths.length, ...lengths];
  const bytes = new Uint8Array(head.length + size);
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A number that is not negative, from its bytes. */
export function derInteger(magnitude: Uint8Array): Uint8Array {
  const from = magnitude.findIndex((byte) => byte !== 0);
  const digits = from < 0 ? new Uint8Array(1) : magnitude.subarray(from);
  const isNegative = (digits[0] ?? 0) >= 0x80;
  return isNegative ? der(INTEGER, new Uint8Array(1), digits) : der(INTEGER, digits);
}

export function derNull(): Uint8Array {
  return der(NULL);
}

/** `1.2.840.113549` and so on. */
export function derObjectId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arcs = [first * 40 + second, ...rest];
  const bytes = arcs.flatMap((arc) => {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      digits.unshift(0x80 + (left % 128));
    }
    return digits;
  });
  return der(OBJECT_ID, new Uint8Array(bytes));
}

/** Whether this is the object identifier. */
export function isObjectId(value: Der | undefined, dotted: string): boolean {
  return value !== undefined && sameBytes(value.bytes, derObjectId(dotted));
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function readFirst(bytes: Uint8Array): Der | undefined {
  const [tag, short] = bytes;
  if (tag === undefined || short === undefined || tag % 32 === LONG_TAG) return undefined;
  const count = short < 0x80 ? 0 : short - 0x80;
  // Four bytes hold every length there is here; none stands for one that is not told.
  if (short === 0x80 || count > 4 || bytes.length < 2 + count) return undefined;
  const lengths = bytes.subarray(2, 2 + count);
  const size = count === 0 ? short : lengths.reduce((sum, byte) => sum * 256 + byte, 0);
  const isShortest = count === 0 || (size >= 128 && lengths[0] !== 0);
  const end = 2 + count + size;
  if (!isShortest || end > bytes.length) return undefined;
  return { tag, body: bytes.subarray(2 + count, end), bytes: bytes.subarray(0, end) };
}
