import { parseUrl } from '@ioi/basis';

type Family = 4 | 6;

/** Addresses `from` to `to`, both included. An IPv4 address mapped into IPv6 is of family 4. */
export type AddressRange = {
  readonly family: Family;
  readonly from: bigint;
  readonly to: bigint;
};

export type RangeFault = { readonly message: string; readonly hint?: string };

const BITS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };
/** The upper 96 bits of `::ffff:0:0/96`. */
const MAPPED = 0xffffn;
const MAPPED_BITS = 96;
const DOTTED = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;
const HEXADECIMAL = /^[0-9A-Fa-f:.]{2,45}$/;

/** An address in its usual spelling, or as the host of a URL; undefined for anything else. */
export function readAddress(text: unknown): AddressRange | undefined {
  if (typeof text !== 'string') return undefined;
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const read = readBits(bare);
  return read && settle(read.family, read.value, BITS[read.family]);
}

/**
 * A range of a policy: `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`. Bits behind the prefix must be
 * zero: whoever wrote them meant another range than they would get.
 */
export function readRange(text: string): AddressRange | RangeFault {
  const slash = text.indexOf('/');
  const read = readBits(slash < 0 ? text : text.slice(0, slash));
  if (read === undefined) {
    const hint = 'write 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32; names belong in allow_domains';
    return { message: `\`${text.slice(0, 100)}\` is no address or range`, hint };
  }
  const most = BITS[read.family];
  const written = slash < 0 ? String(most) : text.slice(slash + 1);
  const prefix = /^(?:0|[1-9][0-9]{0,2})$/.test(written) ? Number(written) : most + 1;
  if (prefix > most) return { message: `a prefix is 0 to ${most}, without leading zeros` };
  const range = settle(read.family, read.value, prefix);
  const rest = BigInt(most - prefix);
  if ((read.value >> rest) << rest === read.value) return range;
  return {
    message: 'the address has bits set behind its prefix',
    hint: `did you mean \`${printRange(range)}\`?`,
  };
}

export function isRange(read: AddressRange | RangeFault): read is AddressRange {
  return 'family' in read;
}

/** The one spelling: RFC 5952 for IPv6, and no prefix on a single address. */
export function printRange({ family, from, to }: AddressRange): string {
  const bits = BITS[family];
  const prefix = bits - (from ^ to).toString(2).replace(/^0$/, '').length;
  const address = family === 4 ? printDotted(from) : printGroups(from);
  return prefix === bits ? address : `${address}/${prefix}`;
}

export function rangeHolds(outer: AddressRange, inner: AddressRange): boolean {
  return outer.family === inner.family && outer.from <= inner.from && inner.to <= outer.to;
}

/** Whether every address of `inner` is in some range of `outer`, neighbours taken together. */
export function rangesCover(outer: readonly AddressRange[], inner: AddressRange): boolean {
  const near = outer
    .filter(({ family, to }) => family === inner.family && to >= inner.from)
    .sort((left, right) => (left.from < right.from ? -1 : left.from > right.from ? 1 : 0));
  let next = inner.from;
  for (const { from, to } of near) {
    if (from > next) return false;
    if (to >= inner.to) return true;
    if (to >= next) next = to + 1n;
  }
  return false;
}

function settle(family: Family, value: bigint, prefix: number): AddressRange {
  const rest = BigInt(BITS[family] - prefix);
  const from = (value >> rest) << rest;
  const to = from + (1n << rest) - 1n;
  if (family === 6 && prefix >= MAPPED_BITS && from >> 32n === MAPPED) {
    return { family: 4, from: from & 0xffffffffn, to: to & 0xffffffffn };
  }
  return { family, from, to };
}

function readBits(text: string): { family: Family; value: bigint } | undefined {
  if (DOTTED.test(text)) return { family: 4, value: bitsOf(text.split('.'), 10, 8n) };
  if (!text.includes(':') || !HEXADECIMAL.test(text)) return undefined;
  // The URL parser knows every spelling of an IPv6 address and writes the one of RFC 5952.
  const host = parseUrl(`http://[${text}]/`)?.hostname;
  return host === undefined ? undefined : { family: 6, value: groupBits(host.slice(1, -1)) };
}

function groupBits(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const groupsIn = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [before, after] = [groupsIn(head), groupsIn(tail ?? '')];
  const zeros = new Array<string>(8 - before.length - after.length).fill('0');
  return bitsOf([...before, ...zeros, ...after], 16, 16n);
}

function bitsOf(parts: readonly string[], radix: number, width: bigint): bigint {
  return parts.reduce((sum, part) => (sum << width) | BigInt(Number.parseInt(part, radix)), 0n);
}

function printDotted(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
}

function printGroups(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) => (value >> BigInt(112 - 16 * at)) & 0xffffn);
  const text = groups.map((group) => group.toString(16)).join(':');
  return parseUrl(`http://[${text}]/`)?.hostname.slice(1, -1) ?? text;
}
