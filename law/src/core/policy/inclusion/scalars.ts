import { canonicalHost, isWithinDomain } from '../host.ts';
import { canonicalAmount, scaleAmount } from '../money.ts';

import type { LiveRule } from './live-rule.ts';
import { type Fragment, spentKey } from './situation.ts';
import type { Work } from './work.ts';

/** A dimension in which a request has one value or none. */
export type ScalarClasses = {
  /** One fragment for each class that the conditions of these rules tell apart. */
  readonly classes: (rules: readonly LiveRule[], work: Work) => Iterable<Fragment>;
  /** Names under which a rule is found; undefined where it must always be asked. */
  readonly keysOf?: (rule: LiveRule) => readonly string[] | undefined;
  /** Names of the rules that could match; undefined where all must be asked. */
  readonly keysFor?: (fragment: Fragment) => readonly string[] | undefined;
};

/**
 * A host meets exactly the domains that end it, and of those the longest tells the others. So one
 * host within each, one in none, and none at all are enough.
 */
export const hostClasses: ScalarClasses = {
  classes: (rules) => {
    const domains = distinct(rules, ({ rule }) => rule.conditions.allow_domains);
    const hosts = domains.flatMap((domain) => hostWithin(domain) ?? []);
    return [{}, ...[...hosts, hostOutside(domains)].map((host) => ({ params: { host } }))];
  },
  keysOf: ({ rule, compiled }) => (compiled.isReadable ? rule.conditions.allow_domains : undefined),
  keysFor: ({ params }) => {
    const host = params?.['host'];
    return typeof host === 'string' ? endingsOf(host) : undefined;
  },
};

/** An entry that is no host may still end one; some, such as addresses, have none below them. */
function hostWithin(domain: string): string | undefined {
  return [domain, `any.${domain}`].find((host) => canonicalHost(host) === host);
}

function hostOutside(domains: readonly string[]): string {
  for (let at = 0; ; at += 1) {
    const host = at === 0 ? 'any.invalid' : `any.invalid${at}x`;
    if (!domains.some((domain) => isWithinDomain(host, domain))) return host;
  }
}

function endingsOf(host: string): readonly string[] {
  const endings = [host];
  for (let at = host.indexOf('.'); at >= 0; at = host.indexOf('.', at + 1)) {
    endings.push(host.slice(at + 1));
  }
  return endings;
}

export const appClasses: ScalarClasses = {
  classes: (rules) => {
    const apps = distinct(rules, ({ rule }) => rule.conditions.allow_apps);
    const names = [...apps, nameOutside(new Set(apps))];
    return [{}, ...names.map((app) => ({ params: { app } }))];
  },
  keysOf: ({ rule }) => rule.conditions.allow_apps,
  keysFor: ({ params }) => {
    const app = params?.['app'];
    return typeof app === 'string' ? [app] : undefined;
  },
};

function nameOutside(names: ReadonlySet<string>): string {
  let name = 'any';
  for (let at = 1; names.has(name); at += 1) name = `any${at}`;
  return name;
}

export const existenceClasses: ScalarClasses = {
  classes: () => [{}, { facts: { target_exists: false } }, { facts: { target_exists: true } }],
};

/**
 * No amount; and in each unit 0 and whatever is just above a cap: of the amounts between two caps
 * the least leaves a session's spend the most room, so it stands for all. With each, the spend so
 * far: none, and just enough for each cap of the session to be passed.
 */
export const amountClasses: ScalarClasses = {
  *classes(rules) {
    const units = new Map<string, Caps>();
    for (const { rule } of rules) {
      const { max_spend: each, max_session_spend: session, max_day_spend: day } = rule.conditions;
      if (day) capsIn(units, day.unit).day.add(scaleAmount(day.amount) ?? 0n);
      if (each) capsIn(units, each.unit).each.add(scaleAmount(each.amount) ?? 0n);
      if (session) capsIn(units, session.unit).session.add(scaleAmount(session.amount) ?? 0n);
    }
    yield {};
    for (const [unit, caps] of units) yield* amountsIn(unit, caps);
  },
};

type Caps = Readonly<Record<'each' | 'session' | 'day', Set<bigint>>>;

function capsIn(units: Map<string, Caps>, unit: string): Caps {
  const caps = units.get(unit) ?? { each: new Set(), session: new Set(), day: new Set() };
  units.set(unit, caps);
  return caps;
}

function* amountsIn(unit: string, { each, session, day }: Caps): Generator<Fragment> {
  const amounts = [0n, ...[...each].map((cap) => cap + 1n)];
  for (const scaled of amounts) {
    const amount = spellScaled(scaled);
    if (amount === undefined) continue;
    const params = { amount: { amount, unit } };
    const ofSession = spentsPassing(session, scaled, spentKey(unit, false));
    for (const one of spentsPassing(day, scaled, spentKey(unit, true))) {
      for (const two of ofSession) yield { params, spent: { ...one, ...two } };
    }
  }
}

/** Nothing spent, and for each cap just enough that the amount no longer fits. */
function spentsPassing(
  caps: ReadonlySet<bigint>,
  amount: bigint,
  key: string,
): readonly Readonly<Record<string, string>>[] {
  const passing = [...caps].filter((cap) => cap >= amount);
  return [{}, ...passing.map((cap) => ({ [key]: String(cap - amount + 1n) }))];
}

/** Undefined above the largest amount there is. */
function spellScaled(scaled: bigint): string | undefined {
  const digits = String(scaled).padStart(19, '0');
  return canonicalAmount(`${digits.slice(0, -18)}.${digits.slice(-18)}`);
}

function distinct(
  rules: readonly LiveRule[],
  entries: (rule: LiveRule) => readonly string[] | undefined,
): readonly string[] {
  return [...new Set(rules.flatMap((rule) => entries(rule) ?? []))];
}
