import { type SeededRandom, seededRandom } from '@ioi/basis';
import type { ActionRequest, ActionRules } from '@ioi/protocol';

/**
 * Rule sets for `decide` and `gate`: 12 targets, 12 % BLOCK, 18 % REQUIRE_APPROVAL, 70 % ALLOW,
 * each rule with 1 to 4 domains, 1 to 3 paths, 1 to 4 apps, or a domain and a cap; names from a
 * space that grows with the set, so that larger sets are wider and not denser. Seven requests of
 * ten are made to fall within some rule. The same seed gives the same set everywhere.
 */
export type RuleSet = {
  readonly rules: ActionRules;
  readonly requests: readonly ActionRequest[];
};

type Rule = ActionRules['rules'][number];
type Kind = 'domain' | 'path' | 'app' | 'spend';

const TARGETS: readonly (readonly [target: string, kind: Kind])[] = [
  ['net::fetch', 'domain'],
  ['net::post', 'domain'],
  ['browser::navigate', 'domain'],
  ['net::download', 'domain'],
  ['fs::read', 'path'],
  ['fs::write', 'path'],
  ['fs::delete', 'path'],
  ['gui::click', 'app'],
  ['gui::type', 'app'],
  ['sys::exec', 'app'],
  ['ucp::checkout', 'spend'],
  ['wallet::send', 'spend'],
];
const HITS_PERCENT = 70;
const CAPS = 1000;
const UNIT = 'unit';

export function makeRuleSet(ruleCount: number, requestCount: number): RuleSet {
  const random = seededRandom(`rule set of ${ruleCount}`);
  const rules = Array.from({ length: ruleCount }, (_, at) => makeRule(random, at, ruleCount));
  const requests = Array.from({ length: requestCount }, (_, at) =>
    random.below(100) < HITS_PERCENT
      ? requestWithin(random, rules[random.below(ruleCount)] as Rule, at)
      : requestAnywhere(random, at),
  );
  return { rules: { policy_id: 'bench', defaults: 'deny_all', rules }, requests };
}

export function kindOf(target: string): Kind {
  return TARGETS.find(([name]) => name === target)?.[1] ?? 'domain';
}

function makeRule(random: SeededRandom, at: number, spread: number): Rule {
  const [target, kind] = TARGETS[random.below(TARGETS.length)] as (typeof TARGETS)[number];
  const share = random.below(100);
  const action = share < 12 ? 'BLOCK' : share < 30 ? 'REQUIRE_APPROVAL' : 'ALLOW';
  return {
    rule_id: `rule_${at}`,
    target,
    action,
    conditions: makeConditions(random, kind, spread),
  };
}

function makeConditions(random: SeededRandom, kind: Kind, spread: number): Rule['conditions'] {
  const several = (most: number, name: () => string): string[] => [
    ...new Set(Array.from({ length: 1 + random.below(most) }, name)),
  ];
  const domain = (): string => `site${random.below(spread * 4)}.example.com`;
  switch (kind) {
    case 'domain':
      return { allow_domains: several(4, domain) };
    case 'path':
      return { allow_paths: several(3, () => `/home/user/p${random.below(spread * 4)}/src`) };
    case 'app':
      return { allow_apps: several(4, () => `App ${random.below(spread * 4)}`) };
    case 'spend': {
      const amount = String(1 + random.below(CAPS));
      return { allow_domains: [domain()], max_spend: { amount, unit: UNIT } };
    }
  }
}

function requestWithin(random: SeededRandom, rule: Rule, at: number): ActionRequest {
  const { allow_domains, allow_paths, allow_apps, max_spend } = rule.conditions;
  const one = (entries: readonly string[]): string => entries[random.below(entries.length)] ?? '';
  if (allow_paths) {
    return requestFor(rule.target, { path: `${one(allow_paths)}/lib/file${at}.ts` }, at);
  }
  if (allow_apps) return requestFor(rule.target, { app: one(allow_apps) }, at);
  const url = `https://www.${one(allow_domains ?? [])}/page/${at}`;
  if (max_spend === undefined) return requestFor(rule.target, { url }, at);
  const amount = String(random.below(Number(max_spend.amount) + 1));
  return requestFor(rule.target, { url, amount: { amount, unit: UNIT } }, at);
}

function requestAnywhere(random: SeededRandom, at: number): ActionRequest {
  const [target, kind] = TARGETS[random.below(TARGETS.length)] as (typeof TARGETS)[number];
  const url = `https://host${random.below(1_000_000)}.example.org/`;
  const amount = { amount: String(random.below(CAPS)), unit: UNIT };
  const params = {
    domain: { url },
    path: { path: `/var/lib/f${random.below(1_000_000)}` },
    app: { app: `Other ${random.below(1_000_000)}` },
    spend: { url, amount },
  };
  return requestFor(target, params[kind], at);
}

function requestFor(target: string, params: ActionRequest['params'], at: number): ActionRequest {
  return { target, params, context: { agent_id: 'agent://local/bench' }, nonce: String(at) };
}
