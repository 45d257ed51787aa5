import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { SeededRandom } from '@ioi/basis';
import type { ActionFacts, ActionRequest, ActionRules } from '@ioi/protocol';

/** Random policies and requests of the part of the language that Cedar can say as well. */

type Rule = ActionRules['rules'][number];

export type Asked = { readonly request: ActionRequest; readonly facts: ActionFacts };
/** Whether a request may go ahead, with or without a person. */
export type Engine = (asked: Asked) => boolean;

const TARGETS = ['net::fetch', 'fs::write', 'ucp::pay'];
const DOMAINS = ['com', 'a.com', 'b.a.com', 'b.com', 'c.b.a.com'];
const PATHS = ['/', '/w', '/w/a', '/w/a/b', '/x', '/wa'];
const APPS = ['one', 'two', 'three'];

export function randomPolicy(random: SeededRandom): ActionRules {
  const rules = Array.from({ length: 2 + random.below(9) }, (_, at): Rule => {
    const action = oneOf(random, ['ALLOW', 'ALLOW', 'REQUIRE_APPROVAL', 'BLOCK'] as const);
    const conditions: Rule['conditions'] = {};
    const several = (values: readonly string[]): string[] => [
      ...new Set([oneOf(random, values), oneOf(random, values)]),
    ];
    if (random.below(2) === 0) conditions.allow_domains = several(DOMAINS);
    if (random.below(3) === 0) conditions.allow_paths = several(PATHS);
    if (random.below(4) === 0) conditions.allow_apps = several(APPS);
    if (random.below(3) === 0) {
      conditions.max_spend = { amount: String(random.below(6)), unit: 'usd' };
    }
    if (random.below(4) === 0) conditions.target_exists = random.below(2) === 0;
    return { rule_id: `rule_${at}`, target: oneOf(random, TARGETS), conditions, action };
  });
  return { policy_id: 'random', defaults: 'deny_all', rules };
}

export function randomRequest(random: SeededRandom): Asked {
  const params: Record<string, unknown> = {};
  const often = (): boolean => random.below(8) > 0;
  if (often()) params['host'] = oneOf(random, [...DOMAINS, 'x.a.com', 'za.com', 'org']);
  if (often()) params['path'] = oneOf(random, [...PATHS, '/w/a/b/c', '/w/ab', '/x/y']);
  if (often()) params['app'] = oneOf(random, [...APPS, 'four']);
  if (often()) params['amount'] = { amount: String(random.below(8)), unit: 'usd' };
  const facts = often() ? { target_exists: random.below(2) === 0 } : {};
  const context = { agent_id: 'agent://local/random' } as const;
  const target = oneOf(random, TARGETS);
  return { request: { target, params, context, nonce: '0' }, facts };
}

export function cedarEngine({ rules }: ActionRules): Engine {
  const staticPolicies = rules.map(cedarPolicy).join('\n');
  const parsed = cedar.preparsePolicySet('evidence', { staticPolicies });
  if (parsed.type !== 'success') throw new Error('Cedar refused the policies');
  return ({ request: { target, params }, facts }) => {
    const { host, path, app, amount } = params as Record<string, string | undefined> & {
      amount?: { amount: string };
    };
    const known = { host, path, app, exists: facts.target_exists };
    const context = {
      ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
      ...(amount === undefined ? {} : { amount: Number(amount.amount) }),
    };
    const answer = cedar.statefulIsAuthorized({
      principal: { type: 'Agent', id: 'any' },
      action: { type: 'Action', id: target },
      resource: { type: 'Thing', id: 'any' },
      context,
      preparsedPolicySetId: 'evidence',
      entities: [],
    });
    if (answer.type !== 'success') throw new Error('Cedar did not answer');
    return answer.response.decision === 'allow';
  };
}

/** What may go ahead is permitted, what is blocked forbidden; a missing value restricts. */
function cedarPolicy({ target, action, conditions }: Rule): string {
  const { allow_domains, allow_paths, allow_apps, max_spend, target_exists } = conditions;
  const clauses: string[] = [];
  const add = (field: string, holds: string): void => {
    const known = `context has ${field}`;
    clauses.push(action === 'ALLOW' ? `(${known} && (${holds}))` : `(!(${known}) || (${holds}))`);
  };
  const within = (field: string, entry: string, like: string): string =>
    `(context.${field} == "${entry}" || context.${field} like "${like}")`;
  if (allow_domains) {
    add('host', allow_domains.map((each) => within('host', each, `*.${each}`)).join(' || '));
  }
  if (allow_paths) {
    const places = allow_paths.map((each) => within('path', each, `${each.replace(/\/$/, '')}/*`));
    add('path', places.join(' || '));
  }
  if (allow_apps) add('app', `${JSON.stringify(allow_apps)}.contains(context.app)`);
  if (max_spend) add('amount', `context.amount <= ${max_spend.amount}`);
  if (target_exists !== undefined) add('exists', `context.exists == ${target_exists}`);
  const effect = action === 'BLOCK' ? 'forbid' : 'permit';
  const when = clauses.length === 0 ? 'true' : clauses.join(' && ');
  return `${effect}(principal, action == Action::"${target}", resource) when { ${when} };`;
}

function oneOf<T>(random: SeededRandom, values: readonly T[]): T {
  return values[random.below(values.length)] as T;
}
