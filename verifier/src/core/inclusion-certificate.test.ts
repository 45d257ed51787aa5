import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { canonicalJson, digestBytes } from '@ioi/canon';
import { certify, compilePolicy, type InclusionCertificate } from '@ioi/law';
import { pathsIn, replaced } from '@ioi/law/testing';
import type { ActionRules } from '@ioi/protocol';
import { verifyInclusionCertificate } from './inclusion-certificate.ts';

const before: ActionRules = {
  policy_id: 'notes',
  defaults: 'deny_all',
  rules: [
    {
      rule_id: 'ask',
      target: 'fs::write',
      conditions: { allow_paths: ['/notes'], target_exists: true },
      action: 'REQUIRE_APPROVAL',
    },
    {
      rule_id: 'pay',
      target: 'ucp::pay',
      conditions: {
        max_spend: { amount: '10', unit: 'usd' },
        rate_limit: { count: 3, window_ms: 1000 },
      },
      action: 'ALLOW',
    },
    {
      rule_id: 'write',
      target: 'fs::write',
      conditions: { allow_paths: ['/notes', '/drafts'] },
      action: 'ALLOW',
    },
    {
      rule_id: 'start',
      target: 'sys::exec',
      conditions: { allow_commands: ['git log **', 'git status'] },
      action: 'ALLOW',
    },
    {
      rule_id: 'type',
      target: 'gui::type',
      conditions: { block_text_pattern: 'password' },
      action: 'BLOCK',
    },
    { rule_id: 'typing', target: 'gui::type', conditions: { allow_apps: ['a'] }, action: 'ALLOW' },
  ],
};

const after: ActionRules = {
  ...before,
  rules: before.rules.map((rule) => {
    if (rule.rule_id === 'write') {
      return { ...rule, conditions: { allow_paths: ['/notes'], target_exists: false } };
    }
    if (rule.rule_id === 'start') return { ...rule, conditions: { allow_commands: ['git log'] } };
    if (rule.rule_id === 'type') {
      return { ...rule, conditions: { block_text_pattern: 'pass(word|phrase)' } };
    }
    return rule;
  }),
};

function certificate(): InclusionCertificate {
  const made = certify(compilePolicy(before), compilePolicy(after));
  assert.ok(made.ok, JSON.stringify(made));
  return made.value;
}

function verdictOn(value: unknown): string {
  const text = canonicalJson(value);
  assert.ok(text.ok);
  const checked = verifyInclusionCertificate(encodeUtf8(text.value));
  return checked.ok ? 'verified' : checked.error.code;
}

test('a certificate is worked out again from its two policies', () => {
  const made = certificate();
  assert.equal(verdictOn(made), 'verified');
  assert.ok(made.cells > 2, JSON.stringify(made.targets));
});

test('no field of a certificate can be changed', () => {
  const made = certificate();
  let refused = 0;
  for (const path of pathsIn(made)) {
    for (const other of ['x', 7, true, null, [], {}]) {
      const changed = replaced(made, path, other);
      if (JSON.stringify(changed) === JSON.stringify(made)) continue;
      assert.notEqual(verdictOn(changed), 'verified', path.join('/'));
      refused += 1;
    }
  }
  assert.ok(refused > 200, String(refused));
  for (const name of Object.keys(made)) {
    const { [name]: _, ...rest } = made as unknown as Record<string, unknown>;
    assert.notEqual(verdictOn(rest), 'verified', name);
  }
  assert.equal(verdictOn({ ...made, more: 1 }), 'certificate.mismatch');
});

test('a certificate of a widening is refused, whatever it says', () => {
  const made = certificate();
  const turned = { ...made, before: made.after, after: made.before };
  assert.equal(verdictOn(turned), 'certificate.widens');
  assert.equal(certify(compilePolicy(after), compilePolicy(before)).ok, false);
});

test('a certificate for what nobody can compare is refused', () => {
  const starting = (...allow_commands: string[]): ActionRules => ({
    policy_id: 'commands',
    defaults: 'deny_all',
    rules: [{ rule_id: 'a', target: 'sys::exec', conditions: { allow_commands }, action: 'ALLOW' }],
  });
  const [was, is] = [
    compilePolicy(starting('ls')),
    compilePolicy(starting('ls', 'git submodule **')),
  ];
  const forged = {
    ...certificate(),
    before_hash: was.policyHash,
    after_hash: is.policyHash,
    cells: 0,
    root: digestBytes(''),
    targets: [],
    before: was.rules,
    after: is.rules,
  };
  assert.equal(verdictOn(forged), 'certificate.undecided');
});

test('what is no certificate is said to be none', () => {
  for (const text of ['', '[]', 'null', '{"before":1,"after":2}', '{"a":1,"a":2}']) {
    const checked = verifyInclusionCertificate(encodeUtf8(text));
    assert.equal(checked.ok ? 'verified' : checked.error.code, 'certificate.unreadable', text);
  }
});
