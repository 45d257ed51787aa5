import { readChainTime } from './chain-time.ts';
import { allowCommands } from './command-condition.ts';
import { type Condition, isSubset, type Matcher, type Truth } from './condition.ts';
import { flowConditions } from './flow-conditions.ts';
import { canonicalDomain, isWithinDomain } from './host.ts';
import { scaleAmount } from './money.ts';
import { allowIps, allowMethods, allowPorts, allowProtocols } from './network-conditions.ts';
import {
  beginsAnywhere,
  couldHold,
  covers,
  isPattern,
  isWithin,
  type PathPattern,
  readPattern,
} from './path.ts';
import { foldPattern } from './path-case.ts';
import { compilePattern, type TextPattern } from './pattern.ts';
import type { Action, ConditionName, Conditions, ConditionValue } from './rules.ts';
import type { Place, SubjectPath } from './subject.ts';

type ConditionTable = { readonly [K in ConditionName]: Condition<ConditionValue<K>> };

/** Every condition of the language (whitepaper 2.6.2, A.1), the most telling first. */
export const conditions: ConditionTable = {
  target_exists: {
    tightens: 'neither',
    matcher: matchTargetExists,
    includes: (outer, inner) => outer === inner,
  },
  ...flowConditions,
  block_text_pattern: {
    tightens: 'grow',
    isRestrictiveOnly: true,
    matcher: matchText,
    // Incomplete: only the same pattern is recognised.
    includes: (outer, inner) => outer === inner,
  },
  block_intents: {
    tightens: 'grow',
    isRestrictiveOnly: true,
    matcher: matchIntents,
    includes: isSubset,
  },
  expires: {
    tightens: 'shrink',
    isBudget: true,
    isAllowOnly: true,
    matcher: () => () => 'yes',
    includes: (outer, inner) => isNotLater(inner, outer),
  },
  rate_limit: {
    tightens: 'shrink',
    isBudget: true,
    matcher: () => () => 'yes',
    includes: (outer, inner) => outer.window_ms === inner.window_ms && inner.count <= outer.count,
  },
  rate_limit_per_origin: {
    tightens: 'shrink',
    isBudget: true,
    matcher: () => (subject) => (subject.destination.origin === undefined ? 'unknown' : 'yes'),
    includes: (outer, inner) => outer.window_ms === inner.window_ms && inner.count <= outer.count,
  },
  max_session_spend: {
    tightens: 'shrink',
    isBudget: true,
    matcher: matchUnit,
    includes: isAtMost,
  },
  max_day_spend: {
    tightens: 'shrink',
    isBudget: true,
    matcher: matchUnit,
    includes: isAtMost,
  },
  max_spend: { tightens: 'shrink', matcher: matchSpend, includes: isAtMost },
  allow_paths: {
    tightens: 'shrink',
    matcher: matchPaths,
    // Incomplete for wildcards, see `covers`.
    includes: (outer, inner) => inner.every((path) => outer.some((each) => coversText(each, path))),
  },
  allow_commands: allowCommands,
  allow_domains: {
    tightens: 'shrink',
    matcher: matchDomains,
    includes: (outer, inner) =>
      inner.every((host) => outer.some((domain) => isWithinDomain(host, domain))),
  },
  allow_ips: allowIps,
  allow_methods: allowMethods,
  allow_ports: allowPorts,
  allow_protocols: allowProtocols,
  allow_sessions: {
    tightens: 'shrink',
    matcher: (allowed) => (subject) => isListed(allowed, subject.sessionId),
    includes: isSubset,
  },
  allow_windows: {
    tightens: 'shrink',
    matcher: (allowed) => (subject) => isListed(allowed, subject.windowId),
    includes: isSubset,
  },
  allow_apps: { tightens: 'shrink', matcher: matchApps, includes: isSubset },
};

/** The names, in the order of the table. */
export const conditionNames = Object.keys(conditions) as readonly ConditionName[];

/** The condition of that name with the value a rule gives it; undefined where it gives none. */
export function matcherOf(
  name: ConditionName,
  values: Conditions,
  action: Action,
): Matcher | undefined {
  const value = values[name];
  if (value === undefined) return undefined;
  return (conditions[name] as Condition<typeof value>).matcher(value, action);
}

function matchTargetExists(wanted: boolean): Matcher {
  return ({ targetExists }) => {
    if (targetExists === undefined) return 'unknown';
    return targetExists === wanted ? 'yes' : 'no';
  };
}

function matchText(source: string): Matcher {
  // Compiled when first needed: a policy may hold many patterns and a request meets few.
  let pattern: TextPattern | string | undefined;
  return ({ texts: { read, hasUnread } }) => {
    pattern ??= compilePattern(source);
    if (typeof pattern === 'string') return 'unknown';
    for (const text of read) {
      if (typeof text === 'function' ? text(source) : pattern(text)) return 'yes';
    }
    return hasUnread ? 'unknown' : 'no';
  };
}

function matchIntents(blocked: readonly string[]): Matcher {
  return ({ intents, hasUnreadIntent }) => {
    if (intents.some((intent) => blocked.includes(intent))) return 'yes';
    return hasUnreadIntent ? 'unknown' : 'no';
  };
}

function matchSpend(cap: ConditionValue<'max_spend'>): Matcher {
  const most = scaleAmount(cap.amount);
  return ({ amount }) => {
    if (amount === undefined || most === undefined || amount.money.unit !== cap.unit) {
      return 'unknown';
    }
    return amount.scaled <= most ? 'yes' : 'no';
  };
}

function matchUnit(cap: ConditionValue<'max_session_spend'>): Matcher {
  return ({ amount }) => (amount?.money.unit === cap.unit ? 'yes' : 'unknown');
}

function matchApps(allowed: readonly string[]): Matcher {
  return ({ app }) => isListed(allowed, app);
}

function isListed(allowed: readonly string[], value: string | undefined): Truth {
  if (value === undefined) return 'unknown';
  return allowed.includes(value) ? 'yes' : 'no';
}

function matchDomains(domains: readonly string[]): Matcher {
  const isReadable = domains.every((domain) => canonicalDomain(domain) === domain);
  return ({ host }) => {
    if (host === undefined) return 'unknown';
    if (domains.some((domain) => isWithinDomain(host, domain))) return 'yes';
    return isReadable ? 'no' : 'unknown';
  };
}

/**
 * An ALLOW rule vouches for every path of the request; a restrictive rule guards its places, so
 * one path among several is enough, in upper or lower case: copying a guarded file elsewhere
 * touches it all the same, and some disks do not tell cases apart.
 * Nor may a target that acts on whole trees have a path above them, see `treeTargets`.
 */
function matchPaths(entries: readonly string[], action: Action): Matcher {
  const read = entries.map(readPattern).filter(isPattern);
  const isReadable = read.length === entries.length;
  const patterns = action === 'ALLOW' ? read : read.map(foldPattern);
  const isRelative = patterns.some((pattern) => !pattern.isAbsolute);
  return (subject) => {
    const { paths, hasUnreadPath } = subject;
    const isCertain = isReadable && (subject.hasWorkspace || !isRelative);
    const isInside = (place: Place): boolean => patterns.some((each) => holds(each, place));
    if (action === 'ALLOW') {
      if (!paths.every(isInside)) return isCertain ? 'no' : 'unknown';
      return hasUnreadPath ? 'unknown' : 'yes';
    }
    if (paths.some(({ folded }) => isInside(folded))) return 'yes';
    const isAbove = ({ isStart, folded }: SubjectPath): boolean =>
      isStart !== true && patterns.some((each) => isBelow(each, folded));
    if (subject.actsOnTrees && paths.some(isAbove)) return 'yes';
    return isCertain && !hasUnreadPath ? 'no' : 'unknown';
  };
}

function holds(pattern: PathPattern, path: Place): boolean {
  const components = pattern.isAbsolute ? path.components : path.relative;
  return components !== undefined && isWithin(components, pattern.components);
}

/**
 * Whether the pattern's place could be below the path. Where a pattern begins with `**` the
 * answer is no: it would be yes of every folder, and such a guard goes by names, not places.
 */
function isBelow(pattern: PathPattern, path: Place): boolean {
  if (beginsAnywhere(pattern)) return false;
  if (pattern.isAbsolute) return couldHold(path.components, pattern.components);
  if (path.relative === undefined) return path.isAboveWorkspace;
  return couldHold(path.relative, pattern.components);
}

// In canonical form and without wildcards: what lies inside begins with what it lies in.
const PLAIN_PLACE = /^(?:\/|\.|\.?(?:\/(?!\.{0,2}(?:\/|$))[^/*\0]+)+)$/;

function coversText(outer: string, inner: string): boolean {
  if (outer === inner) return true;
  if (PLAIN_PLACE.test(outer) && PLAIN_PLACE.test(inner)) {
    return outer === '/' || inner.startsWith(`${outer}/`);
  }
  const wide = readPattern(outer);
  const narrow = readPattern(inner);
  return isPattern(wide) && isPattern(narrow) && covers(wide, narrow);
}

function isAtMost(outer: ConditionValue<'max_spend'>, inner: ConditionValue<'max_spend'>): boolean {
  const most = scaleAmount(outer.amount);
  const least = scaleAmount(inner.amount);
  return outer.unit === inner.unit && most !== undefined && least !== undefined && least <= most;
}

function isNotLater(left: string, right: string): boolean {
  return (readChainTime(left) ?? 0n) <= (readChainTime(right) ?? 0n);
}
