import { decodeUtf8 } from '@ioi/basis';

/** The head of an object in a pack (git's `pack-format`). */
export type PackEntry = {
  readonly kind: 'commit' | 'tree' | 'blob' | 'tag' | 'offset_delta' | 'named_delta';
  /** Of what follows, when it is unpacked. */
  readonly size: number;
  /** Of its head. */
  readonly length: number;
  /** Of `offset_delta`: how far before it the other begins. */
  readonly back?: number;
  /** Of `named_delta`. */
  readonly base?: string;
};

export type Commit = {
  readonly tree: string;
  readonly parents: readonly string[];
  /** Name and address, as it says them; empty where that is no text. */
  readonly author: string;
  readonly isSigned: boolean;
};

const KINDS: Readonly<Record<number, PackEntry['kind']>> = {
  1: 'commit',
  2: 'tree',
  3: 'blob',
  4: 'tag',
  6: 'offset_delta',
  7: 'named_delta',
};
const LARGEST = 2 ** 31;
const NEWLINE = 0x0a;
const SIGNATURE = /^gpgsig(-sha256)? \S/;
const AUTHOR = /^author (.*>)/;
const SHORTEST = 'gpgsig x'.length;

/** Undefined where it is none. */
export function readEntry(bytes: Uint8Array, at: number, digits: 40 | 64): PackEntry | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const kind = KINDS[(first >> 4) & 7];
  const rest = first < 0x80 ? { value: 0, next: at + 1 } : readSize(bytes, at + 1);
  if (kind === undefined || rest === undefined) return undefined;
  const size = rest.value * 16 + (first & 15);
  const { next } = rest;
  if (size > LARGEST) return undefined;
  if (kind === 'named_delta') {
    const name = bytes.subarray(next, next + digits / 2);
    if (name.length < digits / 2) return undefined;
    return { kind, size, length: next + digits / 2 - at, base: hexOf(name) };
  }
  if (kind !== 'offset_delta') return { kind, size, length: next - at };
  let back = -1;
  for (let to = next; to < next + 8; to += 1) {
    const byte = bytes[to];
    if (byte === undefined) return undefined;
    back = (back + 1) * 128 + (byte & 127);
    if (byte < 0x80) return { kind, size, length: to + 1 - at, back };
  }
  return undefined;
}

/** How large a delta says that it makes another object. */
export function madeSize(delta: Uint8Array): number | undefined {
  const from = readSize(delta, 0);
  return from && readSize(delta, from.next)?.value;
}

/** What a delta makes of another object; undefined where it does not fit it. */
export function applyDelta(
  base: Uint8Array,
  delta: Uint8Array,
  most: number,
): Uint8Array | undefined {
  const from = readSize(delta, 0);
  const to = from && readSize(delta, from.next);
  if (from?.value !== base.length || to === undefined || to.value > most) return undefined;
  const made = new Uint8Array(to.value);
  let size = 0;
  for (let at = to.next; at < delta.length; ) {
    const step = stepAt(delta, at);
    const source = step?.isCopy ? base : delta;
    if (step === undefined || step.from + step.size > source.length) return undefined;
    if (size + step.size > made.length) return undefined;
    made.set(source.subarray(step.from, step.from + step.size), size);
    size += step.size;
    at = step.next;
  }
  return size === made.length ? made : undefined;
}

/** As git reads it: parents stand behind the tree, what else its head says behind them. */
export function readCommit(bytes: Uint8Array): Commit | undefined {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, at);
    if (end < 0 || end === at) break;
    // Names of people may be in any encoding; what is looked for here is ASCII.
    // A short one is none of what is looked for, and there may be many.
    lines.push(end - at < SHORTEST ? '' : (decodeUtf8(bytes.subarray(at, end)) ?? ''));
    at = end + 1;
  }
  const [tree = '', ...rest] = lines;
  if (!/^tree [0-9a-f]{40,64}$/.test(tree)) return undefined;
  const others = rest.findIndex((line) => !/^parent [0-9a-f]{40,64}$/.test(line));
  const head = others < 0 ? rest.length : others;
  const parents = rest.slice(0, head).map((line) => line.slice('parent '.length));
  const said = rest.slice(head);
  const [, author = ''] = AUTHOR.exec(said.find((line) => AUTHOR.test(line)) ?? '') ?? [];
  const isSigned = said.some((line) => SIGNATURE.test(line));
  return { tree: tree.slice('tree '.length), parents, author, isSigned };
}

type Step = {
  readonly isCopy: boolean;
  readonly from: number;
  readonly size: number;
  readonly next: number;
};

/** Copies a piece of the other object, or what stands here. */
function stepAt(delta: Uint8Array, at: number): Step | undefined {
  const code = delta[at] ?? 0;
  if (code === 0) return undefined;
  if (code < 0x80) return { isCopy: false, from: at + 1, size: code, next: at + 1 + code };
  let next = at + 1;
  const numberOf = (bits: readonly number[]): number => {
    let value = 0;
    for (const [place, bit] of bits.entries()) {
      if ((code & bit) === 0) continue;
      value += (delta[next] ?? 0) * 256 ** place;
      next += 1;
    }
    return value;
  };
  const from = numberOf([1, 2, 4, 8]);
  const size = numberOf([16, 32, 64]) || 0x10000;
  return { isCopy: true, from, size, next };
}

/** Seven bits in each byte, the lowest first. */
function readSize(bytes: Uint8Array, from: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let at = from; at < from + 7; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value += (byte & 127) * 128 ** (at - from);
    if (byte < 0x80) return { value, next: at + 1 };
  }
  return undefined;
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
