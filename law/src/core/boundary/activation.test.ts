import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRules, ActivatePolicy, PolicyEnvelope } from '@ioi/protocol';
import {
  draftsPolicy,
  hashOf,
  notesPolicy,
  policyText,
  signEnvelope,
  smallLog,
  TestAgent,
  TestNode,
} from '../../testing/index.ts';
import { keys, type PolicyHead } from './heads.ts';

function refusal(agent: TestAgent, payload: ActivatePolicy): string {
  const result = agent.node.tryAdmit(agent.node.propose('policy.activate', payload));
  return result.ok ? 'admitted' : `${result.error.code} ${result.error.message}`;
}

function fresh(): TestAgent {
  return new TestAgent(new TestNode());
}

/** The same envelope with something changed, signed by the owner again. */
function resigned(agent: TestAgent, change: Partial<PolicyEnvelope>): ActivatePolicy {
  const { envelope } = agent.activation(notesPolicy);
  const { signature: _, ...rest } = { ...envelope, ...change };
  return { envelope: signEnvelope(agent.node.owner, rest) };
}

test('the first policy needs the envelope alone, one that widens also an approval', () => {
  const agent = fresh();
  const first = agent.activation(notesPolicy);
  assert.equal(first.token, undefined);
  const entry = agent.activate(notesPolicy);
  assert.match(JSON.stringify(entry.events), /"widening":"initial"/);
  const { envelope } = agent.activation(draftsPolicy);
  assert.match(refusal(agent, { envelope }), /^approval\.required/);
  const second = agent.activate(draftsPolicy);
  assert.match(JSON.stringify(second.events), /"widening":"wider"/);
  const active = agent.node.head<PolicyHead>(keys.policy);
  assert.deepEqual([active?.policy_id, active?.version], ['drafts', '2']);
});

test('a policy that is proved to tighten needs the envelope alone', () => {
  const agent = fresh();
  agent.activate(draftsPolicy);
  const { envelope } = agent.activation(notesPolicy);
  const entry = agent.node.seal(agent.node.propose('policy.activate', { envelope }));
  assert.match(JSON.stringify(entry.events), /"widening":"narrower"/);
  assert.deepEqual(agent.node.heads('token'), []);
  const again = agent.activation(notesPolicy);
  const same = agent.node.seal(agent.node.propose('policy.activate', { envelope: again.envelope }));
  assert.match(JSON.stringify(same.events), /"widening":"unchanged"/);
});

test('what cannot be compared counts as widening', () => {
  const agent = fresh();
  const blocking = (block_text_pattern: string): ActionRules => ({
    policy_id: 'texts',
    defaults: 'deny_all',
    rules: [
      { rule_id: 'a', target: 'gui::type', conditions: { block_text_pattern }, action: 'BLOCK' },
      { rule_id: 'b', target: 'gui::type', conditions: {}, action: 'ALLOW' },
    ],
  });
  agent.activate(blocking('\\pL'));
  const { envelope } = agent.activation(blocking('\\pL|\\pN'));
  assert.match(refusal(agent, { envelope }), /^approval\.required/);
  const entry = agent.activate(blocking('\\pL|\\pN'));
  assert.match(JSON.stringify(entry.events), /"widening":"undecided"/);
});

test('an envelope is for one node, one predecessor and the next version', () => {
  const agent = fresh();
  const other = new TestNode({ seed: 'other' }).genesis.node_id;
  assert.match(refusal(agent, resigned(agent, { audience: other })), /audience is another node/);
  assert.match(refusal(agent, resigned(agent, { version: '2' })), /version must be 1/);
  assert.match(refusal(agent, resigned(agent, { version: '0' })), /version must be 1/);
  const previous_policy_hash = hashOf('none');
  assert.match(refusal(agent, resigned(agent, { previous_policy_hash })), /previous_policy_hash/);
  agent.activate(notesPolicy);
  const { envelope, request, token } = agent.activation(draftsPolicy);
  assert.ok(request && token);
  const { signature: _, previous_policy_hash: __, ...rest } = envelope;
  const orphan = signEnvelope(agent.node.owner, rest);
  assert.match(refusal(agent, { envelope: orphan, request, token }), /previous_policy_hash/);
});

test('an envelope is worth what the owner signed', () => {
  const agent = fresh();
  const stranger = new TestNode({ seed: 'stranger' });
  const { envelope } = agent.activation(notesPolicy);
  const { signature: _, ...rest } = envelope;
  const forged = [
    { ...envelope, policy_id: 'other' },
    signEnvelope(stranger.owner, rest),
    signEnvelope(agent.node.guardian, rest),
    { ...envelope, signature: { ...envelope.signature, ml_dsa_44: envelope.signature.ed25519 } },
  ];
  for (const each of forged) {
    assert.match(refusal(agent, { envelope: each }), /^policy\.envelope_invalid crypto\./);
  }
});

test('a policy whose text is missing, or is none, is not activated', () => {
  const agent = fresh();
  const unknown = resigned(agent, { policy_hash: hashOf('none') });
  assert.match(refusal(agent, unknown), /^policy\.missing/);
  const notPolicy = agent.node.savePayload('{"rules":[]}');
  assert.match(refusal(agent, resigned(agent, { policy_hash: notPolicy })), /^policy\.missing/);
  const [first, ...rules] = notesPolicy.rules;
  assert.ok(first);
  const uncanonical = JSON.stringify({ ...notesPolicy, rules: [...rules, first] });
  assert.notEqual(uncanonical, policyText(notesPolicy));
  const policy_hash = agent.node.savePayload(uncanonical);
  assert.match(refusal(agent, resigned(agent, { policy_hash })), /^policy\.missing/);
});

test('an activation is approved by a request that names its very policy, once', () => {
  const agent = smallLog();
  const { envelope, request, token } = agent.activation(draftsPolicy);
  assert.ok(request && token);
  const other = agent.request('policy::activate', { policy_hash: hashOf('other') });
  const write = agent.request('fs::write', { policy_hash: envelope.policy_hash });
  for (const asked of [other, write]) {
    const swapped = { envelope, request: asked, token: agent.token(asked) };
    assert.match(refusal(agent, swapped), /^approval\.invalid the approved request/);
  }
  const mine = agent.request('policy::activate', { policy_hash: envelope.policy_hash });
  assert.match(refusal(agent, { envelope, request: mine, token }), /^approval\.invalid .*scope$/);
  const session = agent.token(request, { method: 'session' });
  assert.match(refusal(agent, { envelope, request, token: session }), /method$/);
  agent.node.seal(agent.node.propose('policy.activate', { envelope, request, token }));
  assert.deepEqual(agent.node.heads('token'), [hashOf(token)]);
  assert.match(refusal(agent, { envelope, request, token }), /^policy\.envelope_invalid/);
  const back = agent.activation(notesPolicy);
  assert.match(refusal(agent, { ...back, request, token }), /^approval\.invalid/);
  assert.equal(refusal(agent, back), 'admitted');
});
