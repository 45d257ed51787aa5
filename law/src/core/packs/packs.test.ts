import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRequest } from '@ioi/protocol';
import {
  type CompiledPolicy,
  compilePolicy,
  evaluate,
  loadPolicy,
  runPolicyTests,
  subjectOf,
} from '../policy/index.ts';
import { isExecutedLater } from './executed-later.ts';
import { packs } from './index.ts';
import { CREDENTIALS, EXECUTED_LATER, GIT, SYSTEM } from './places.ts';

function load(name: string) {
  const pack = packs.find((each) => each.name === name);
  assert.ok(pack, name);
  const loaded = loadPolicy(pack.text);
  assert.ok(loaded.ok, `${name}: ${JSON.stringify(loaded)}`);
  return loaded.value;
}

function verdictOn(policy: CompiledPolicy, target: string, params: object): string {
  const context = { agent_id: 'agent://a/b' };
  const request = { target, params, context, nonce: '1' } as ActionRequest;
  const subject = subjectOf(request, { workspace_root: '/w', target_exists: true });
  return evaluate(policy, subject, { calls: () => 0, spent: () => 0n }).verdict;
}

/** A path that the entry is about. */
function within(entry: string): string {
  return entry.replace('/**/', '/w/').replaceAll('*', 'x');
}

test('a pack is the very policy its name has stood for', () => {
  assert.deepEqual(
    packs.map(({ name }) => [name, load(name).policyHash]),
    [
      ['coding-agent', 'sha256:8f4134d5ad505df16830ba0eb3b3f16bddcfd1b46f1ff36ca1416ff4fe3d7665'],
      [
        'read-only-email',
        'sha256:bf1e1e59eac34ffc8b12a6eb8bf7c9a3f8e1b64f2292983b2c201896b377e718',
      ],
      [
        'research-safe-v1',
        'sha256:aa9f1c6e966ad71902fd7f2557cd2a4f2873adbc280bb5f48cc478c4666b1f70',
      ],
      ['safe-banking', 'sha256:d104cb306fb28e184b7bce1e2dec682086c01f0cff02b188bda01c4900b84d3a'],
    ],
  );
});

test('the examples of every pack hold, and every rule has one', () => {
  for (const { name } of packs) {
    const loaded = load(name);
    assert.deepEqual(
      runPolicyTests(loaded).filter(({ isPassed }) => !isPassed),
      [],
      name,
    );
    const exemplified = new Set(loaded.tests.map(({ rule }) => rule.rule_id));
    assert.equal(exemplified.size, loaded.rules.rules.length, name);
  }
});

test('every pack denies the system, credentials and settings of git, by file and command', () => {
  for (const { name } of packs) {
    const policy = compilePolicy(load(name).rules);
    for (const entry of [...SYSTEM, ...CREDENTIALS, ...GIT]) {
      const path = within(entry);
      for (const target of ['fs::read', 'fs::write', 'fs::move', 'fs::anything']) {
        assert.equal(verdictOn(policy, target, { path }), 'BLOCK', `${name} ${target} ${path}`);
      }
      const command = `cat '${path}'`;
      assert.equal(verdictOn(policy, 'sys::exec', { command }), 'BLOCK', `${name} ${command}`);
    }
    for (const command of ['cat ~/.ssh/id_rsa', 'cat $HOME/.netrc', 'ls ~', 'cat .en?']) {
      assert.equal(verdictOn(policy, 'sys::exec', { command }), 'BLOCK', `${name} ${command}`);
    }
  }
});

test('the coding agent is asked about what is executed later, and works otherwise', () => {
  const policy = compilePolicy(load('coding-agent').rules);
  for (const entry of EXECUTED_LATER) {
    const path = within(entry);
    assert.equal(verdictOn(policy, 'fs::write', { path }), 'REQUIRE_APPROVAL', path);
    assert.equal(verdictOn(policy, 'fs::read', { path }), 'ALLOW', path);
  }
  for (const [target, params, verdict] of [
    ['fs::write', { path: '/w/src/a.ts' }, 'ALLOW'],
    ['fs::write', { path: '/x/a.ts' }, 'BLOCK'],
    ['fs::delete', { path: '/w/src' }, 'REQUIRE_APPROVAL'],
    ['sys::exec', { command: 'npm test && git status' }, 'ALLOW'],
    ['sys::exec', { command: 'git log | head -n 3' }, 'ALLOW'],
    ['sys::exec', { command: 'git push' }, 'REQUIRE_APPROVAL'],
    ['sys::exec', { command: 'grep -Hr x .' }, 'REQUIRE_APPROVAL'],
    ['sys::exec', { command: 'ls -lR' }, 'REQUIRE_APPROVAL'],
    ['sys::exec', { command: 'echo x > package.json' }, 'REQUIRE_APPROVAL'],
    ['sys::exec', { command: 'git diff --output=package.json' }, 'BLOCK'],
    ['net::fetch', { url: 'https://a.com/' }, 'BLOCK'],
  ] as const) {
    assert.equal(verdictOn(policy, target, params), verdict, JSON.stringify(params));
  }
});

test('mail is only read, and money asks', () => {
  const mail = compilePolicy(load('read-only-email').rules);
  assert.equal(verdictOn(mail, 'email::read', {}), 'ALLOW');
  assert.equal(verdictOn(mail, 'email::send', {}), 'BLOCK');
  const bank = compilePolicy(load('safe-banking').rules);
  const amount = (text: string) => ({ amount: { amount: text, unit: 'usd' } });
  assert.equal(verdictOn(bank, 'bank::balance', {}), 'ALLOW');
  assert.equal(verdictOn(bank, 'bank::transfer', amount('20')), 'REQUIRE_APPROVAL');
  assert.equal(verdictOn(bank, 'bank::transfer', amount('501')), 'BLOCK');
  assert.equal(verdictOn(bank, 'wallet::export_key', {}), 'BLOCK');
});

test('what is executed later is told by its path, wherever it lies', () => {
  for (const path of ['/w/package.json', '/w/a/b/Makefile', '/w/.vscode/tasks.json', '/w/.envrc']) {
    assert.ok(isExecutedLater(path), path);
  }
  assert.ok(isExecutedLater('/w/../package.json'), 'in doubt');
  for (const path of ['/w/src/a.ts', '/w/package.json.md', '/w']) assert.ok(!isExecutedLater(path));
});
