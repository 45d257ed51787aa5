/** Code points as ascending ranges that do not touch, both ends included. */
export type CharSet = readonly (readonly [number, number])[];

const LAST = 0x10ffff;

export const ANY_CHAR: CharSet = [[0, LAST]];
export const NEWLINE: CharSet = [[10, 10]];
export const WORD: CharSet = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
export const DIGIT: CharSet = [[0x30, 0x39]];
export const SPACE: CharSet = [
  [9, 10],
  [12, 13],
  [32, 32],
];

export function charSet(ranges: readonly (readonly [number, number])[]): CharSet {
  const sorted = [...ranges].sort((left, right) => left[0] - right[0]);
  const merged: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export function complement(set: CharSet): CharSet {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [from, to] of set) {
    if (from > next) gaps.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST) gaps.push([next, LAST]);
  return gaps;
}

export function hasChar(set: CharSet, point: number): boolean {
  return set.some(([from, to]) => point >= from && point <= to);
}

/**
 * A character for every way in which characters can stand to the sets: together they stand for all
 * of Unicode. Only characters that NFC leaves alone; undefined where there is none of a kind.
 */
export function alphabetOf(sets: readonly CharSet[]): readonly string[] | undefined {
  const starts = new Set([0, 0xd800, 0xe000]);
  for (const [from, to] of sets.flat()) starts.add(from).add(to + 1);
  const points = [...starts].filter((each) => each <= LAST).sort((left, right) => left - right);
  const kinds = new Map<string, string | undefined>();
  for (const [at, from] of points.entries()) {
    if (from === 0xd800) continue;
    const to = (points[at + 1] ?? LAST + 1) - 1;
    const kind = sets.map((set) => (hasChar(set, from) ? '1' : '0')).join('');
    const character = plainest(from, to);
    const known = kinds.get(kind);
    if (known === undefined || (character !== undefined && isPlainer(character, known))) {
      kinds.set(kind, character);
    }
  }
  const characters = [...kinds.values()];
  return characters.includes(undefined) ? undefined : (characters as readonly string[]);
}

function plainest(from: number, to: number): string | undefined {
  const start = from <= 0x61 && to >= 0x61 ? 0x61 : from < 0x20 && to >= 0x20 ? 0x20 : from;
  for (let point = start; point <= Math.min(to, start + 512); point += 1) {
    const character = String.fromCodePoint(point);
    if (character.normalize('NFC') === character) return character;
  }
  return undefined;
}

function isPlainer(one: string, other: string): boolean {
  const rank = (text: string): number => (/^[ -~]$/.test(text) ? 0 : text < '\x80' ? 1 : 2);
  return rank(one) < rank(other);
}
