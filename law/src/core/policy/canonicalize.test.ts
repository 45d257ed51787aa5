import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '@ioi/canon';
import { type ActionRules, isActionRules } from '@ioi/protocol';
import * as fc from 'fast-check';
import { anyRules } from '../../testing/random-policies.ts';
import { canonicalize, policyHash } from './canonicalize.ts';
import { compilePolicy } from './compile.ts';
import { loadPolicy } from './load.ts';

const base = { policy_id: 'p', defaults: 'deny_all' } as const;

/** Rules, and the same rules with every order that means nothing turned around. */
const shuffledTwins = anyRules.chain((rules) =>
  fc
    .shuffledSubarray([...rules.rules, ...rules.rules], { minLength: rules.rules.length * 2 })
    .map((shuffled) => [rules, { ...rules, rules: shuffled.map(reverseLists) }] as const),
);

function reverseLists(rule: ActionRules['rules'][number]): ActionRules['rules'][number] {
  const turned = Object.entries(rule.conditions)
    .reverse()
    .map(([name, value]) => [name, Array.isArray(value) ? [...value, ...value].reverse() : value]);
  return { ...rule, conditions: Object.fromEntries(turned) as typeof rule.conditions };
}

test('canonicalizing twice changes nothing', () => {
  fc.assert(
    fc.property(anyRules, (rules) => {
      const once = canonicalize(rules);
      assert.deepEqual(canonicalize(once), once);
      assert.ok(isActionRules(once));
    }),
    { numRuns: 1000 },
  );
});

test('no order that means nothing changes the hash', () => {
  fc.assert(
    fc.property(shuffledTwins, ([rules, twin]) => {
      assert.deepEqual(canonicalize(twin), canonicalize(rules));
      assert.equal(policyHash(twin), policyHash(rules));
    }),
    { numRuns: 1000 },
  );
});

test('the hash is the digest of the canonical form and of what is evaluated', () => {
  fc.assert(
    fc.property(anyRules, (rules) => {
      const digest = digestOf(canonicalize(rules));
      assert.ok(digest.ok);
      assert.equal(policyHash(rules), digest.value);
      const policy = compilePolicy(rules);
      assert.equal(policy.policyHash, digest.value);
      assert.deepEqual(policy.rules, canonicalize(rules));
    }),
    { numRuns: 500 },
  );
});

test('the canonical form is an authored policy that loads to itself', () => {
  fc.assert(
    fc.property(anyRules, (rules) => {
      const named = rules.rules.map((rule, at) => ({ ...rule, rule_id: `r${at}` }));
      const canonical = canonicalize({ ...rules, rules: named });
      const loaded = loadPolicy(JSON.stringify(canonical));
      assert.ok(loaded.ok, JSON.stringify(loaded));
      assert.deepEqual(loaded.value.rules, canonical);
      assert.equal(loaded.value.policyHash, policyHash(canonical));
    }),
    { numRuns: 500 },
  );
});

test('rules are sorted by target, action, conditions and name', () => {
  const rule = (rule_id: string, target: string, action: 'ALLOW' | 'BLOCK' | 'REQUIRE_APPROVAL') =>
    ({ rule_id, target, conditions: {}, action }) as const;
  const rules = [
    rule('z', 'net::fetch', 'BLOCK'),
    rule('b', 'fs::write', 'ALLOW'),
    rule('a', 'fs::write', 'ALLOW'),
    rule('c', 'fs::write', 'REQUIRE_APPROVAL'),
    rule('d', 'fs::write', 'BLOCK'),
    rule('a', 'fs::write', 'ALLOW'),
    rule('y', 'fs::*', 'ALLOW'),
  ];
  const sorted = canonicalize({ ...base, rules }).rules.map(({ rule_id }) => rule_id);
  assert.deepEqual(sorted, ['y', 'd', 'c', 'a', 'b', 'z']);
});

test('sets are sorted by UTF-16 code units and priorities keep their order', () => {
  const rules = canonicalize({
    ...base,
    rules: [
      {
        rule_id: 'r',
        target: 'gui::click',
        conditions: { allow_apps: ['\u{1F600}', '\uFF21', 'b', 'B', 'b', 'Cafe\u0301', 'Café'] },
        action: 'ALLOW',
      },
    ],
    ontology_policy: {
      tool_preferences: {
        install_manager_priority: ['pip3', 'apt-get', 'brew'],
        forbidden_remediation_tools: ['rm', 'dd', 'rm'],
      },
    },
  });
  assert.deepEqual(rules.rules[0]?.conditions.allow_apps, [
    'B',
    'Café',
    'b',
    '\u{1F600}',
    '\uFF21',
  ]);
  assert.deepEqual(rules.ontology_policy?.tool_preferences, {
    install_manager_priority: ['pip3', 'apt-get', 'brew'],
    forbidden_remediation_tools: ['dd', 'rm'],
  });
});

test('what has no canonical form stays as it is', () => {
  const conditions = { allow_domains: ['a b', 'A.com'], allow_paths: ['~/x', '/a/'] };
  const rule = { rule_id: 'r', target: 'fs::read', conditions, action: 'ALLOW' as const };
  assert.deepEqual(canonicalize({ ...base, rules: [rule] }).rules[0]?.conditions, {
    allow_domains: ['a b', 'a.com'],
    allow_paths: ['/a', '~/x'],
  });
});
