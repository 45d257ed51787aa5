import { isRange, rangeHolds, rangesCover, readRange } from './address.ts';
import { type Condition, isSubset, type Matcher, type Truth } from './condition.ts';
import type { Destination } from './destination.ts';
import { isBelowPath, type MethodEntry, readMethodEntry } from './methods.ts';
import { mergePorts, type PortRange, readPorts } from './ports.ts';
import type { Action } from './rules.ts';

type TextList = Condition<string[]>;

export const allowIps: TextList = {
  tightens: 'shrink',
  matcher: matchAddresses,
  includes: (outer, inner) => {
    const ranges = readAll(outer, rangeOf);
    return inner.map(rangeOf).every((range) => range !== undefined && rangesCover(ranges, range));
  },
};

export const allowPorts: TextList = {
  tightens: 'shrink',
  matcher: matchPorts,
  includes: (outer, inner) => {
    const ranges = mergePorts(readAll(outer, readPorts));
    const isCovered = (range: PortRange | undefined): boolean =>
      ranges.some(({ from, to }) => range !== undefined && from <= range.from && range.to <= to);
    return inner.map(readPorts).every(isCovered);
  },
};

export const allowProtocols: TextList = {
  tightens: 'shrink',
  matcher: (allowed) => (subject) => {
    const { protocol } = subject.destination;
    if (protocol === undefined) return 'unknown';
    return allowed.includes(protocol) ? 'yes' : 'no';
  },
  includes: isSubset,
};

export const allowMethods: TextList = {
  tightens: 'shrink',
  matcher: matchMethods,
  includes: (outer, inner) => {
    const entries = readAll(outer, readMethodEntry);
    return inner
      .map(readMethodEntry)
      .every((entry) => entries.some((each) => entry !== undefined && entryHolds(each, entry)));
  },
};

/** Whatever is known to be there is compared: as with paths, ALLOW needs all, the others any. */
function matchAddresses(entries: readonly string[], action: Action): Matcher {
  const ranges = readAll(entries, rangeOf);
  const isReadable = ranges.length === entries.length;
  return ({ destination: { addresses, hasUnreadAddress } }) => {
    const inside = addresses.filter((each) => ranges.some((range) => rangeHolds(range, each)));
    const isCertain = isReadable && !hasUnreadAddress;
    if (action !== 'ALLOW' && inside.length > 0) return 'yes';
    if (action !== 'ALLOW') return isCertain ? 'no' : 'unknown';
    if (inside.length < addresses.length) return isReadable ? 'no' : 'unknown';
    return hasUnreadAddress ? 'unknown' : 'yes';
  };
}

function matchPorts(entries: readonly string[]): Matcher {
  const ranges = readAll(entries, readPorts);
  const isReadable = ranges.length === entries.length;
  return ({ destination: { port } }) => {
    if (port === undefined) return 'unknown';
    if (ranges.some(({ from, to }) => from <= port && port <= to)) return 'yes';
    return isReadable ? 'no' : 'unknown';
  };
}

function matchMethods(texts: readonly string[]): Matcher {
  const entries = readAll(texts, readMethodEntry);
  const isReadable = entries.length === texts.length;
  return ({ destination }) => {
    const truths = entries.map((entry) => matchEntry(entry, destination));
    if (truths.includes('yes')) return 'yes';
    return truths.includes('unknown') || !isReadable ? 'unknown' : 'no';
  };
}

/** Servers differ about letter case in paths: where that alone is different, nothing is certain. */
function matchEntry(entry: MethodEntry, { method, path }: Destination): Truth {
  if (method !== undefined && method !== entry.method) return 'no';
  if (entry.path === undefined) return method === undefined ? 'unknown' : 'yes';
  if (path === undefined) return 'unknown';
  if (isBelowPath(path, entry.path)) return method === undefined ? 'unknown' : 'yes';
  return isBelowPath(lower(path), lower(entry.path)) ? 'unknown' : 'no';
}

function entryHolds(outer: MethodEntry, inner: MethodEntry): boolean {
  if (outer.method !== inner.method) return false;
  if (outer.path === undefined) return true;
  return inner.path !== undefined && isBelowPath(inner.path, outer.path);
}

function lower(path: readonly string[]): readonly string[] {
  return path.map((component) => component.toLowerCase());
}

function rangeOf(
  text: string,
): Extract<ReturnType<typeof readRange>, { family: unknown }> | undefined {
  const read = readRange(text);
  return isRange(read) ? read : undefined;
}

function readAll<T>(texts: readonly string[], read: (text: string) => T | undefined): T[] {
  return texts.map(read).filter((each) => each !== undefined);
}
