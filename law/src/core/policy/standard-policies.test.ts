import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ActionFacts, ActionRequest } from '@ioi/protocol';
import { unusedBudgets } from '../../testing/random-policies.ts';
import { compilePolicy } from './compile.ts';
import type { Decision } from './decision.ts';
import { evaluate } from './evaluate.ts';
import { loadPolicy } from './load.ts';
import { evaluateReference } from './reference.ts';
import { subjectOf } from './subject.ts';

/** The policies printed in the whitepaper (A.1, C.2), verbatim. */

type Params = ActionRequest['params'];
type Row = readonly [target: string, params: Params, code: string, ruleId?: string];

function load(name: string) {
  const file = new URL(`../../../fixtures/${name}.json.txt`, import.meta.url);
  const loaded = loadPolicy(readFileSync(file, 'utf8'));
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.value;
}

function check(policy: ReturnType<typeof compilePolicy>, rows: readonly Row[], facts: ActionFacts) {
  for (const [target, params, code, ruleId] of rows) {
    const decision = decide(policy, [target, params], facts);
    const where = `${target} ${JSON.stringify(params)}`;
    assert.deepEqual([decision.code, decision.ruleId], [code, ruleId], where);
  }
}

function decide(
  policy: ReturnType<typeof compilePolicy>,
  [target, params]: readonly [target: string, params: Params],
  facts: ActionFacts = {},
  budgets = unusedBudgets,
): Decision {
  const context = { agent_id: 'agent://a/b' };
  const subject = subjectOf({ target, params, context, nonce: '0' }, facts);
  const decision = evaluate(policy, subject, budgets);
  assert.deepEqual(decision, evaluateReference(policy.rules, subject, budgets));
  return decision;
}

const units = (amount: string) => ({ amount, unit: 'unit' });

test('A.1 loads verbatim to a fixed hash', () => {
  const { policyHash, rules } = load('a1-production-assistant');
  assert.equal(
    policyHash,
    'sha256:07019224193fe23680dc64833068cccdbf798be6251f992fbc2109c2286be515',
  );
  assert.deepEqual(rules.ontology_policy?.tool_preferences?.install_manager_priority, [
    'apt-get',
    'brew',
    'pip3',
  ]);
});

test('A.1 decides as its text says', () => {
  const policy = compilePolicy(load('a1-production-assistant').rules);
  const amazon = (amount: string) => ({ url: 'https://www.amazon.com/buy', amount: units(amount) });
  const [deny, allowed] = ['policy.default_deny', 'policy.allowed'];
  const [blocked, asks] = ['policy.blocked', 'approval.required'];
  const rows: readonly Row[] = [
    ['net::fetch', { url: 'https://en.wikipedia.org/' }, allowed, 'allow_safe_browsing'],
    ['net::fetch', { url: 'https://wikipedia.org.evil.com/' }, deny],
    ['net::fetch', { url: 'https://notgithub.com/' }, deny],
    ['net::fetch', {}, deny],
    ['net::other', { url: 'https://github.com/' }, deny],
    ['fs::write', { path: '/tmp/x' }, allowed, 'allow_workspace_filesystem'],
    ['fs::write', { path: '/home/user/workspace/a/b' }, allowed, 'allow_workspace_filesystem'],
    ['fs::write', { path: '/home/user/workspace-2/a' }, deny],
    ['fs::write', { path: '/home/user/workspace/../.ssh/id' }, deny],
    ['fs::read', { path: '/tmp/x' }, deny],
    ['clipboard::write', { intents: ['pii_export'] }, blocked, 'block_pii_clipboard_export'],
    ['clipboard::write', {}, blocked, 'block_pii_clipboard_export'],
    ['clipboard::write', { intents: ['paste'] }, deny],
    ['gui::click', { app: 'VS Code' }, allowed, 'gui_sandbox_allow_vscode'],
    ['gui::click', { app: 'KeePass' }, deny],
    ['ucp::checkout', amazon('0'), allowed, 'commerce_spend_gate'],
    ['ucp::checkout', amazon('50000'), allowed, 'commerce_spend_gate'],
    ['ucp::checkout', amazon('50000.01'), asks, 'high_value_commerce_approval'],
    ['ucp::checkout', amazon('100000'), asks, 'high_value_commerce_approval'],
    ['ucp::checkout', amazon('100000.000000000000000001'), deny],
    ['ucp::checkout', { amount: units('1') }, asks, 'high_value_commerce_approval'],
    ['ucp::checkout', { url: 'https://www.amazon.com/' }, asks, 'high_value_commerce_approval'],
    ['gui::type', { text: 'my password' }, blocked, 'block_credential_typing'],
    // The pattern ends in three dots, which stand for any three characters.
    ['gui::type', { text: 'abc' }, blocked, 'block_credential_typing'],
    ['gui::type', { text: 'ab' }, deny],
    ['sys::exec', { command: 'ls' }, asks, 'system_command_allowlist'],
    ['wallet::sign', {}, asks, 'wallet_signing_gate'],
  ];
  check(policy, rows, {});
  const denied = decide(policy, ['fs::write', { path: '/etc/passwd' }]);
  assert.equal(denied.field, 'allow_paths');
  const beyond = decide(policy, ['ucp::checkout', amazon('100001')]);
  assert.equal(beyond.field, 'max_spend');
});

test('C.2 loads verbatim to a fixed hash, with rule names from their content', () => {
  const { policyHash, rules } = load('c2-research-safe');
  assert.equal(
    policyHash,
    'sha256:71b20a847bc91f7df5a46cd24b9fcc24155d2e71890378f8ce0c31abe0525bf2',
  );
  assert.deepEqual(
    rules.rules.map(({ rule_id, target }) => [rule_id, target]),
    [
      ['rule_dce39b813a19', 'fs::write'],
      ['rule_892daa78b257', 'net::fetch'],
      ['rule_213849690111', 'wallet::spend'],
    ],
  );
});

test('C.2 decides as its text says', () => {
  const policy = compilePolicy(load('c2-research-safe').rules);
  const [deny, allowed, asks] = ['policy.default_deny', 'policy.allowed', 'approval.required'];
  const [write, fetch, spend] = ['rule_dce39b813a19', 'rule_892daa78b257', 'rule_213849690111'];
  const rows: readonly Row[] = [
    ['net::fetch', { url: 'https://arxiv.org/abs/1' }, allowed, fetch],
    ['net::fetch', { url: 'https://example.com/' }, deny],
    ['fs::write', { path: '/w/summaries/a.md' }, allowed, write],
    ['fs::write', { path: '/w/summaries/2026/a.md' }, allowed, write],
    ['fs::write', { path: '/w/summaries' }, deny],
    ['fs::write', { path: '/w/.ssh/id' }, deny],
    ['fs::write', { path: '/summaries/a.md' }, deny],
    ['wallet::spend', { amount: units('50') }, asks, spend],
    ['wallet::spend', { amount: units('50.01') }, 'policy.budget_exhausted', spend],
    ['wallet::spend', { amount: { amount: '1', unit: 'usd' } }, asks, spend],
    ['wallet::spend', {}, asks, spend],
  ];
  check(policy, rows, { workspace_root: '/w' });
  const nowhere = decide(policy, ['fs::write', { path: '/w/summaries/a.md' }]);
  assert.equal(nowhere.code, deny);
});

test('C.2 counts ten fetches a minute and fifty units a session', () => {
  const policy = compilePolicy(load('c2-research-safe').rules);
  const params = { url: 'https://arxiv.org/abs/1' };
  const used = (calls: number) => ({ ...unusedBudgets, calls: () => calls });
  const tenth = decide(policy, ['net::fetch', params], {}, used(9));
  assert.equal(tenth.code, 'policy.allowed');
  const kept = { window_ms: 60_000, most: 10 };
  assert.deepEqual(tenth.reservations, [{ budget_id: 'rate:net::fetch', calls: 1, ...kept }]);
  const eleventh = decide(policy, ['net::fetch', params], {}, used(10));
  assert.equal(eleventh.code, 'policy.budget_exhausted');
  assert.equal(eleventh.field, 'rate_limit');
  const spent = { ...unusedBudgets, spent: () => 49n * 10n ** 18n };
  const pay = (amount: string) =>
    decide(policy, ['wallet::spend', { amount: units(amount) }], {}, spent).code;
  assert.equal(pay('1'), 'approval.required');
  assert.equal(pay('1.01'), 'policy.budget_exhausted');
});
