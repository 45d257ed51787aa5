import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import type { DecideAction, Evidence } from '@ioi/protocol';
import {
  type Asked,
  draftsPolicy,
  hashOf,
  notesPolicy,
  payContract,
  policyText,
  smallLog,
  TestAgent,
  TestNode,
} from '../../testing/index.ts';
import { admit } from '../ledger/admit.ts';
import { nodeModules } from '../node-modules.ts';
import type { BoundaryEvent } from './events.ts';
import { receiptHash } from './receipts.ts';

function refusal(agent: TestAgent, payload: object, operation = 'action.decide'): string {
  const result = agent.node.tryAdmit(agent.node.propose(operation, payload));
  return result.ok ? 'admitted' : result.error.code;
}

function withVerdict({ payload }: Asked, verdict: DecideAction['verdict']): DecideAction {
  return { ...payload, verdict };
}

test('a verdict that the policy does not give is refused, whichever way it errs', () => {
  const agent = smallLog();
  const allowed = agent.write('/notes/x');
  const blocked = agent.write('/etc/x');
  const asking = agent.write('/notes/x', { target_exists: true });
  const verdicts = ['ALLOW', 'BLOCK', 'REQUIRE_APPROVAL'] as const;
  for (const asked of [allowed, blocked, asking]) {
    for (const verdict of verdicts) {
      const expected =
        verdict === asked.payload.verdict ? 'admitted' : 'guardian.verdict_not_reproduced';
      assert.equal(refusal(agent, withVerdict(asked, verdict)), expected);
    }
  }
});

test('an allowed action is committed with what it binds, a blocked one is not', () => {
  const agent = smallLog();
  const allowed = agent.write('/notes/x');
  agent.decide(allowed);
  const head = agent.action(allowed.request);
  assert.equal(head.state, 'committed');
  assert.deepEqual(agent.node.heads('open'), [hashOf(allowed.request)]);
  const blocked = agent.write('/etc/x');
  const { state, committed_hash } = agent.decide(blocked);
  assert.deepEqual([state, committed_hash], ['blocked', undefined]);
  assert.deepEqual(agent.node.heads('open'), [hashOf(allowed.request)]);
});

test('a request is decided once; only a pending one is taken up again', () => {
  const agent = smallLog();
  const allowed = agent.write('/notes/x');
  const blocked = agent.write('/etc/x');
  const asking = agent.write('/notes/x', { target_exists: true });
  for (const asked of [allowed, blocked, asking]) {
    agent.decide(asked);
    assert.equal(refusal(agent, asked.payload), 'request.replayed');
  }
  agent.deny(asking);
  assert.equal(refusal(agent, asking.payload), 'request.replayed');
  const token = agent.token(asking.request);
  assert.equal(refusal(agent, { ...asking.payload, token }), 'request.replayed');
});

test('a pending request is decided afresh when the policy under it is replaced', () => {
  const agent = smallLog();
  const asking = agent.write('/notes/x', { target_exists: true });
  agent.decide(asking);
  const before = agent.action(asking.request);
  const stale = agent.token(asking.request);
  agent.activate(draftsPolicy);
  assert.equal(refusal(agent, { ...asking.payload, token: stale }), 'approval.invalid');
  const again = agent.decide({ ...asking, payload: agent.evaluated(asking.payload) });
  assert.equal(again.state, 'pending');
  assert.notEqual(again.policy_hash, before.policy_hash);
  assert.equal(agent.approve(asking).state, 'committed');
});

test('a block ends a pending request, and its token is not spent', () => {
  const agent = smallLog();
  const asking = agent.write('/notes/x', { target_exists: true });
  agent.decide(asking);
  const token = agent.token(asking.request);
  agent.activate({ ...notesPolicy, policy_id: 'nothing', rules: [] });
  const spent = agent.node.heads('token');
  const payload = agent.evaluated({ ...asking.payload, token });
  assert.equal(payload.verdict, 'BLOCK');
  assert.equal(agent.decide({ ...asking, payload }).state, 'denied');
  assert.deepEqual(agent.node.heads('token'), spent);
});

test('a contract of another target, or none, decides nothing', () => {
  const agent = smallLog();
  const { payload } = agent.write('/notes/x');
  const contract_hash = hashOf(payContract);
  assert.equal(refusal(agent, { ...payload, contract_hash }), 'contract.missing');
  const unknown = { ...payload, contract_hash: hashOf('none') };
  assert.equal(refusal(agent, unknown), 'contract.missing');
});

test('without a policy everything is blocked, without its text nothing is decided', () => {
  const bare = new TestAgent(new TestNode());
  bare.node.seal(bare.node.propose('contract.register', { contract: payContract }));
  const early = bare.pay('1');
  assert.equal(refusal(bare, withVerdict(early, 'ALLOW')), 'guardian.verdict_not_reproduced');
  assert.equal(refusal(bare, withVerdict(early, 'BLOCK')), 'admitted');
  bare.activate(notesPolicy);
  const decided = bare.pay('1');
  const admitWith = (evidence: Evidence) => {
    const modules = nodeModules();
    const at = { seq: 9n, height: 9n, chainTime: bare.node.chainTime };
    const proposed = bare.node.propose('action.decide', decided.payload);
    const { authenticate } = bare.node;
    const result = admit(proposed, { modules, view: bare.node.view, evidence, authenticate, at });
    return result.ok ? 'admitted' : result.error.code;
  };
  assert.equal(admitWith({ payload: () => undefined }), 'policy.missing');
  const other = encodeUtf8(policyText(draftsPolicy));
  assert.equal(admitWith({ payload: () => other }), 'policy.missing');
  assert.equal(admitWith({ payload: () => encodeUtf8('{"rules":') }), 'policy.missing');
  assert.equal(admitWith(bare.node.evidence), 'admitted');
});

test('a decision needs every budget it reads or reserves declared', () => {
  const agent = smallLog();
  const { payload } = agent.pay('1');
  assert.equal(payload.budget_ids.length, 2);
  assert.equal(refusal(agent, payload), 'admitted');
  for (const dropped of payload.budget_ids) {
    const budget_ids = payload.budget_ids.filter((id) => id !== dropped);
    const code = refusal(agent, { ...payload, budget_ids });
    assert.equal(code, 'operation.undeclared_budget', dropped);
  }
  const more = [...payload.budget_ids, 'rate:fs::write:1'];
  assert.equal(refusal(agent, { ...payload, budget_ids: more }), 'admitted');
});

test('a reservation is declared also where no rule that matched asked for it', () => {
  const agent = new TestAgent(new TestNode());
  const rules: typeof notesPolicy.rules = [
    { rule_id: 'free', target: 'ucp::pay', conditions: {}, action: 'ALLOW' },
    {
      rule_id: 'bounded',
      target: 'ucp::pay',
      conditions: { allow_apps: ['shop'], rate_limit: { count: 1, window_ms: 1000 } },
      action: 'ALLOW',
    },
  ];
  agent.begin({ ...notesPolicy, rules });
  const { payload } = agent.pay('1');
  assert.equal(refusal(agent, payload), 'admitted');
  const hidden = { ...payload, budget_ids: [] };
  assert.equal(refusal(agent, hidden), 'operation.undeclared_budget');
});

test('receipts form one chain over decisions, refusals and executions', () => {
  const agent = smallLog();
  agent.refuse();
  const asked = agent.write('/notes/y');
  const before = agent.node.texts.length;
  agent.decide(asked);
  agent.complete(asked);
  const events = agent.node.texts
    .map((text) => JSON.parse(text) as { seq: string; events: BoundaryEvent[] })
    .flatMap(({ seq, events: all }) => all.map((event) => ({ seq, event })));
  let last = `sha256:${'0'.repeat(64)}`;
  let count = 0;
  for (const { seq, event } of events) {
    if (event.type !== 'receipt.emitted') continue;
    const { body } = event.receipt;
    assert.deepEqual([body.prev_receipt_hash, body.seq], [last, seq]);
    last = receiptHash(body);
    count += 1;
  }
  assert.ok(count >= 6 && before > 0);
});

test('only what waits can be denied, and it expires no earlier than promised', () => {
  const agent = smallLog();
  const asking = agent.write('/notes/x', { target_exists: true });
  const request_hash = hashOf(asking.request);
  const denying = (reason: string) => refusal(agent, { request_hash, reason }, 'action.deny');
  assert.equal(denying('denied'), 'action.not_pending');
  const { expires } = agent.decide(asking);
  assert.ok(expires);
  agent.node.chainTime = BigInt(expires) - 1n;
  assert.equal(denying('expired'), 'action.not_expired');
  agent.node.chainTime = BigInt(expires);
  assert.equal(denying('expired'), 'admitted');
  agent.deny(asking, 'expired');
  assert.equal(agent.action(asking.request).state, 'denied');
  assert.equal(denying('denied'), 'action.not_pending');
  assert.deepEqual(agent.node.heads('open'), []);
});
