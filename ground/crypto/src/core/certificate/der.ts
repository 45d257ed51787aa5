/** The few shapes of DER (X.690) that a certificate is made of. */

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BITS = 0x03;
const OCTETS = 0x04;
const BOOLEAN = 0x01;
const OBJECT_IDENTIFIER = 0x06;
const UTF8 = 0x0c;
const UTC_TIME = 0x17;
const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

/** One value with its tag and length. */
function tagged(tag: number, content: Uint8Array): Uint8Array {
  return joined([Uint8Array.of(tag, ...lengthOf(content.length)), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(SEQUENCE, joined(parts));
}

export function set(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(SET, joined(parts));
}

/** Of bytes without a sign, the highest first. */
export function integer(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const shortest = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  const isHigh = (shortest[0] as number) >= 0x80;
  return tagged(INTEGER, isHigh ? joined([Uint8Array.of(0), shortest]) : shortest);
}

/** `unused`: how many of the last byte's bits stand for nothing. */
export function bitString(bytes: Uint8Array, unused = 0): Uint8Array {
  return tagged(BITS, joined([Uint8Array.of(unused), bytes]));
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return tagged(OCTETS, bytes);
}

export function truth(): Uint8Array {
  return tagged(BOOLEAN, Uint8Array.of(0xff));
}

/** Dotted: `2.5.29.19`. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(
    OBJECT_IDENTIFIER,
    Uint8Array.from([first * 40 + second, ...rest.flatMap(base128)]),
  );
}

export function utf8(bytes: Uint8Array): Uint8Array {
  return tagged(UTF8, bytes);
}

/** `YYMMDDHHMMSSZ`, in ASCII: for years up to 2049 (RFC 5280 4.1.2.5). */
export function utcTime(letters: Uint8Array): Uint8Array {
  return tagged(UTC_TIME, letters);
}

/** `[n]`, around a whole value or, where it is not constructed, in place of its own tag. */
export function context(number: number, content: Uint8Array, isConstructed: boolean): Uint8Array {
  return tagged(CONTEXT | number | (isConstructed ? CONSTRUCTED : 0), content);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

function base128(value: number): readonly number[] {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift((rest % 128) | 0x80);
  }
  return digits;
}
