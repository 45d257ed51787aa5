import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HybridSignature, keyId, verifierRegistry } from '@ioi/crypto';
import type { ActionRequest, ApprovalToken, DecideAction } from '@ioi/protocol';
import {
  hashOf,
  notesPolicy,
  smallLog,
  TestAgent,
  TestNode,
  type TestNodeOptions,
} from '../../testing/index.ts';
import { type ApprovalBinding, holdApproval } from './approval.ts';
import { keys, type NodeHead } from './heads.ts';

function waiting(options?: TestNodeOptions): {
  agent: TestAgent;
  request: ActionRequest;
  payload: DecideAction;
} {
  const agent = smallLog(options);
  const asked = agent.write('/notes/b', { target_exists: true });
  agent.decide(asked);
  return { agent, ...asked };
}

/** The code and message of the refusal, or nothing when the decision was admitted. */
function answer(agent: TestAgent, payload: DecideAction, token: ApprovalToken): string {
  const proposed = agent.node.propose('action.decide', { ...payload, token });
  const result = agent.node.tryAdmit(proposed);
  return result.ok ? '' : `${result.error.code} ${result.error.message}`;
}

test('an approval holds for exactly the request, policy and node it names', () => {
  const { agent, request, payload } = waiting();
  const other = hashOf('other');
  const broken: [string, Partial<ApprovalToken>][] = [
    ['scope', { scope: { kind: 'SingleAction', request_hash: other } }],
    ['scope', { scope: { kind: 'Region', region_hash: hashOf(request) } }],
    ['request_hash', { request_hash: other }],
    ['policy_hash', { policy_hash: other }],
    ['audience', { audience: other }],
    ['audience', { audience: keyId(agent.node.owner.publicKey) }],
    ['mode', { mode: 'Lease' }],
    ['mode', { max_usages: '2' }],
    ['mode', { max_usages: '0' }],
    ['expires', { expires: String(agent.node.chainTime) }],
  ];
  for (const [field, change] of broken) {
    const said = answer(agent, payload, agent.token(request, change));
    assert.match(said, new RegExp(`^approval\\.invalid .*: ${field}$`), JSON.stringify(change));
  }
  assert.equal(answer(agent, payload, agent.token(request)), '');
});

test('an approval ends with its Chain Time', () => {
  const { agent, request, payload } = waiting();
  const token = agent.token(request, { expires: String(agent.node.chainTime + 10n) });
  agent.node.tick(9n);
  assert.equal(answer(agent, payload, token), '');
  agent.node.tick(1n);
  assert.match(answer(agent, payload, token), /expires$/);
});

test('a token is worth what the owner signed, whole and in both algorithms', () => {
  const { agent, request, payload } = waiting();
  const stranger = new TestNode({ seed: 'stranger' });
  const own = agent.token(request);
  const user_sig = own.user_sig as HybridSignature;
  const ofStranger = new TestAgent(stranger).token(request).user_sig as HybridSignature;
  const forged: ApprovalToken[] = [
    { ...own, nonce: '2' },
    { ...own, method: 'demo' },
    { ...own, visual_hash: hashOf('other') },
    { ...own, user_sig: { ...user_sig, ed25519: ofStranger.ed25519 } },
    { ...own, user_sig: { ...user_sig, ml_dsa_44: ofStranger.ml_dsa_44 } },
    { ...own, user_sig: ofStranger },
    { ...own, user_sig: { ...ofStranger, key_id: user_sig.key_id } },
  ];
  for (const token of forged) {
    assert.match(answer(agent, payload, token), /^approval\.invalid .*user_sig: crypto\./);
  }
});

test('an approval is used once, also by whoever kept a copy', () => {
  const { agent, request, payload } = waiting();
  const token = agent.token(request);
  agent.decide({ request, payload: { ...payload, token } });
  assert.match(answer(agent, payload, token), /^request\.replayed/);
  const other = agent.write('/notes/c', { target_exists: true });
  agent.decide(other);
  assert.match(answer(agent, other.payload, token), /^approval\.invalid .*scope$/);
  assert.deepEqual(agent.node.heads('token'), [hashOf(token)]);
});

test('a demo approval counts on demo nodes only', () => {
  const demo = waiting({ demo: true });
  const real = waiting({ demo: false });
  const tokens = { method: 'demo' } as const;
  const onDemo = demo.agent.token(demo.request, tokens);
  assert.equal(answer(demo.agent, demo.payload, onDemo), '');
  const onReal = real.agent.token(real.request, tokens);
  assert.match(answer(real.agent, real.payload, onReal), /method$/);
  const unsaid = real.agent.token(real.request, { method: 'session' });
  assert.match(answer(real.agent, real.payload, unsaid), /method$/);
});

test('an approval given before a revocation no longer holds', () => {
  const { agent, request } = waiting();
  const node = agent.node.head<NodeHead>(keys.node);
  assert.ok(node);
  const token = agent.token(request, { revocation_epoch: '4' });
  const binding: ApprovalBinding = {
    node: { ...node, revocation_epoch: '5' },
    requestHash: hashOf(request),
    policyHash: hashOf(notesPolicy),
    chainTime: agent.node.chainTime,
    riskClass: 'low',
    burned: () => false,
  };
  const held = (epoch: string) => {
    const policy = { policyHash: token.policy_hash as ApprovalBinding['policyHash'] };
    const at = { ...binding, ...policy, node: { ...node, revocation_epoch: epoch } };
    const result = holdApproval(token, at, verifierRegistry());
    return result.ok ? 'held' : result.error.message;
  };
  assert.match(held('5'), /revocation_epoch$/);
  assert.equal(held('4'), 'held');
});

test('a request that waited too long is not approved any more', () => {
  const { agent, request, payload } = waiting();
  const { expires } = agent.action(request);
  assert.ok(expires);
  agent.node.chainTime = BigInt(expires) - 1n;
  assert.equal(answer(agent, payload, agent.token(request)), '');
  agent.node.chainTime = BigInt(expires);
  assert.match(answer(agent, payload, agent.token(request)), /^approval\.expired/);
});

test('an approval holds for what was shown: the facts, contract and attempt that wait', () => {
  const { agent, request, payload } = waiting();
  const token = agent.token(request);
  const facts = { target_exists: true, workspace_root: '/notes' };
  assert.match(answer(agent, { ...payload, facts }, token), /^approval\.invalid .*facts/);
  assert.match(answer(agent, { ...payload, attempt: 2 }, token), /^request\.replayed/);
  const tier = { ...payload, isolation_tier: 'hardware' as const };
  assert.match(answer(agent, tier, token), /^request\.replayed/);
  const unasked = agent.write('/notes/c', { target_exists: true });
  const early = agent.token(unasked.request);
  assert.match(answer(agent, unasked.payload, early), /^approval\.invalid .*facts/);
  assert.equal(answer(agent, payload, token), '');
});
