import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes, digestOf } from '@ioi/canon';
import { compilePolicy, loadPolicy } from '@ioi/law';
import { type ActionRequest, isFirewallDecisionReceipt } from '@ioi/protocol';
import * as fc from 'fast-check';
import { decide } from './decide.ts';
import { gate } from './gate.ts';

const budgets = { calls: () => 0, spent: () => 0n };
const input = { facts: {}, policy: policyOf(), budgets };

function policyOf() {
  const loaded = loadPolicy(`{
    "policy_id": "p",
    "rules": [
      {"rule_id": "allow", "target": "fs::write", "action": "ALLOW",
       "conditions": {"allow_path": "/w"}},
      {"rule_id": "ask", "target": "fs::write", "action": "REQUIRE_APPROVAL",
       "conditions": {"allow_path": "/w/ask"}},
      {"rule_id": "block", "target": "fs::*", "action": "BLOCK",
       "conditions": {"allow_path": "/w/secret"}},
    ],
  }`);
  assert.ok(loaded.ok);
  return compilePolicy(loaded.value.rules);
}

function requestFor(path: unknown): ActionRequest {
  const context = { agent_id: 'agent://a/b' };
  return { target: 'fs::write', params: { path }, context, nonce: '1' };
}

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}

test('a decision binds the hash of the request and names the rule', () => {
  const request = requestFor('/w/a');
  const { requestHash, subject, decision } = decide({ ...input, request });
  const digest = digestOf(request);
  assert.ok(digest.ok);
  assert.equal(requestHash, digest.value);
  assert.equal(subject?.target, 'fs::write');
  assert.deepEqual(decision, {
    verdict: 'ALLOW',
    code: 'policy.allowed',
    ruleId: 'allow',
    field: 'allow_paths',
    reservations: [],
  });
});

test('without an active policy nothing is allowed', () => {
  const { decision } = decide({ ...input, policy: undefined, request: requestFor('/w/a') });
  assert.equal(decision.verdict, 'BLOCK');
  assert.equal(decision.code, 'policy.none_active');
  const { receipt } = gate(bytesOf(requestFor('/w/a')), { ...input, policy: undefined });
  assert.equal(receipt.policy_hash, undefined);
  assert.deepEqual(receipt.verdict, { kind: 'Block' });
});

test('a request without a canonical form or beyond the limit is blocked', () => {
  const lone = decide({ ...input, request: requestFor('/w/\ud800') });
  assert.equal(lone.decision.code, 'canon.refused');
  assert.equal(lone.requestHash, undefined);
  const large = decide({ ...input, request: requestFor(`/w/${'\u20ac'.repeat(16_400)}`) });
  assert.equal(large.decision.code, 'request.too_large');
  assert.equal(decide({ ...input, request: requestFor(7) }).decision.verdict, 'BLOCK');
});

test('the gate gives every verdict its receipt', () => {
  const rows = [
    ['/w/a', 'Allow', 'policy.allowed', 'allow'],
    ['/w/ask/a', 'PendingApproval', 'approval.required', 'ask'],
    ['/w/secret/a', 'Block', 'policy.blocked', 'block'],
    ['/x', 'Block', 'policy.default_deny', undefined],
  ] as const;
  for (const [path, kind, code, ruleId] of rows) {
    const bytes = bytesOf(requestFor(path));
    const { receipt, requestHash } = gate(bytes, input);
    assert.equal(receipt.request_hash, requestHash);
    assert.equal(receipt.policy_hash, input.policy.policyHash);
    assert.deepEqual([receipt.verdict.kind, receipt.code, receipt.rule_id], [kind, code, ruleId]);
    assert.equal(receipt.deciding_field, 'allow_paths');
  }
});

test('input that is no request is receipted over its bytes', () => {
  const valid = requestFor('/w/a');
  const rows: readonly [unknown, string][] = [
    ['', 'canon.refused'],
    ['{', 'canon.refused'],
    ['{"target":"fs::write","target":"fs::read"}', 'canon.refused'],
    [JSON.stringify(valid).replace('/w/a', '\\ud800'), 'canon.refused'],
    [JSON.stringify(valid).replace('"/w/a"', '9007199254740993'), 'canon.refused'],
    [{ ...valid, policy_hash: 'x' }, 'request.invalid'],
    [{ ...valid, nonce: 1 }, 'request.invalid'],
    [[], 'request.invalid'],
    [`${' '.repeat(100_000)}${JSON.stringify(valid)}`, 'request.too_large'],
    [requestFor('x'.repeat(60_000)), 'request.too_large'],
  ];
  for (const [value, code] of rows) {
    const bytes = bytesOf(value);
    const { receipt, decision } = gate(bytes, input);
    assert.equal(decision.verdict, 'BLOCK');
    assert.equal(decision.code, code, String(value).slice(0, 80));
    assert.deepEqual(receipt, { raw_hash: digestBytes(bytes), verdict: { kind: 'Block' }, code });
  }
  const notText = gate(new Uint8Array([0xff, 0xfe]), input);
  assert.equal(notText.decision.code, 'canon.refused');
});

test('whitespace and member order change neither hash nor decision', () => {
  const request = requestFor('/w/a');
  const { target, params, context, nonce } = request;
  const turned = JSON.stringify({ nonce, context, params, target }, undefined, 2);
  assert.deepEqual(gate(bytesOf(turned), input), gate(bytesOf(request), input));
});

test('any bytes are decided, blocked and given a receipt that fits', () => {
  const mutated = fc
    .tuple(fc.nat(200), fc.nat(255))
    .map(([at, byte]) => bytesOf(requestFor('/w/a')).with(at % 90, byte));
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.json().map(bytesOf),
    mutated,
    fc.jsonValue().map((path) => bytesOf(requestFor(path))),
  );
  const place = { seq: '0', prev_receipt_hash: `sha256:${'0'.repeat(64)}` };
  fc.assert(
    fc.property(bytes, (given) => {
      const { receipt, decision } = gate(given, input);
      assert.ok(isFirewallDecisionReceipt({ ...receipt, ...place }));
      assert.equal(receipt.verdict.kind === 'Allow', decision.verdict === 'ALLOW');
      if (receipt.raw_hash !== undefined) assert.equal(decision.verdict, 'BLOCK');
    }),
    { numRuns: 3000 },
  );
});

test('the receipt of an act that was only observed says what enforcing would have answered', () => {
  const policy = compilePolicy({
    policy_id: 'w',
    defaults: 'deny_all',
    mode: 'observe',
    rules: [],
  });
  const { receipt, decision } = gate(bytesOf(requestFor('/w/a')), { ...input, policy });
  assert.equal(decision.verdict, 'ALLOW');
  assert.deepEqual(receipt.verdict, { kind: 'Allow' });
  assert.deepEqual(receipt.observed, { verdict: 'Block', code: 'policy.default_deny' });
});
