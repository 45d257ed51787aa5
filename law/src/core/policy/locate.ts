/** Where a value stands in a text, and the name it has there if it is a member. */
export type Span = { readonly start: number; readonly end: number; readonly name?: number };

type Wanted = { pointer?: string; readonly steps: Map<string, Wanted> };

/**
 * Finds RFC 6901 pointers in a text that is known to be valid JSON without duplicate names.
 * Reads the text once, however many pointers there are, and skips what nobody asked about.
 */
export function locate(text: string, pointers: readonly string[]): ReadonlyMap<string, Span> {
  const root: Wanted = { steps: new Map() };
  for (const pointer of pointers) want(root, pointer);
  const found = new Map<string, Span>();
  readValue({ text, at: skipSpace(text, 0), found }, root);
  return found;
}

/** Line and column of each offset, both from 1. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

export function positionOf(
  offset: number,
  starts: readonly number[],
): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

function want(root: Wanted, pointer: string): void {
  let node = root;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    let next = node.steps.get(name);
    if (next === undefined) {
      next = { steps: new Map() };
      node.steps.set(name, next);
    }
    node = next;
  }
  node.pointer = pointer;
}

type Scan = { readonly text: string; at: number; readonly found: Map<string, Span> };

function readValue(scan: Scan, wanted: Wanted, name?: number): void {
  const start = scan.at;
  const opener = scan.text[start];
  if (wanted.steps.size === 0 || (opener !== '{' && opener !== '[')) skipValue(scan);
  else readChildren(scan, wanted, opener === '{');
  if (wanted.pointer === undefined) return;
  const span = { start, end: scan.at };
  scan.found.set(wanted.pointer, name === undefined ? span : { ...span, name });
}

function readChildren(scan: Scan, wanted: Wanted, isObject: boolean): void {
  advance(scan, 1);
  for (let index = 0; !isCloser(scan.text[scan.at]); index += 1) {
    let step = String(index);
    let name: number | undefined;
    if (isObject) {
      name = scan.at;
      skipString(scan);
      step = JSON.parse(scan.text.slice(name, scan.at)) as string;
      advance(scan, 0);
      advance(scan, 1);
    }
    const child = wanted.steps.get(step);
    if (child === undefined) skipValue(scan);
    else readValue(scan, child, name);
    advance(scan, 0);
    if (scan.text[scan.at] === ',') advance(scan, 1);
  }
  scan.at += 1;
}

function skipValue(scan: Scan): void {
  let depth = 0;
  for (;;) {
    const character = scan.text[scan.at];
    if (character === undefined) return;
    if (character === '"') {
      skipString(scan);
      if (depth === 0) return;
      continue;
    }
    if (depth === 0 && (isCloser(character) || ', \t\n\r'.includes(character))) return;
    scan.at += 1;
    if (character === '{' || character === '[') depth += 1;
    else if (isCloser(character)) {
      depth -= 1;
      if (depth === 0) return;
    }
  }
}

function skipString(scan: Scan): void {
  for (scan.at += 1; scan.at < scan.text.length; scan.at += 1) {
    const character = scan.text[scan.at];
    if (character === '\\') scan.at += 1;
    else if (character === '"') break;
  }
  scan.at += 1;
}

function isCloser(character: string | undefined): boolean {
  return character === '}' || character === ']' || character === undefined;
}

function advance(scan: Scan, by: number): void {
  scan.at = skipSpace(scan.text, scan.at + by);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text[at] ?? '')) at += 1;
  return at;
}
