/** Numbers and byte strings by number: all there is in a COSE key that is read here. */
export type CborMap = ReadonlyMap<number, number | Uint8Array>;

type Item = { readonly value: number | Uint8Array; readonly next: number };

const MOST_PAIRS = 16;

/** The map at the start of these bytes (RFC 8949 3); undefined if it holds anything else. */
export function readCborMap(bytes: Uint8Array): CborMap | undefined {
  const head = readHead(bytes, 0);
  if (head === undefined || head.kind !== 5 || head.argument > MOST_PAIRS) return undefined;
  const map = new Map<number, number | Uint8Array>();
  let at = head.next;
  for (let pair = 0; pair < head.argument; pair += 1) {
    const key = readItem(bytes, at);
    const value = key && readItem(bytes, key.next);
    if (key === undefined || value === undefined || typeof key.value !== 'number') return undefined;
    if (map.has(key.value)) return undefined;
    map.set(key.value, value.value);
    at = value.next;
  }
  return map;
}

function readItem(bytes: Uint8Array, at: number): Item | undefined {
  const head = readHead(bytes, at);
  if (head === undefined) return undefined;
  const { kind, argument, next } = head;
  if (kind === 0) return { value: argument, next };
  if (kind === 1) return { value: -1 - argument, next };
  const end = next + argument;
  if (kind !== 2 || end > bytes.length) return undefined;
  return { value: bytes.slice(next, end), next: end };
}

function readHead(
  bytes: Uint8Array,
  at: number,
): { readonly kind: number; readonly argument: number; readonly next: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const [kind, short] = [first >> 5, first & 31];
  if (short < 24) return { kind, argument: short, next: at + 1 };
  const size = short === 24 ? 1 : short === 25 ? 2 : 0;
  if (size === 0 || at + size >= bytes.length) return undefined;
  const argument = bytes.subarray(at + 1, at + 1 + size).reduce((all, byte) => all * 256 + byte, 0);
  return { kind, argument, next: at + 1 + size };
}
