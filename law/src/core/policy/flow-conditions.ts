import type { Json } from '@ioi/canon';
import { FLOW_LABEL } from '@ioi/protocol';
import type { Truth } from './condition.ts';
import { type Reading, readList, readText, wrongType } from './reader.ts';
import type { Action, ConditionValue } from './rules.ts';
import type { Subject } from './subject.ts';

const LONGEST = 1024;
const LABEL = new RegExp(FLOW_LABEL);

/** Where the value of a destination may come from, the most trusted first (see ActionFacts). */
export const flowOrigins = ['user', 'named', 'record', 'content', 'unknown'] as const;

/**
 * Conditions on where the values of a request come from and what its session has read
 * (whitepaper 2.6.2, A.1: graph-aware permissioning).
 */
export const flowConditions = {
  requested: {
    tightens: 'neither',
    matcher:
      (wanted: boolean) =>
      ({ provenance }: Subject): Truth => {
        if (provenance?.requested === undefined) return 'unknown';
        return provenance.requested === wanted ? 'yes' : 'no';
      },
    includes: (outer: boolean, inner: boolean) => outer === inner,
  },
  allow_origins: {
    tightens: 'shrink',
    matcher: matchOrigins,
    includes: (outer: readonly string[], inner: readonly string[]) =>
      inner.every((each) => outer.includes(each)),
  },
  block_flows: {
    tightens: 'grow',
    isRestrictiveOnly: true,
    matcher: matchFlows,
    // An entry matches less the more labels it joins.
    includes: (outer: readonly string[], inner: readonly string[]) =>
      inner.every((each) => outer.some((wide) => partsOf(wide).every(isAmong(partsOf(each))))),
  },
} as const;

/** An ALLOW rule vouches for every destination; a restrictive one guards against any. */
function matchOrigins(allowed: ConditionValue<'allow_origins'>, action: Action) {
  return ({ provenance }: Subject): Truth => {
    if (provenance === undefined) return 'unknown';
    const isNamed = (origin: string): boolean => allowed.includes(origin);
    const { destinations } = provenance;
    const isMatch = action === 'ALLOW' ? destinations.every(isNamed) : destinations.some(isNamed);
    return isMatch ? 'yes' : 'no';
  };
}

function matchFlows(blocked: ConditionValue<'block_flows'>) {
  const entries = blocked.map(partsOf);
  return ({ provenance }: Subject): Truth => {
    if (provenance === undefined) return 'unknown';
    const isRead = isAmong(provenance.labels);
    return entries.some((parts) => parts.every(isRead)) ? 'yes' : 'no';
  };
}

function partsOf(entry: string): readonly string[] {
  return entry.split('+');
}

function isAmong(labels: readonly string[]): (label: string) => boolean {
  return (label) => labels.includes(label);
}

/** The labels of one entry in order and once each; undefined when one of them is no label. */
export function canonicalFlow(entry: string): string | undefined {
  const parts = partsOf(entry);
  if (!parts.every((part) => LABEL.test(part))) return undefined;
  return [...new Set(parts)].sort().join('+');
}

export function readRequested(value: Json, pointer: string, { faults }: Reading) {
  return typeof value === 'boolean' ? value : wrongType(faults, pointer, 'true or false');
}

export function readOrigins(value: Json, pointer: string, reading: Reading) {
  const item = (each: Json, place: string): string | undefined => {
    if (flowOrigins.some((origin) => origin === each)) return String(each);
    const message = `expected one of ${flowOrigins.join(', ')}`;
    return reading.faults.add({ code: 'policy.unknown_origin', pointer: place, message });
  };
  return readList(value, pointer, { least: 1, most: flowOrigins.length, item }, reading);
}

export function readFlows(value: Json, pointer: string, reading: Reading) {
  const item = (each: Json, place: string): string | undefined => {
    const flow = typeof each === 'string' ? canonicalFlow(each) : undefined;
    if (flow !== undefined) return readText(flow, place, LONGEST, reading);
    const message = 'expected labels such as `server:mail`, several joined by `+`';
    return reading.faults.add({ code: 'policy.invalid_label', pointer: place, message });
  };
  return readList(value, pointer, { least: 1, most: 256, item }, reading);
}
