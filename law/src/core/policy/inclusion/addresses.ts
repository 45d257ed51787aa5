import type { Pausing } from '@ioi/basis';
import {
  type AddressRange,
  isRange,
  printRange,
  rangeHolds,
  readAddress,
  readRange,
} from '../address.ts';
import { type Choice, Elements, isFatal, keyOfRules } from './elements.ts';
import type { LiveRule } from './live-rule.ts';
import type { Fragment } from './situation.ts';
import type { Work } from './work.ts';

/** Addresses that are written as IPv4 ones in IPv6, and mean those. */
const MAPPED = { from: 0xffff_0000_0000n, to: 0xffff_ffff_ffffn };
const LAST = { 4: 2n ** 32n - 1n, 6: 2n ** 128n - 1n } as const;

type Ranged = { readonly range: AddressRange; readonly rule: LiveRule };

/**
 * Addresses of which some cannot be read; or any number of them, at least one: the first address
 * of every stretch that the ranges make. A host that is an address is among them.
 */
export function* addressChoices(
  rules: readonly LiveRule[],
  parts: readonly Fragment[],
  work: Work,
): Pausing<readonly Choice[]> {
  const about = rules.filter(({ checks }) => checks.has('addresses'));
  const ranged = about.flatMap((rule) => rangesOf(rule).map((range) => ({ range, rule })));
  const always = about.filter((rule) => rule.compiled.isRestrictive && !isReadable(rule));
  const rulesAt = (address: AddressRange): ReadonlySet<LiveRule> => {
    const holding = ranged.filter(({ range }) => rangeHolds(range, address));
    return new Set([...always, ...holding.map(({ rule }) => rule)]);
  };
  const elements = new Elements();
  for (const address of addressesTold(ranged)) {
    if (!work.spend(1 + ranged.length / 8)) break;
    if (work.isDue()) yield;
    const met = rulesAt(address);
    if (![...met].some((rule) => isFatal(rule, 'addresses'))) {
      elements.add(printRange(address), met);
    }
  }
  const host = parts.map(({ params }) => params?.['host']).find((each) => each !== undefined);
  const literal = readAddress(host);
  const required = literal === undefined ? {} : { required: keyOfRules(rulesAt(literal)) };
  return [
    { fragment: { facts: { resolved_addresses: ['unknown'] } }, elements: undefined },
    { fragment: {}, elements: elements.all(), ...required },
  ];
}

function rangesOf({ rule }: LiveRule): readonly AddressRange[] {
  return (rule.conditions.allow_ips ?? []).map(readRange).filter(isRange);
}

function isReadable(rule: LiveRule): boolean {
  return rangesOf(rule).length === rule.rule.conditions.allow_ips?.length;
}

function* addressesTold(ranged: readonly Ranged[]): Generator<AddressRange> {
  for (const family of [4, 6] as const) {
    const ranges = ranged.filter(({ range }) => range.family === family);
    const bounds = ranges.flatMap(({ range: { from, to } }) => [from, to + 1n]);
    const more = family === 6 ? [MAPPED.to + 1n] : [];
    for (const from of new Set([0n, ...bounds, ...more])) {
      const isMapped = family === 6 && MAPPED.from <= from && from <= MAPPED.to;
      if (from <= LAST[family] && !isMapped) yield { family, from, to: from };
    }
  }
}
