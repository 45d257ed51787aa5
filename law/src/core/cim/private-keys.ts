import type { Scanning } from './scanning.ts';

const BEGIN = '-----BEGIN ';
const LABEL = /[A-Z0-9 ]{0,28}PRIVATE KEY[A-Z0-9 ]{0,12}/y;
const END = /-----END ([A-Z0-9 ]{0,52})-----/g;
/** White space, base64 and the headers of old PEM files. */
const BODY = /[^A-Za-z0-9+/=\s:,\-\\]/g;

/** A private key in PEM, from its first line to its last. Returns where reading goes on. */
export function privateKeyAt(scanning: Scanning, start: number): number {
  const { text } = scanning;
  if (!text.startsWith(BEGIN, start)) return start + 1;
  LABEL.lastIndex = start + BEGIN.length;
  const label = LABEL.exec(text)?.[0];
  if (label === undefined) return start + BEGIN.length;
  const end = endOf(scanning, start + BEGIN.length + label.length, label);
  scanning.add('private_key', start, end);
  return end;
}

/** Without a last line of the same label, what looks like the body is the key. */
function endOf(scanning: Scanning, from: number, label: string): number {
  const { text } = scanning;
  scanning.keyEnds ??= keyEndsIn(text);
  const ends = scanning.keyEnds.get(label) ?? [];
  while ((ends.at(-1) ?? from) < from) ends.pop();
  const last = ends.pop();
  if (last !== undefined) return last;
  BODY.lastIndex = from;
  const other = BODY.exec(text);
  return other ? other.index : text.length;
}

/** Behind each last line of a key, by label, the first in the text at the end of its list. */
function keyEndsIn(text: string): Map<string, number[]> {
  const ends = new Map<string, number[]>();
  for (const found of text.matchAll(END)) {
    const label = found[1] ?? '';
    const own = ends.get(label) ?? [];
    own.push(found.index + found[0].length);
    ends.set(label, own);
  }
  for (const own of ends.values()) own.reverse();
  return ends;
}
