import { type SeededRandom, seededRandom } from '@ioi/basis';
import type { ActionFacts, ActionRequest, ActionRules } from '@ioi/protocol';
import { rateBudgetId } from '../core/policy/budgets.ts';
import { canonicalize } from '../core/policy/canonicalize.ts';
import { budgetsIn, type Situation, subjectIn } from '../core/policy/inclusion/index.ts';

import { referenceOf } from '../core/policy/reference.ts';
import { rankOf } from '../core/policy/rules.ts';
import {
  oneOf,
  type Part,
  type RequestAspect,
  requestCondition,
  requestParts,
  someOf,
  subsets,
  WINDOW_MS,
} from './small-requests.ts';

/**
 * Policies over so few names that every request they could tell apart can be tried, with the slow
 * evaluator, which knows nothing of classes or of what is largest.
 */

type Rule = ActionRules['rules'][number];
type Conditions = Rule['conditions'];
type Action = Rule['action'];

const ONE = 10n ** 18n;
const TARGETS = ['fs::read', 'fs::move', 'fs::*'];
const ENTRIES = ['/', '/a', '/a/b', '/a/*', '/**/b', '/a*', './b', '.', './*/b', '**/b', '/A'];
const NAMES = ['a', 'b', 'ax', 'x', 'A', 'B'];
const WORKSPACES = [undefined, '/', '/a', '/a/b', '/x', '/x/x', '/ax', '/x/a', '/A', '/A/b'];
const HOSTS = ['com', 'a.com', 'b.a.com'];
const APPS = ['one', 'two'];
const INTENTS = ['leak', 'spy'];
const PATTERNS = ['a', '^b', 'a|b', 'ab$'];
const TEXTS = ['', 'a', 'b', 'ab', 'ba', 'bab', 'c', 'aba', 'cb', 'abc'];

export type Aspect =
  | 'host'
  | 'app'
  | 'existence'
  | 'cap'
  | 'port'
  | 'place'
  | 'day'
  | 'amount'
  | 'paths'
  | 'intents'
  | 'text'
  | 'time'
  | 'calls'
  | RequestAspect;
const ASPECTS: readonly Aspect[] = [
  'host',
  'app',
  'existence',
  'amount',
  'paths',
  'paths',
  'intents',
  'text',
  'calls',
];

export type SmallPair = {
  readonly before: ActionRules;
  readonly after: ActionRules;
  readonly aspects: readonly Aspect[];
};

/** Two policies that speak of the same one to three aspects of requests. */
export function smallPair(seed: string, aspectsAllowed = ASPECTS, most = 4): SmallPair {
  const random = seededRandom(seed);
  const chosen = Array.from({ length: 1 + random.below(3) }, () => oneOf(random, aspectsAllowed));
  const aspects = [...new Set(chosen)];
  const before = Array.from({ length: 1 + random.below(most) }, () => anyRule(random, aspects));
  const after =
    random.below(3) === 0
      ? Array.from({ length: 1 + random.below(most) }, () => anyRule(random, aspects))
      : edited(random, before, aspects);
  return { before: policyOf(before), after: policyOf(after), aspects };
}

function policyOf(rules: readonly Rule[]): ActionRules {
  const named = rules.map((rule, at) => ({ ...rule, rule_id: `rule_${at}` }));
  return canonicalize({ policy_id: 'small', defaults: 'deny_all', rules: named });
}

function edited(random: SeededRandom, rules: readonly Rule[], aspects: readonly Aspect[]): Rule[] {
  const at = random.below(rules.length);
  const rule = rules[at] as Rule;
  switch (random.below(5)) {
    case 0:
      return rules.filter((_, each) => each !== at);
    case 1:
      return [...rules, anyRule(random, aspects)];
    case 2:
      return rules.map((each) => (each === rule ? anyRule(random, aspects) : each));
    case 3: {
      const more = conditionsOf(random, rule.action, aspects);
      return rules.map((each) =>
        each === rule ? { ...rule, conditions: { ...rule.conditions, ...more } } : each,
      );
    }
    default: {
      const { conditions } = anyRule(random, aspects, rule.action);
      return rules.map((each) => (each === rule ? { ...rule, conditions } : each));
    }
  }
}

function anyRule(random: SeededRandom, aspects: readonly Aspect[], given?: Action): Rule {
  const action = given ?? oneOf(random, ['ALLOW', 'ALLOW', 'BLOCK', 'REQUIRE_APPROVAL'] as const);
  const conditions = conditionsOf(random, action, aspects);
  return { rule_id: 'rule', target: oneOf(random, TARGETS), conditions, action };
}

function conditionsOf(
  random: SeededRandom,
  action: Action,
  aspects: readonly Aspect[],
): Conditions {
  const some = aspects.filter(() => random.below(4) > 0);
  return Object.assign({}, ...some.map((aspect) => conditionOf(random, action, aspect)));
}

function conditionOf(random: SeededRandom, action: Action, aspect: Aspect): Conditions {
  const cap = () => ({ amount: String(random.below(3)), unit: oneOf(random, ['usd', 'eur']) });
  const isRestrictive = action !== 'ALLOW';
  switch (aspect) {
    case 'host':
      return { allow_domains: someOf(random, HOSTS) };
    case 'app':
      return { allow_apps: someOf(random, APPS) };
    case 'existence':
      return { target_exists: random.below(2) === 0 };
    case 'cap':
      return { max_spend: cap() };
    case 'day':
      return action === 'BLOCK' ? {} : { max_day_spend: cap(), max_session_spend: cap() };
    case 'port':
      return {
        allow_ports: someOf(random, ['1', '2-3', '3-5', '5']),
        ...(random.below(2) === 0 ? { allow_protocols: someOf(random, ['http', 'ssh']) } : {}),
      };
    case 'place':
      return random.below(2) === 0
        ? { allow_methods: someOf(random, ['GET', 'PUT']) }
        : { allow_windows: someOf(random, ['1', '2']) };
    case 'amount':
      return random.below(2) === 0 || action === 'BLOCK'
        ? { max_spend: cap() }
        : { max_session_spend: cap() };
    case 'paths':
      return { allow_paths: someOf(random, ENTRIES) };
    case 'intents':
      return isRestrictive ? { block_intents: someOf(random, INTENTS) } : {};
    case 'text':
      return isRestrictive ? { block_text_pattern: oneOf(random, PATTERNS) } : {};
    case 'time':
      return isRestrictive ? {} : { expires: oneOf(random, ['2', '4']) };
    case 'calls':
      return action === 'BLOCK'
        ? {}
        : { rate_limit: { count: 1 + random.below(2), window_ms: WINDOW_MS } };
    default:
      return requestCondition(random, aspect, action !== 'BLOCK');
  }
}

/** The first situation of the universe that the second policy lets go further. */
export function searchWidening({ before, after, aspects }: SmallPair): Situation | undefined {
  const [then, now] = [referenceOf(before), referenceOf(after)];
  for (const situation of universe(aspects)) {
    const subject = subjectIn(situation);
    const budgets = budgetsIn(situation);
    const [was, is] = [then(subject, budgets), now(subject, budgets)];
    if (rankOf(is.verdict) > rankOf(was.verdict)) return situation;
  }
  return undefined;
}

function* universe(aspects: readonly Aspect[]): Generator<Situation> {
  const targets = ['fs::read', 'fs::move', 'fs::other', 'fs::delete'];
  for (const target of targets) {
    for (const parts of combinations(aspects.map((aspect) => partsOf(aspect)))) {
      const gather = (name: keyof Part): object =>
        Object.assign({}, ...parts.map((part) => part[name]));
      const params = gather('params') as ActionRequest['params'];
      const context = { agent_id: 'agent://local/any', ...gather('context') } as const;
      yield {
        request: { target, params, context, nonce: '0' },
        facts: gather('facts') as ActionFacts,
        calls: gather('calls') as Situation['calls'],
        spent: gather('spent') as Situation['spent'],
        ...parts.reduce((last, { time }) => (time === undefined ? last : { time }), {}),
      };
    }
  }
}

function* combinations(lists: readonly (readonly Part[])[]): Generator<readonly Part[]> {
  const [first, ...others] = lists;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const rest of combinations(others)) for (const part of first) yield [part, ...rest];
}

function partsOf(aspect: Aspect): readonly Part[] {
  switch (aspect) {
    case 'host':
      return ['com', 'a.com', 'b.a.com', 'x.b.a.com', 'org', undefined].map((host) =>
        host === undefined ? {} : { params: { host } },
      );
    case 'app':
      return [...APPS, 'three', undefined].map((app) =>
        app === undefined ? {} : { params: { app } },
      );
    case 'existence':
      return [{}, { facts: { target_exists: true } }, { facts: { target_exists: false } }];
    case 'text':
      return [{}, ...TEXTS.map((text) => ({ params: { text } }))];
    case 'intents':
      return [{}, ...subsets(INTENTS, 2).map((intents) => ({ params: { intents } }))];
    case 'cap':
    case 'amount':
      return [{}, ...amounts()];
    case 'day':
      return [{}, ...amounts().flatMap(withDay)];
    case 'port':
      return [undefined, 'http', 'ssh', 'ftp'].flatMap((protocol) =>
        ['none', 0, 1, 2, 3, 4, 5, 6].map((port) => {
          return { params: { port, ...(protocol === undefined ? {} : { protocol }) } };
        }),
      );
    case 'place':
      return [undefined, 'GET', 'put', 'HEAD'].flatMap((method) =>
        [undefined, '0', '1', '2'].map((window_id) => ({
          params: method === undefined ? {} : { method },
          context: window_id === undefined ? {} : { window_id },
        })),
      );
    case 'time':
      return ['0', '1', '2', '3', '4', '5'].map((time) => ({ time }));
    case 'calls':
      return callStates();
    case 'paths':
      return WORKSPACES.flatMap((workspace) => {
        const facts: ActionFacts = workspace === undefined ? {} : { workspace_root: workspace };
        return PATH_SETS.map((paths) => ({ facts, params: { paths } }));
      });
    default:
      return requestParts(aspect);
  }
}

function amounts(): readonly Part[] {
  return ['usd', 'eur', 'other'].flatMap((unit) =>
    ['0', '0.5', '1', '1.5', '2', '2.5'].flatMap((amount) =>
      [0n, ONE / 2n, ONE, 2n * ONE, 3n * ONE].map((spent) => ({
        params: { amount: { amount, unit } },
        spent: { [unit]: String(spent) },
      })),
    ),
  );
}

function withDay(part: Part): readonly Part[] {
  const [unit = ''] = Object.keys(part.spent ?? {});
  return [0n, ONE, 3n * ONE].map((spent) => {
    return { ...part, spent: { ...part.spent, [`${unit}/day`]: String(spent) } };
  });
}

function callStates(): readonly Part[] {
  let states: readonly Record<string, number>[] = [{}];
  for (const target of TARGETS) {
    const id = `${rateBudgetId(target)}:${WINDOW_MS}`;
    states = states.flatMap((state) => [0, 1, 2].map((count) => ({ ...state, [id]: count })));
  }
  return states.map((calls) => ({ calls }));
}

const PATHS = pathsUpTo(3);
const PATH_SETS: readonly (readonly string[])[] = [
  [],
  ...subsets(PATHS, 1).filter((set) => set.length > 0),
  ...subsets(pathsUpTo(2), 2).filter((set) => set.length === 2),
  ...subsets(['/', '/a', '/a/b', '/b', '/ax', '/x', '/x/a', '/x/b'], 3).filter(
    (set) => set.length === 3,
  ),
].map((set) => [...set]);

function pathsUpTo(depth: number): readonly string[] {
  let level = [''];
  const all = ['/'];
  for (let at = 0; at < depth; at += 1) {
    level = level.flatMap((path) => NAMES.map((name) => `${path}/${name}`));
    all.push(...level);
  }
  return all;
}
