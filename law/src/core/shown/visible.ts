/**
 * Text of others on a person's terminal. Whatever could move the cursor, hide, reorder or repaint
 * is written out as `\u{…}`: control and format characters, line and paragraph separators, blanks
 * other than the space, surrogates, unassigned code points, and letters that print nothing.
 */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\p{DI}\u2800\u115f\u1160\u3164\uffa0]|(?! )\p{Zs}/gu;
// Stacked marks climb over the lines above; a few are writing, more are paint. One that leads
// would change what was printed before it.
const STACKED = /(?<=\p{M}{3})\p{M}|^\p{M}/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One line, safe to print. A backslash is doubled, so that an escape cannot be faked. */
export function visible(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll(STACKED, escapeOf).replaceAll(UNSAFE, escapeOf);
}

function escapeOf(character: string): string {
  const known = SHORT_ESCAPES[character];
  if (known !== undefined) return known;
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** One safe line of at most `columns` columns; what is missing is said in its place. */
export function clipped(text: string, columns: number): string {
  // Longer input cannot fit, whatever its characters: it is not worth escaping.
  const line = visible(text.slice(0, columns * 2));
  if (text.length <= columns * 2 && widthOf(line) <= columns) return line;
  return `${cut(line, columns - 1)}…`;
}

/** Like `clipped`, but keeps the end: what a path is about stands there. */
export function clippedStart(text: string, columns: number): string {
  const line = visible(text.slice(-columns * 2));
  if (text.length <= columns * 2 && widthOf(line) <= columns) return line;
  const reversed = [...line].reverse().join('');
  return `…${[...cut(reversed, columns - 1)].reverse().join('')}`;
}

export type Preview = { readonly lines: readonly string[]; readonly isComplete: boolean };

/** The beginning of a longer text as at most `most` safe lines, broken at `columns`. */
export function preview(text: string, columns: number, most: number): Preview {
  const lines: string[] = [];
  let at = 0;
  while (lines.length < most && at <= text.length) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const room = most - lines.length;
    const part = text.slice(at, Math.min(end, at + room * columns));
    const broken = brokenAt(visible(part), columns);
    lines.push(...broken.slice(0, room));
    if (broken.length > room || part.length < end - at) return { lines, isComplete: false };
    at = end + 1;
  }
  return { lines, isComplete: at > text.length };
}

function brokenAt(line: string, columns: number): string[] {
  const lines: string[] = [];
  let rest = line;
  do {
    const head = cut(rest, Math.max(columns, 2));
    lines.push(head);
    rest = rest.slice(head.length);
  } while (rest !== '');
  return lines;
}

/** Terminal columns; symbols that some terminals draw wide are counted as wide. */
export function widthOf(line: string): number {
  let width = 0;
  for (const character of line) width += columnsOf(character);
  return width;
}

function columnsOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x1100) return 1;
  const isNarrow = (point >= 0x1200 && point < 0x2300) || (point >= 0x2c00 && point < 0x2e80);
  return isNarrow ? 1 : 2;
}

function cut(line: string, columns: number): string {
  let width = 0;
  let end = 0;
  for (const character of line) {
    width += columnsOf(character);
    if (width > columns) break;
    end += character.length;
  }
  return line.slice(0, end);
}
