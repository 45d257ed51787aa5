import { encodeUtf8 } from '@ioi/basis';

/** An encoding of fewer letters than this could stand for anything. */
const SHORTEST = 6;
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * A secret as servers write it when they quote it: itself, base64 wherever it begins, hex, percent
 * and JSON escapes, HTML entities, UTF-16. Latin-1 texts, as bytes come over a line.
 */
export function formsOf(secret: string): readonly string[] {
  const bytes = encodeUtf8(secret);
  const raw = latin1(bytes);
  const base = [0, 1, 2].map((shift) => base64Inner(bytes, shift));
  const safe = base.map((each) => each.replaceAll('+', '-').replaceAll('/', '_'));
  const hex = eachByte(bytes, (byte) => twoDigits(byte));
  const percent = eachByte(bytes, (byte) => `%${twoDigits(byte)}`);
  const component = encodeURIComponent(secret);
  const units = Array.from({ length: secret.length }, (_, at) => secret.charCodeAt(at));
  const json = units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  const quoted = latin1(encodeUtf8(JSON.stringify(secret).slice(1, -1)));
  const wide = units.map((unit) => String.fromCharCode(unit & 255, unit >> 8)).join('');
  const all = [
    ...[raw, ...base, ...safe, hex, hex.toUpperCase(), percent, percent.toUpperCase()],
    ...[component, component.replaceAll(/%../g, (each) => each.toLowerCase()), json],
    ...[json.replaceAll(/[a-f]/g, (each) => each.toUpperCase()), quoted],
    ...[quoted.replaceAll('/', '\\/'), component.replaceAll('%20', '+'), wide],
    ...[latin1(encodeUtf8(htmlOf(secret))), latin1(encodeUtf8(htmlOf(secret, true)))],
    eachByte(bytes, (byte) => `\\x${twoDigits(byte)}`),
  ];
  return [...new Set(all)].filter((each) => each === raw || each.length >= SHORTEST);
}

/** What the encoding of any text that holds these bytes holds, where they begin at `shift` of 3. */
function base64Inner(bytes: Uint8Array, shift: number): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  // Letters that the bytes before share are left out, and so are those of the bytes after.
  const skipped = (6 - ((shift * 8) % 6)) % 6;
  const letters: string[] = [];
  for (let at = skipped; at + 6 <= bits.length; at += 6) {
    letters.push(BASE64[Number.parseInt(bits.slice(at, at + 6), 2)] as string);
  }
  return letters.join('');
}

function htmlOf(secret: string, isWhole = false): string {
  return Array.from(secret, (letter) =>
    isWhole || /[&<>"'=/`+]/.test(letter) ? `&#${letter.codePointAt(0)};` : letter,
  ).join('');
}

function eachByte(bytes: Uint8Array, write: (byte: number) => string): string {
  return Array.from(bytes, write).join('');
}

function twoDigits(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}
