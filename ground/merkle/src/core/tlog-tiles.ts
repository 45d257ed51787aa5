import { assert, BoundedMap, err, ok, type Result } from '@ioi/basis';
import type { MerkleError } from './codes.ts';
import { HASH_SIZE, nodeHash } from './hashing.ts';
import type { NodeReader } from './log-nodes.ts';

/** C2SP tlog-tiles: hashes, or entries, that stand beside each other, 256 or fewer at the edge. */
export type Tile = {
  /** From 0, leaf hashes, up to 63; or a bundle of entries. */
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256. */
  readonly width: number;
};

/** The bytes of a hash tile of the log, as they are stored or served. */
export type TileReader = (tile: Tile) => Uint8Array;

const WIDTH = 256;
const HEIGHT = 8;
const MAX_LEVEL = 63;
const MAX_ENTRY_SIZE = 0xffff;
// A proof goes through few tiles, and comes back to each about eight times.
const TILES_AT_HAND = 16;
const PATH =
  /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

export function tilePath({ level, index, width }: Tile): string {
  assert(isTile({ level, index, width }), 'a tile has a level, an index and 1 to 256 hashes');
  let number = threeDigits(index);
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    number = `x${threeDigits(rest)}/${number}`;
  }
  return `tile/${level}/${number}${width === WIDTH ? '' : `.p/${width}`}`;
}

/** Takes only what `tilePath` gives. */
export function parseTilePath(path: string): Result<Tile, MerkleError> {
  const [, levelText = '', numberText = '', widthText] = PATH.exec(path) ?? [];
  const level = levelText === 'entries' ? levelText : Number(levelText);
  const index = Number(numberText.replaceAll(/[x/]/g, ''));
  const width = widthText === undefined ? WIDTH : Number(widthText);
  const tile: Tile = { level, index, width };
  const isOnly = numberText !== '' && isTile(tile) && tilePath(tile) === path;
  return isOnly ? ok(tile) : malformed('this is no path of a tile');
}

/**
 * The hash tiles, full or not, that a log which grew from one size to the other has to write. The
 * entry bundles it has to write are those with the index and width of each tile of level 0.
 */
export function tilesFor(oldSize: number, newSize: number): Tile[] {
  assert(oldSize >= 0 && oldSize <= newSize, 'a log grows');
  const tiles: Tile[] = [];
  for (let level = 0; newSize >= WIDTH ** level; level += 1) {
    const [before, now] = [hashesAt(level, oldSize), hashesAt(level, newSize)];
    if (before === now) continue;
    for (let index = Math.floor(before / WIDTH); index * WIDTH < now; index += 1) {
      tiles.push({ level, index, width: Math.min(WIDTH, now - index * WIDTH) });
    }
  }
  return tiles;
}

/** The bytes of a hash tile. */
export function hashTile({ level, index, width }: Tile, nodeAt: NodeReader): Uint8Array {
  assert(level !== 'entries', 'a bundle holds entries, not hashes');
  const bytes = new Uint8Array(width * HASH_SIZE);
  for (let at = 0; at < width; at += 1) {
    bytes.set(nodeAt(level * HEIGHT, index * WIDTH + at), at * HASH_SIZE);
  }
  return bytes;
}

/**
 * Reads the nodes of a log of this size from its tiles alone. What a tile lacks is missing from
 * the hash too, so a proof from wrong or short tiles does not hold; nothing throws.
 */
export function nodesFromTiles(tileAt: TileReader, size: number): NodeReader {
  const atHand = new BoundedMap<string, Uint8Array>(TILES_AT_HAND);
  const read = (level: number, index: number): Uint8Array => {
    const name = `${level}/${index}`;
    const known = atHand.get(name);
    if (known !== undefined) return known;
    const width = Math.min(WIDTH, hashesAt(level, size) - index * WIDTH);
    const bytes = tileAt({ level, index, width });
    atHand.set(name, bytes);
    return bytes;
  };
  return (level, index) => {
    const count = 2 ** (level % HEIGHT);
    const first = index * count;
    const bytes = read(Math.floor(level / HEIGHT), Math.floor(first / WIDTH));
    return perfectRoot(bytes, first % WIDTH, count);
  };
}

/** Entries of at most 65,535 bytes, one after another, each after its length in two bytes. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Result<Uint8Array, MerkleError> {
  if (entries.length === 0 || entries.length > WIDTH) {
    return malformed('a bundle has 1 to 256 entries');
  }
  if (entries.some((entry) => entry.length > MAX_ENTRY_SIZE)) {
    return malformed(`an entry has at most ${MAX_ENTRY_SIZE} bytes`);
  }
  const bytes = new Uint8Array(entries.reduce((size, entry) => size + 2 + entry.length, 0));
  let at = 0;
  for (const entry of entries) {
    bytes[at] = entry.length >> 8;
    bytes[at + 1] = entry.length & 0xff;
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return ok(bytes);
}

/** The entries of a bundle that must hold `width` of them. */
export function decodeEntryBundle(
  bytes: Uint8Array,
  width: number,
): Result<Uint8Array[], MerkleError> {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at + 2 <= bytes.length && entries.length < width) {
    const end = at + 2 + (bytes[at] as number) * 256 + (bytes[at + 1] as number);
    entries.push(bytes.slice(at + 2, end));
    at = end;
  }
  const isWhole = at === bytes.length && entries.length === width && width > 0 && width <= WIDTH;
  return isWhole ? ok(entries) : malformed(`this is no bundle of ${width} entries`);
}

function perfectRoot(tile: Uint8Array, first: number, count: number): Uint8Array {
  if (count === 1) return tile.slice(first * HASH_SIZE, (first + 1) * HASH_SIZE);
  const half = count / 2;
  return nodeHash(perfectRoot(tile, first, half), perfectRoot(tile, first + half, half));
}

function hashesAt(level: number, size: number): number {
  return Math.floor(size / WIDTH ** level);
}

function isTile({ level, index, width }: Tile): boolean {
  const isLevel = level === 'entries' || isCountBelow(level, MAX_LEVEL + 1);
  return isLevel && isCountBelow(index, 2 ** 53) && isCountBelow(width - 1, WIDTH);
}

function isCountBelow(value: number, bound: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < bound;
}

function threeDigits(number: number): string {
  return String(number % 1000).padStart(3, '0');
}

function malformed(message: string): Result<never, MerkleError> {
  return err({ code: 'merkle.bad_encoding', message });
}
