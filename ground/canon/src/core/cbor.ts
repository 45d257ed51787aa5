import { assert, encodeUtf8 } from '@ioi/basis';

/** What deterministic CBOR is made of here: no floats, no indefinite lengths. */
export type Cbor =
  | number
  | string
  | null
  | Uint8Array
  | readonly Cbor[]
  | ReadonlyMap<number | string, Cbor>
  | CborTag;

/** A value under a tag (RFC 8949 3.4). */
export class CborTag {
  readonly tag: number;
  readonly value: Cbor;

  constructor(tag: number, value: Cbor) {
    this.tag = tag;
    this.value = value;
  }
}

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const NULL = new Uint8Array([0xf6]);

/** RFC 8949 4.2.1: shortest heads, definite lengths, map keys in the order of their bytes. */
export function cborBytes(value: Cbor): Uint8Array {
  if (value === null) return NULL;
  if (typeof value === 'number') {
    assert(Number.isSafeInteger(value), 'numbers are whole and exact');
    return value < 0 ? head(NEGATIVE, -1 - value) : head(UNSIGNED, value);
  }
  if (typeof value === 'string') {
    const bytes = encodeUtf8(value);
    return joined([head(TEXT, bytes.length), bytes]);
  }
  if (value instanceof Uint8Array) return joined([head(BYTES, value.length), value]);
  if (value instanceof CborTag) return joined([head(TAG, value.tag), cborBytes(value.value)]);
  if (value instanceof Map) return mapBytes(value);
  const items = value as readonly Cbor[];
  return joined([head(ARRAY, items.length), ...items.map(cborBytes)]);
}

function mapBytes(map: ReadonlyMap<number | string, Cbor>): Uint8Array {
  const pairs = [...map].map(([key, value]) => ({ key: cborBytes(key), value: cborBytes(value) }));
  pairs.sort((a, b) => compareBytes(a.key, b.key));
  return joined([head(MAP, pairs.length), ...pairs.flatMap(({ key, value }) => [key, value])]);
}

/** Major type and argument, in as few bytes as it takes. */
function head(major: number, argument: number): Uint8Array {
  const type = major * 32;
  if (argument < 24) return new Uint8Array([type + argument]);
  const size = [1, 2, 4, 8].find((each) => argument < 2 ** (8 * each)) ?? 8;
  const bytes = new Uint8Array(1 + size);
  bytes[0] = type + 24 + Math.log2(size);
  let rest = BigInt(argument);
  for (let at = size; at > 0; at -= 1) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
