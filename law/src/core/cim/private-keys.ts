import type { Scanning } from './scanning.ts';

const BEGIN = '-----BEGIN ';
const KEY = 'PRIVATE KEY';
const END = '-----END ';
const LONGEST_LABEL = 40;
const FENCE = '-----';
/** White space, base64 and the headers of old PEM files. */
const BODY = /[^A-Za-z0-9+/=\s:,\-\\]/g;

/** A private key in PEM, from its first line to its last. Returns where reading goes on. */
export function privateKeyAt(scanning: Scanning, start: number): number {
  const { text } = scanning;
  if (!text.startsWith(BEGIN, start)) return start + 1;
  const label = text.slice(start + BEGIN.length, start + BEGIN.length + LONGEST_LABEL);
  const key = label.indexOf(KEY);
  if (key < 0 || /[^A-Z0-9 ]/.test(label.slice(0, key))) return start + BEGIN.length;
  const end = endOf(scanning, start + BEGIN.length + key);
  scanning.add('private_key', start, end);
  return end;
}

/** Without a last line, what looks like the body is the key. */
function endOf(scanning: Scanning, from: number): number {
  const { text } = scanning;
  const last = scanning.hasNoKeyEnd ? -1 : text.indexOf(END, from);
  if (last >= 0) {
    const close = text.indexOf(FENCE, last + END.length);
    return close < 0 ? text.length : close + FENCE.length;
  }
  scanning.hasNoKeyEnd = true;
  BODY.lastIndex = from;
  const other = BODY.exec(text);
  return other ? other.index : text.length;
}
