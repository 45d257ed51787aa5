import { DASH } from './characters.ts';
import type { Scanning } from './scanning.ts';

/** SSH.com parts its frame with blanks and one dash less. */
const BEGIN = /-{4,5} ?begin ([a-z0-9 ]{0,28}private key[a-z0-9 ]{0,12}?)(?= ?-)/iy;
const END = /-{4,5} ?end ([a-z0-9 ]{0,52}?) ?-{4,5}/gi;
/** White space, base64 and the headers of old PEM files. */
const BODY = /[^A-Za-z0-9+/=\s:,\-\\]/g;

/** A private key in PEM, from its first line to its last. Returns where reading goes on. */
export function privateKeyAt(scanning: Scanning, start: number): number {
  const { text } = scanning;
  BEGIN.lastIndex = start;
  const found = text.charCodeAt(start + 3) === DASH ? BEGIN.exec(text) : null;
  if (found === null) return start + 1;
  const [{ length }, label = ''] = found;
  const end = endOf(scanning, start + length, label.toLowerCase());
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
    const label = (found[1] ?? '').toLowerCase();
    const own = ends.get(label) ?? [];
    own.push(found.index + found[0].length);
    ends.set(label, own);
  }
  for (const own of ends.values()) own.reverse();
  return ends;
}
