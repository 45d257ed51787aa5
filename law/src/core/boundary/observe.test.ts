import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signHybrid } from '@ioi/crypto/shell';
import type { ActionRules, DecideAction } from '@ioi/protocol';
import {
  type Asked,
  bytesOf,
  notesPolicy,
  smallLog,
  type TestAgent,
  TestApprovers,
  TestPasskey,
  unsignedOf,
} from '../../testing/index.ts';
import { ACTIVATE_TARGET } from './activate-policy.ts';
import { keys, type PolicyHead } from './heads.ts';

const block: ActionRules['rules'][number] = {
  rule_id: 'never_keys',
  target: 'fs::*',
  conditions: { allow_paths: ['/**/.ssh'] },
  action: 'BLOCK',
};
const rules: ActionRules = { ...notesPolicy, rules: [...notesPolicy.rules, block] };

function decidedBody(agent: TestAgent, asked: Asked): object {
  const payload: DecideAction = asked.payload;
  const entry = agent.node.seal(agent.node.propose('action.decide', payload));
  const event = entry.events.find(({ type }) => type === 'receipt.emitted');
  const receipt = event?.['receipt'] as { readonly body: object } | undefined;
  return receipt?.body ?? {};
}

test('what a policy that observes would stop is committed, and its receipt says so', () => {
  const agent = smallLog();
  agent.activate({ ...rules, mode: 'observe' });
  assert.equal(agent.node.head<PolicyHead>(keys.policy)?.mode, 'observe');
  for (const [asked, observed] of [
    [agent.write('/etc/x'), { verdict: 'Block', code: 'policy.default_deny' }],
    [
      agent.write('/notes/x', { target_exists: true }),
      { verdict: 'PendingApproval', code: 'approval.required' },
    ],
  ] as const) {
    const body = decidedBody(agent, asked) as Record<string, unknown>;
    assert.deepEqual(body['verdict'], { kind: 'Allow' });
    assert.equal(body['code'], 'policy.observed');
    assert.deepEqual(body['observed'], observed);
    assert.equal(agent.action(asked.request).state, 'committed');
  }
  const allowed = decidedBody(agent, agent.write('/notes/y'));
  assert.equal('observed' in allowed, false);
  const blocked = agent.write('/notes/.ssh/key');
  assert.deepEqual((decidedBody(agent, blocked) as Record<string, unknown>)['verdict'], {
    kind: 'Block',
  });
  assert.equal(agent.action(blocked.request).state, 'blocked');
});

test('nothing passes as observed where the policy enforces', () => {
  const agent = smallLog();
  agent.activate({ ...rules, mode: 'observe' });
  agent.activate(rules);
  assert.equal(agent.node.head<PolicyHead>(keys.policy)?.mode, undefined);
  const asked = agent.write('/etc/x');
  assert.equal(asked.payload.verdict, 'BLOCK');
  const claimed = { ...asked.payload, verdict: 'ALLOW' };
  const result = agent.node.tryAdmit(agent.node.propose('action.decide', claimed));
  assert.equal(result.ok ? '' : result.error.code, 'guardian.verdict_not_reproduced');
});

test('observing needs an approval; enforcing the same rules again the signature alone', () => {
  const agent = smallLog();
  agent.activate(rules);
  const observe = agent.activation({ ...rules, mode: 'observe' });
  const alone = agent.node.tryAdmit(
    agent.node.propose('policy.activate', { envelope: observe.envelope }),
  );
  assert.equal(alone.ok ? '' : alone.error.code, 'approval.required');
  agent.activate({ ...rules, mode: 'observe' });
  const { envelope } = agent.activation(rules);
  assert(agent.node.tryAdmit(agent.node.propose('policy.activate', { envelope })).ok);
});

test('a pause ends by itself, within 8 hours, and takes an approval; its end takes nothing', () => {
  const agent = smallLog();
  agent.activate(rules);
  const endsAfter = (span: bigint): ActionRules => {
    const observe_until = String(agent.node.chainTime + span);
    return { ...rules, mode: 'observe', observe_until };
  };
  const paused = endsAfter(60_000n);
  const { envelope } = agent.activation(paused);
  const alone = agent.node.tryAdmit(agent.node.propose('policy.activate', { envelope }));
  assert.equal(alone.ok ? '' : alone.error.code, 'approval.required');
  const long = agent.activation(endsAfter(8n * 3_600_000n + 10_000n));
  const refused = agent.node.tryAdmit(
    agent.node.propose('policy.activate', { envelope: long.envelope }),
  );
  assert.equal(refused.ok ? '' : refused.error.code, 'policy.pause_too_long');
  agent.activate(paused);
  const head = agent.node.head<PolicyHead>(keys.policy);
  assert.deepEqual([head?.mode, head?.observe_until], ['observe', paused.observe_until]);
  const during = agent.write('/etc/x');
  const allowed = { ...during, payload: { ...during.payload, verdict: 'ALLOW' as const } };
  const body = decidedBody(agent, allowed) as Record<string, unknown>;
  assert.equal(body['code'], 'policy.observed');
  agent.node.tick(60_000n);
  const asked = agent.write('/etc/y');
  assert.equal(asked.payload.verdict, 'BLOCK');
  const claimed = { ...asked.payload, verdict: 'ALLOW' };
  const late = agent.node.tryAdmit(agent.node.propose('action.decide', claimed));
  assert.equal(late.ok ? '' : late.error.code, 'guardian.verdict_not_reproduced');
  const again = agent.activation(rules);
  const resumed = agent.node.propose('policy.activate', { envelope: again.envelope });
  assert.ok(agent.node.tryAdmit(resumed).ok);
});

test('who has a passkey of this machine confirms with it that rules observe', () => {
  const agent = smallLog();
  agent.activate(rules);
  const approvers = new TestApprovers(agent);
  const phone = new TestPasskey('ed25519', 'https://approve.example.org');
  approvers.enroll(phone);
  const answer = (payload: object): string => {
    const result = agent.node.tryAdmit(agent.node.propose('policy.activate', payload));
    return result.ok ? 'admitted' : result.error.code;
  };
  const ends = String(agent.node.chainTime + 3_600_000n);
  const pausing = () => agent.activation({ ...rules, mode: 'observe', observe_until: ends });
  assert.equal(answer(pausing()), 'admitted', 'a passkey of a phone is of no use on this page');
  const passkey = new TestPasskey('es256');
  approvers.enroll(passkey);
  const signed = pausing();
  assert.ok(signed.token);
  assert.equal(answer(signed), 'approval.passkey_required');
  assert.equal(
    answer(agent.activation({ ...rules, mode: 'observe' })),
    'approval.passkey_required',
  );
  const unsigned = unsignedOf(signed.token);
  const beside = (...co_sigs: object[]) => ({ ...signed, token: { ...signed.token, co_sigs } });
  const unverified = passkey.sign(unsigned, { flags: 0x01 });
  assert.equal(answer(beside(unverified)), 'approval.invalid', 'its user was not verified');
  const other = passkey.sign({ ...unsigned, nonce: '7' });
  assert.equal(answer(beside(other)), 'approval.invalid', 'over another token');
  const alone = { ...signed, token: { ...unsigned, user_sig: passkey.sign(unsigned) } };
  assert.equal(answer(alone), 'approval.invalid', 'nor is a passkey enough by itself');
  assert.equal(answer(beside(passkey.sign(unsigned))), 'admitted');
  agent.node.seal(agent.node.propose('policy.activate', beside(passkey.sign(unsigned))));
  const { envelope } = agent.activation(rules);
  assert.equal(answer({ envelope }), 'admitted', 'to end it takes nothing');
});

test('what a passkey confirmed is put in force once, also where its owner signs anew', () => {
  const agent = smallLog();
  agent.activate(rules);
  const passkey = new TestPasskey('es256');
  new TestApprovers(agent).enroll(passkey);
  const propose = (payload: object) => agent.node.propose('policy.activate', payload);
  const observe_until = String(agent.node.chainTime + 3_600_000n);
  const pausing = () => agent.activation({ ...rules, mode: 'observe', observe_until });
  const { envelope } = pausing();
  const { policy_hash, version } = envelope;
  const request = agent.request(ACTIVATE_TARGET, { policy_hash, version });
  const unsigned = unsignedOf(agent.token(request));
  const co_sigs = [passkey.sign(unsigned)];
  const signed = () => {
    const user_sig = signHybrid(agent.node.owner, 'SIG_DOMAIN_APPROVAL', bytesOf(unsigned));
    return { ...unsigned, user_sig, co_sigs };
  };
  agent.node.seal(propose({ envelope, request, token: signed() }));
  agent.node.seal(propose({ envelope: agent.activation(rules).envelope }));
  const again = agent.node.tryAdmit(
    propose({ envelope: pausing().envelope, request, token: signed() }),
  );
  assert.equal(!again.ok && again.error.code, 'approval.invalid');
});

test('while rules observe, a BLOCK rule is not exchanged for the default', () => {
  const agent = smallLog();
  agent.activate({ ...rules, mode: 'observe', rules: [block] });
  const { envelope } = agent.activation({ ...rules, mode: 'observe', rules: [] });
  const opened = agent.node.tryAdmit(agent.node.propose('policy.activate', { envelope }));
  assert.equal(!opened.ok && opened.error.code, 'approval.required');
  const ended = agent.activation({ ...rules, rules: [] });
  const { envelope: enforcing } = ended;
  assert.ok(agent.node.tryAdmit(agent.node.propose('policy.activate', { envelope: enforcing })).ok);
});
