import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processorMs } from '@ioi/basis/testing';
import { type ActionRules, isActionRules } from '@ioi/protocol';
import * as fc from 'fast-check';
import { runPolicyTests } from './examples.ts';
import type { PolicyError } from './faults.ts';
import { type LoadedPolicy, loadPolicy } from './load.ts';

type Authored = Record<string, unknown>;

function ruleWith(conditions: unknown, more: Authored = {}): Authored {
  return { rule_id: 'r', target: 'fs::write', action: 'REQUIRE_APPROVAL', conditions, ...more };
}

function policyWith(...rules: unknown[]): string {
  return JSON.stringify({ policy_id: 'p', defaults: 'deny_all', rules });
}

function loaded(text: string): LoadedPolicy {
  const result = loadPolicy(text);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

function refused(text: string): readonly PolicyError[] {
  const result = loadPolicy(text);
  assert.ok(!result.ok, text);
  return result.error;
}

function conditionsOf(conditions: unknown, more: Authored = {}): unknown {
  return loaded(policyWith(ruleWith(conditions, more))).rules.rules[0]?.conditions;
}

test('aliases are rewritten to the canonical condition', () => {
  assert.deepEqual(conditionsOf({ allow_path: './a/' }), { allow_paths: ['./a'] });
  assert.deepEqual(conditionsOf({ allow_domain: '*.A.com' }), { allow_domains: ['a.com'] });
  assert.deepEqual(conditionsOf({ allow_app: 'Cafe\u0301' }), { allow_apps: ['Café'] });
  const cap = loaded(policyWith(ruleWith({}, { target: 'cap::spend' })));
  assert.equal(cap.rules.rules[0]?.target, 'wallet::spend');
});

test('rates are read as count and window', () => {
  const windows = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };
  for (const [name, window_ms] of Object.entries(windows)) {
    for (const text of [`10/${name}`, `10/${name[0]}`]) {
      assert.deepEqual(conditionsOf({ rate_limit: text }), {
        rate_limit: { count: 10, window_ms },
      });
    }
  }
  const canonical = { rate_limit: { count: 1000, window_ms: 1 } };
  assert.deepEqual(conditionsOf(canonical), canonical);
  for (const text of ['10', '0/minute', '01/minute', '1001/s', '1/week', '1/ms', '10 / minute']) {
    assert.equal(
      refused(policyWith(ruleWith({ rate_limit: text })))[0]?.code,
      'policy.invalid_rate',
    );
  }
});

test('bare amounts take the unit of the policy and keep every digit', () => {
  const text = (amount: string, unit = '"unit": "usd", ') =>
    `{"policy_id":"p",${unit}"rules":[{"rule_id":"r","target":"ucp::pay","action":"ALLOW",
      "conditions":{"max_spend":${amount}}}]}`;
  const spend = (amount: string, unit?: string) =>
    loaded(text(amount, unit)).rules.rules[0]?.conditions.max_spend;
  assert.deepEqual(spend('50000'), { amount: '50000', unit: 'usd' });
  assert.deepEqual(spend('"50.10"', ''), { amount: '50.1', unit: 'unit' });
  assert.deepEqual(spend('0.10'), { amount: '0.1', unit: 'usd' });
  assert.deepEqual(spend('{"amount":"1.0","unit":"eur"}'), { amount: '1', unit: 'eur' });
  const lost = ['0.10000000000000000001', '5e4', '1e-7', '-1', '-0', '1.0E0', '1e30'];
  for (const amount of [...lost, '"1e3"', '"-1"', '""', '{"amount":1,"unit":"usd"}']) {
    const [fault] = refused(text(amount));
    assert.equal(fault?.code, 'policy.invalid_amount', amount);
    assert.ok(fault.pointer.startsWith('/rules/0/conditions/max_spend'));
  }
  assert.equal(refused(text('9007199254740993'))[0]?.code, 'canon.unsafe_integer');
  assert.equal(refused(text('true'))[0]?.code, 'policy.wrong_type');
});

const faultyRules: readonly [rule: unknown, code: string, pointer: string][] = [
  [ruleWith({ allow_pahts: ['/a'] }), 'policy.unknown_condition', '/conditions/allow_pahts'],
  [ruleWith({ 'a/b~c': 1 }), 'policy.unknown_condition', '/conditions/a~1b~0c'],
  [ruleWith({ __proto__x: 1 }), 'policy.unknown_condition', '/conditions/__proto__x'],
  [ruleWith({ constructor: 1 }), 'policy.unknown_condition', '/conditions/constructor'],
  [ruleWith({}, { aciton: 'ALLOW' }), 'policy.unknown_field', '/aciton'],
  [ruleWith({}, { action: 'DENY' }), 'policy.unknown_action', '/action'],
  [ruleWith({}, { action: 7 }), 'policy.unknown_action', '/action'],
  [ruleWith({}, { rule_id: '' }), 'policy.out_of_range', '/rule_id'],
  [ruleWith({}, { rule_id: 'x'.repeat(257) }), 'policy.out_of_range', '/rule_id'],
  [ruleWith({}, { justification: 7 }), 'policy.wrong_type', '/justification'],
  [ruleWith({}, { target: 'fs:write' }), 'policy.invalid_target', '/target'],
  [ruleWith({}, { target: 'fs' }), 'policy.invalid_target', '/target'],
  [ruleWith({}, { target: '*' }), 'policy.invalid_target', '/target'],
  [ruleWith({}, { target: 'fs::*::x' }), 'policy.invalid_target', '/target'],
  [ruleWith({}, { target: 7 }), 'policy.invalid_target', '/target'],
  [ruleWith({}, { target: 'cap::input' }), 'policy.deprecated_target', '/target'],
  [ruleWith({}, { target: 'prim://fs.read' }), 'policy.capability_uri', '/target'],
  [ruleWith({}, { target: 'scope://gmail' }), 'policy.capability_uri', '/target'],
  [ruleWith([]), 'policy.wrong_type', '/conditions'],
  [ruleWith({ allow_paths: [] }), 'policy.out_of_range', '/conditions/allow_paths'],
  [ruleWith({ allow_paths: '/a' }), 'policy.wrong_type', '/conditions/allow_paths'],
  [ruleWith({ allow_paths: [7] }), 'policy.wrong_type', '/conditions/allow_paths/0'],
  [ruleWith({ allow_path: ['/a'] }), 'policy.wrong_type', '/conditions/allow_path'],
  [ruleWith({ allow_paths: ['/a', '~/b'] }), 'policy.invalid_path', '/conditions/allow_paths/1'],
  [ruleWith({ allow_paths: [''] }), 'policy.invalid_path', '/conditions/allow_paths/0'],
  [ruleWith({ allow_domains: ['a.*.c'] }), 'policy.invalid_host', '/conditions/allow_domains/0'],
  [ruleWith({ allow_domain: 'https://a' }), 'policy.invalid_host', '/conditions/allow_domain'],
  [ruleWith({ target_exists: 1 }), 'policy.wrong_type', '/conditions/target_exists'],
  [
    ruleWith({ block_text_pattern: '(?=a)' }),
    'policy.invalid_pattern',
    '/conditions/block_text_pattern',
  ],
  [
    ruleWith({ block_text_pattern: '(a)\\1' }),
    'policy.invalid_pattern',
    '/conditions/block_text_pattern',
  ],
  [
    ruleWith({ block_intents: ['x'] }, { action: 'ALLOW' }),
    'policy.condition_not_for_action',
    '/conditions/block_intents',
  ],
  [
    ruleWith({ rate_limit: '1/s' }, { action: 'BLOCK' }),
    'policy.condition_not_for_action',
    '/conditions/rate_limit',
  ],
  [
    ruleWith({ allow_path: '/a', allow_paths: ['/a'] }),
    'policy.conflicting_alias',
    '/conditions/allow_path',
  ],
  [ruleWith({}, { match: [7] }), 'policy.wrong_type', '/match/0'],
  [ruleWith({}, { match: [{ params: 7 }] }), 'policy.invalid_example', '/match/0/params'],
  [
    ruleWith({}, { not_match: [{ params: {}, facts: { moon: 1 } }] }),
    'policy.invalid_example',
    '/not_match/0/facts',
  ],
  [
    ruleWith({}, { match: [{ params: {}, context: { agent_id: 'x' } }] }),
    'policy.invalid_example',
    '/match/0/context',
  ],
  [{ rule_id: 'r', target: 'fs::read', action: 'ALLOW' }, 'policy.missing_field', ''],
  [7, 'policy.wrong_type', ''],
];

test('everything unknown, mistyped or missing is refused with its place', () => {
  for (const [rule, code, pointer] of faultyRules) {
    const errors = refused(policyWith(rule));
    const found = errors.map((each) => `${each.code} ${each.pointer}`);
    assert.deepEqual(found, [`${code} /rules/0${pointer}`], JSON.stringify(rule));
  }
});

test('the policy itself is checked as strictly', () => {
  const rows: readonly [string, string, string][] = [
    ['{"policy_id":"p"}', 'policy.missing_field', ''],
    ['{"policy_id":"p","rules":{}}', 'policy.wrong_type', '/rules'],
    ['{"policy_id":"p","rules":[],"default":"x"}', 'policy.unknown_field', '/default'],
    ['{"policy_id":"p","rules":[],"defaults":"allow_all"}', 'policy.not_default_deny', '/defaults'],
    ['{"policy_id":"p","rules":[],"unit":"u d"}', 'policy.invalid_amount', '/unit'],
    ['{"policy_id":7,"rules":[]}', 'policy.wrong_type', '/policy_id'],
    ['{"policy_id":"p","rules":[],"rules":[]}', 'canon.duplicate_key', '/rules'],
    ['{"policy_id":"\\ud800","rules":[]}', 'canon.lone_surrogate', '/policy_id'],
    ['[]', 'policy.wrong_type', ''],
    ['null', 'policy.wrong_type', ''],
    ['', 'canon.syntax', ''],
    ['\ufeff{}', 'canon.bom', ''],
    [`${'['.repeat(5000)}`, 'canon.too_deep', '/0'.repeat(128)],
  ];
  for (const [text, code, pointer] of rows) {
    const [first] = refused(text);
    assert.equal(`${first?.code} ${first?.pointer}`, `${code} ${pointer}`, text.slice(0, 60));
  }
  assert.equal(refused(' '.repeat(8 * 1024 * 1024 + 1))[0]?.code, 'canon.too_large');
  const ontology = (value: string) =>
    refused(`{"policy_id":"p","rules":[],"ontology_policy":${value}}`)[0]?.pointer;
  assert.equal(ontology('{"moon":1}'), '/ontology_policy/moon');
  assert.equal(
    ontology('{"intent_failure_overrides":[{"intent_class":"a"}]}'),
    '/ontology_policy/intent_failure_overrides/0',
  );
  assert.equal(
    ontology('{"tool_preferences":{"bounded_reprompt_limit":1.5}}'),
    '/ontology_policy/tool_preferences/bounded_reprompt_limit',
  );
});

test('all faults are reported, each with line, column and the nearest name', () => {
  const text = `{
  // a policy with two mistakes
  "policy_id": "p",
  "ruels": [],
  "rules": [
    {"target": "fs::write", "action": "ask",
     "conditions": {"alow_paths": ["/a"],},},
  ],
}`;
  const errors = refused(text).map(({ code, line, column, hint }) => ({
    code,
    line,
    column,
    hint,
  }));
  assert.deepEqual(errors, [
    { code: 'policy.unknown_field', line: 4, column: 3, hint: 'did you mean `rules`?' },
    {
      code: 'policy.unknown_action',
      line: 6,
      column: 39,
      hint: 'did you mean `REQUIRE_APPROVAL`?',
    },
    {
      code: 'policy.unknown_condition',
      line: 7,
      column: 21,
      hint: 'did you mean `allow_paths`?',
    },
  ]);
  const hint = (rule: unknown) => refused(policyWith(rule))[0]?.hint;
  assert.equal(hint(ruleWith({}, { target: 'fs.write' })), 'did you mean `fs::write`?');
  assert.equal(hint(ruleWith({}, { target: 'fs' })), 'did you mean `fs::*`?');
  assert.equal(hint(ruleWith({}, { action: 'DENY' })), 'did you mean `BLOCK`?');
  assert.equal(hint(ruleWith({}, { action: 'toString' })), undefined);
});

test('a missing rule_id is derived from what the rule says, not from where it stands', () => {
  const unnamed = (target: string) => ({ target, conditions: {}, action: 'ALLOW' });
  const ids = (text: string) =>
    Object.fromEntries(loaded(text).rules.rules.map((rule) => [rule.target, rule.rule_id]));
  const one = ids(policyWith(unnamed('fs::read'), unnamed('fs::write')));
  const other = ids(policyWith(unnamed('fs::write'), unnamed('fs::read'), unnamed('fs::read')));
  assert.deepEqual(one, other);
  assert.match(one['fs::read'] ?? '', /^rule_[0-9a-f]{12}$/);
  assert.notEqual(one['fs::read'], one['fs::write']);
});

test('one name for two rules is refused, the same rule twice is one rule', () => {
  const rule = ruleWith({ allow_paths: ['/a'] });
  assert.equal(loaded(policyWith(rule, ruleWith({ allow_path: '/a/' }))).rules.rules.length, 1);
  const [fault] = refused(policyWith(rule, ruleWith({ allow_paths: ['/b'] })));
  assert.equal(`${fault?.code} ${fault?.pointer}`, 'policy.duplicate_rule_id /rules/1/rule_id');
});

test('a fourth rate window on one target is refused', () => {
  const rate = (window_ms: number, target = 'fs::write') =>
    ruleWith(
      { rate_limit: { count: 1, window_ms } },
      { rule_id: `r${window_ms}${target}`, target },
    );
  loaded(policyWith(rate(1), rate(2), rate(3), rate(4, 'fs::read')));
  const [fault] = refused(policyWith(rate(1), rate(2), rate(3), rate(4)));
  assert.equal(fault?.code, 'policy.too_many_windows');
  assert.equal(fault?.pointer, '/rules/3/conditions/rate_limit');
});

test('examples beside a rule say whether it matches, and leave the hash alone', () => {
  const conditions = { allow_paths: ['./notes'], target_exists: false };
  const facts = { workspace_root: '/w', target_exists: false };
  const rule = ruleWith(conditions, { action: 'ALLOW', target: 'fs::*' });
  const withExamples = {
    ...rule,
    justification: 'notes are ours',
    match: [{ params: { path: '/w/notes/a' }, facts }],
    not_match: [
      { path: '/w/notes/a' },
      { params: { path: '/w/other' }, facts, context: { window_id: '7' } },
      { params: { path: '/w/notes/b' }, facts },
    ],
  };
  const policy = loaded(policyWith(withExamples));
  assert.equal(policy.policyHash, loaded(policyWith(rule)).policyHash);
  const results = runPolicyTests(policy);
  assert.deepEqual(
    results.map(({ pointer, isPassed }) => `${pointer} ${isPassed}`),
    [
      '/rules/0/match/0 true',
      '/rules/0/not_match/0 true',
      '/rules/0/not_match/1 true',
      '/rules/0/not_match/2 false',
    ],
  );
  assert.ok(
    results.every(({ ruleId, line, column }) => ruleId === 'r' && line === 1 && column > 1),
  );
});

test('any text loads or is refused, and what loads is an artifact', () => {
  const word = fc.constantFrom('policy_id', 'rules', 'defaults', 'unit', 'match', 'conditions');
  const value = fc.jsonValue({ maxDepth: 3 });
  const rule = fc.record(
    { target: fc.constantFrom<unknown>('fs::write', 7), action: value, conditions: value },
    { requiredKeys: [] },
  );
  const policy = fc.record(
    {
      policy_id: value,
      rules: fc.oneof(value, fc.array(rule)),
      unit: value,
      ontology_policy: value,
    },
    { requiredKeys: [] },
  );
  const text = fc.oneof(
    fc.string(),
    policy.map((each) => JSON.stringify(each)),
    fc.dictionary(word, value).map((each) => JSON.stringify(each)),
  );
  fc.assert(
    fc.property(text, (authored) => {
      const result = loadPolicy(authored);
      if (result.ok) assert.ok(isActionRules(result.value.rules));
      else assert.ok(result.error.every(({ line, column }) => line > 0 && column > 0));
    }),
    { numRuns: 3000 },
  );
});

test('100,000 rules load in a few seconds, 100,000 faults are cut short', async () => {
  const rules = Array.from({ length: 100_000 }, (_, at) => ({
    target: at % 2 === 0 ? 'net::fetch' : 'ucp::pay',
    conditions: { allow_domain: `h${at}.com`, ...(at % 2 === 0 ? {} : { max_spend: at }) },
    action: 'ALLOW',
  }));
  const text = JSON.stringify({ policy_id: 'p', rules } satisfies Authored);
  assert.ok(text.length < 12 * 1024 * 1024);
  const fitting = JSON.stringify({ policy_id: 'p', rules: rules.slice(0, 70_000) });
  const took = await processorMs(() => {
    const policy: ActionRules = loaded(fitting).rules;
    assert.equal(policy.rules.length, 70_000);
  });
  assert.ok(took < 10_000, `${took} ms`);
  const errors = refused(JSON.stringify({ policy_id: 'p', rules: Array(100_000).fill(7) }));
  assert.equal(errors.length, 1001);
  assert.equal(errors.at(-1)?.code, 'policy.too_many_errors');
});
