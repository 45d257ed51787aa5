import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import type { Truth } from './condition.ts';
import { conditionNames, conditions, matcherOf } from './conditions.ts';
import type { Action, ConditionName, Conditions } from './rules.ts';
import { subjectOf } from './subject.ts';

type Origin = NonNullable<ActionFacts['provenance']>['destinations'][number];
type Row = readonly [given: Conditions, params: Record<string, unknown>, truth: Truth];

function truthOf(given: Conditions, params: object, action: Action, facts: ActionFacts): Truth {
  const [name] = Object.keys(given) as ConditionName[];
  const context = { agent_id: 'agent://a/b' };
  const request = { target: 'a::b', params, context, nonce: '0' } as ActionRequest;
  const matcher = matcherOf(name as ConditionName, given, action);
  assert.ok(matcher);
  return matcher(subjectOf(request, facts));
}

function check(rows: readonly Row[], action: Action = 'ALLOW', facts: ActionFacts = {}): void {
  for (const [given, params, truth] of rows) {
    const where = `${action} ${JSON.stringify([given, params])}`;
    assert.equal(truthOf(given, params, action, facts), truth, where);
  }
}

test('allow_domains looks at the canonical host, label by label', () => {
  const given = { allow_domains: ['a.com', 'xn--bcher-kva.de'] };
  check([
    [given, { url: 'https://a.com/' }, 'yes'],
    [given, { url: 'https://b.A.com.:8443/x' }, 'yes'],
    [given, { url: 'https://BÜCHER.de/' }, 'yes'],
    [given, { host: 'x.a.com' }, 'yes'],
    [given, { url: 'https://aa.com/' }, 'no'],
    [given, { url: 'https://a.com@b.com/' }, 'no'],
    [given, { url: 'https://a.com.b.com/' }, 'no'],
    [given, {}, 'unknown'],
    [given, { url: 7 }, 'unknown'],
    [given, { url: 'a.com' }, 'unknown'],
    [{ allow_domains: ['a*'] }, { host: 'b.com' }, 'unknown'],
  ]);
});

test('allow_origins looks at every destination for ALLOW and at any for the others', () => {
  const given = { allow_origins: ['named', 'user'] };
  const seen = (...destinations: Origin[]) => ({ provenance: { destinations, labels: [] } });
  check([[given, {}, 'unknown']]);
  for (const [destinations, allowed, restricted] of [
    [[], 'yes', 'no'],
    [['user', 'named'], 'yes', 'yes'],
    [['user', 'content'], 'no', 'yes'],
    [['unknown'], 'no', 'no'],
  ] as [Origin[], Truth, Truth][]) {
    check([[given, {}, allowed]], 'ALLOW', seen(...destinations));
    check([[given, {}, restricted]], 'REQUIRE_APPROVAL', seen(...destinations));
  }
});

test('block_flows matches where all labels of one entry were read', () => {
  const given = { block_flows: ['sensitivity:bank+server:mail', 'server:secrets'] };
  const read = (...labels: string[]) => ({ provenance: { destinations: [], labels } });
  check([[given, {}, 'unknown']], 'BLOCK');
  check([[given, {}, 'no']], 'BLOCK', read('server:mail'));
  check([[given, {}, 'no']], 'BLOCK', read('server:mail', 'sensitivity:banking'));
  check([[given, {}, 'yes']], 'BLOCK', read('server:mail', 'sensitivity:bank'));
  check([[given, {}, 'yes']], 'BLOCK', read('server:secrets'));
});

test('requested is what the task asks for, and unknown without a task', () => {
  const asked = (requested: boolean) => ({
    provenance: { requested, destinations: [], labels: [] },
  });
  check([[{ requested: true }, {}, 'unknown']]);
  check([[{ requested: true }, {}, 'yes']], 'ALLOW', asked(true));
  check([[{ requested: true }, {}, 'no']], 'ALLOW', asked(false));
  check([[{ requested: false }, {}, 'yes']], 'BLOCK', asked(false));
});

test('allow_paths looks at every path for ALLOW and at any path for the others', () => {
  const given = { allow_paths: ['/w', './notes', '/x/*/y'] };
  const both: readonly Row[] = [
    [given, { path: '/w/a' }, 'yes'],
    [given, { path: '/x/1/y/z' }, 'yes'],
    [given, { path: '/x/y' }, 'no'],
    [given, { path: '/r/notes/n' }, 'yes'],
    [given, {}, 'unknown'],
    [given, { path: 'w/a' }, 'unknown'],
  ];
  const facts = { workspace_root: '/r' };
  check(both, 'ALLOW', facts);
  check(both, 'BLOCK', facts);
  check([[given, { source: '/w/a', destination: '/z' }, 'no']], 'ALLOW', facts);
  check([[given, { source: '/w/a', destination: '/z' }, 'yes']], 'BLOCK', facts);
  check([[given, { source: '/w/a', destination: 7 }, 'unknown']], 'ALLOW', facts);
  check([[given, { source: '/w/a', destination: 7 }, 'yes']], 'REQUIRE_APPROVAL', facts);
  check([[given, { source: '/z', destination: 7 }, 'unknown']], 'BLOCK', facts);
  check([[given, { path: '/r/notes/n' }, 'unknown']], 'ALLOW', {});
  check([[given, { path: '/z' }, 'unknown']], 'BLOCK', {});
});

test('allow_apps compares whole names in NFC', () => {
  const given = { allow_apps: ['Café', 'VS Code'] };
  check([
    [given, { app: 'Cafe\u0301' }, 'yes'],
    [given, { app: 'VS' }, 'no'],
    [given, { app: 'vs code' }, 'no'],
    [given, {}, 'unknown'],
    [given, { app: ['VS Code'] }, 'unknown'],
  ]);
});

test('block_intents needs one of its intents, and every intent to be readable to say no', () => {
  const given = { block_intents: ['pii_export'] };
  const rows: readonly Row[] = [
    [given, { intents: ['x', 'pii_export'] }, 'yes'],
    [given, { intents: [7, 'pii_export'] }, 'yes'],
    [given, { intents: ['x'] }, 'no'],
    [given, { intents: [] }, 'no'],
    [given, { intents: [7, 'x'] }, 'unknown'],
    [given, { intents: 'pii_export' }, 'unknown'],
    [given, {}, 'unknown'],
  ];
  check(rows, 'BLOCK');
});

test('block_text_pattern searches in linear time', () => {
  const given = { block_text_pattern: '(a+)+$' };
  const reference = { $payload: `sha256:${'0'.repeat(64)}`, bytes: 3 };
  const rows: readonly Row[] = [
    [given, { text: 'xaa' }, 'yes'],
    [given, { text: `${'a'.repeat(50_000)}!` }, 'no'],
    [given, {}, 'no'],
    [given, { text: reference }, 'unknown'],
    [given, { text: reference, content: 'xaa' }, 'yes'],
    [{ block_text_pattern: '(' }, { text: 'x' }, 'unknown'],
  ];
  check(rows, 'BLOCK');
});

test('max_spend compares exact amounts of one unit', () => {
  const given = { max_spend: { amount: '0.3', unit: 'usd' } };
  const spend = (amount: unknown, unit: unknown = 'usd') => ({ amount: { amount, unit } });
  check([
    [given, spend('0.3'), 'yes'],
    [given, spend('0.300000000000000000'), 'yes'],
    [given, spend('0.300000000000000001'), 'no'],
    [given, spend('0.1', 'eur'), 'unknown'],
    [given, spend(0.1), 'unknown'],
    [given, spend('-1'), 'unknown'],
    [given, { amount: '0.1' }, 'unknown'],
    [given, {}, 'unknown'],
  ]);
});

test('target_exists compares the fact', () => {
  const given = { target_exists: true };
  check([[given, {}, 'unknown']]);
  check([[given, {}, 'yes']], 'ALLOW', { target_exists: true });
  check([[given, {}, 'no']], 'ALLOW', { target_exists: false });
});

test('every condition says how it tightens, and only budgets count', () => {
  const direction = {
    allow: 'shrink',
    block: 'grow',
    max: 'shrink',
    rate: 'shrink',
    expires: 'shrink',
  } as const;
  for (const name of conditionNames) {
    const prefix = name.split('_')[0] as keyof typeof direction;
    assert.equal(conditions[name].tightens, direction[prefix] ?? 'neither', name);
  }
  const budgets = conditionNames.filter((name) => conditions[name].isBudget);
  assert.deepEqual(budgets, [
    'expires',
    'rate_limit',
    'rate_limit_per_origin',
    'max_session_spend',
    'max_day_spend',
  ]);
});
