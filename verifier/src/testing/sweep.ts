import { type Finding, verify } from '../core/index.ts';

/** One way to alter an export, by name, and the file that results. */
export type Alteration = { readonly name: string; readonly bytes: Uint8Array };

/** An altered file that was not refused. */
export type Accepted = { readonly name: string };

export type SweepResult = {
  readonly tried: number;
  /** None, or the verifier is broken. */
  readonly accepted: readonly Accepted[];
  /** How often each code was the verdict. */
  readonly codes: ReadonlyMap<Finding['code'], number>;
};

const LINE_FEED = 0x0a;

/** Verifies every altered file; each must be refused. */
export function sweep(alterations: Iterable<Alteration>): SweepResult {
  const accepted: Accepted[] = [];
  const codes = new Map<Finding['code'], number>();
  let tried = 0;
  for (const { name, bytes } of alterations) {
    tried += 1;
    const report = verify([bytes]);
    if (report.ok) accepted.push({ name });
    else {
      const { code } = report.findings[0];
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  }
  return { tried, accepted, codes };
}

/** The file with one byte changed, at each of these positions; `flip` is never 0. */
export function* changedBytes(
  file: Uint8Array,
  positions: Iterable<number>,
  flip: (position: number) => number,
): Generator<Alteration> {
  for (const position of positions) {
    const bytes = file.slice();
    const mask = flip(position) & 0xff || 0x01;
    bytes[position] = (file[position] ?? 0) ^ mask;
    yield { name: `byte ${position} xor ${mask}`, bytes };
  }
}

/** The longest word that is looked at letter by letter, and how many letters of others are not. */
const SHORT_WORD = 24;
const SKIPPED = 8;
const WORD = /[A-Za-z0-9+/=_-]+/g;

/**
 * Every position, but in what is long and without spaces (keys, signatures, hashes) every eighth,
 * and the last four, where encodings can have several forms.
 */
export function tellingPositions(file: Uint8Array): number[] {
  const skipped = new Set<number>();
  // Latin 1 has a character for each byte, so that places in the text are positions.
  for (const { 0: word, index } of new TextDecoder('latin1').decode(file).matchAll(WORD)) {
    if (word.length <= SHORT_WORD) continue;
    for (let at = 0; at < word.length - 4; at += 1) if (at % SKIPPED > 0) skipped.add(index + at);
  }
  return [...file.keys()].filter((position) => !skipped.has(position));
}

/** Without each line, with each line twice, with each two neighbours in the other order. */
export function* changedLines(file: Uint8Array): Generator<Alteration> {
  const lines = linesOf(file);
  for (const [index, line] of lines.entries()) {
    const before = lines.slice(0, index);
    const after = lines.slice(index + 1);
    yield { name: `line ${index + 1} dropped`, bytes: joined([...before, ...after]) };
    yield { name: `line ${index + 1} twice`, bytes: joined([...before, line, line, ...after]) };
    const [next, ...rest] = after;
    if (!next) continue;
    const name = `lines ${index + 1} and ${index + 2} swapped`;
    yield { name, bytes: joined([...before, next, line, ...rest]) };
  }
}

/** Cut off at each of these sizes, and before and after every line feed. */
export function* truncations(file: Uint8Array, sizes: Iterable<number>): Generator<Alteration> {
  const all = new Set(sizes);
  for (const [index, byte] of file.entries()) {
    if (byte !== LINE_FEED) continue;
    all.add(index);
    all.add(index + 1);
  }
  for (const size of all) {
    if (size < file.length) yield { name: `cut at ${size}`, bytes: file.subarray(0, size) };
  }
}

/** Each line with its line feed. */
function linesOf(file: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < file.length; ) {
    const end = file.indexOf(LINE_FEED, from) + 1 || file.length;
    lines.push(file.subarray(from, end));
    from = end;
  }
  return lines;
}

function joined(lines: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(lines.reduce((size, line) => size + line.length, 0));
  let at = 0;
  for (const line of lines) {
    bytes.set(line, at);
    at += line.length;
  }
  return bytes;
}
