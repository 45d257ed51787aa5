import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRules, LogEntry } from '@ioi/protocol';
import {
  draftsPolicy,
  mailContract,
  mailPolicy,
  notesPolicy,
  outgoing,
  policyText,
  smallLog,
  TestAgent,
  TestNode,
  TestOrganisation,
} from '../../testing/index.ts';
import type { BoundaryEvent } from './events.ts';
import { keys, type PolicyHead } from './heads.ts';
import { bundleInForce } from './layers-in-force.ts';

const DAY_MS = 86_400_000n;

/** As the notes policy, but nothing is written. */
const readOnly: ActionRules = {
  ...notesPolicy,
  policy_id: 'ceiling',
  rules: notesPolicy.rules.filter(({ target }) => target !== 'fs::write'),
};

function bounded(rules: ActionRules, changed = {}): TestOrganisation {
  const organisation = new TestOrganisation(smallLog());
  organisation.pin();
  organisation.accept(rules, changed);
  return organisation;
}

/** The decision on a write, in one line: verdict, code, layer. */
function decided({ agent }: TestOrganisation, path: string, exists = false): string {
  const asked = agent.write(path, { target_exists: exists });
  const entry = agent.node.seal(agent.node.propose('action.decide', asked.payload));
  return bodyOf(entry);
}

function bodyOf(entry: LogEntry): string {
  const events = entry.events as unknown as BoundaryEvent[];
  const emitted = events.find((each) => each.type === 'receipt.emitted');
  const body = emitted?.receipt.body;
  assert.ok(body && 'code' in body);
  return [body.verdict.kind, body.code, body.layer ?? 'none'].join(' ');
}

test('from the next seal on the more restrictive layer decides, and the receipt names it', () => {
  const organisation = new TestOrganisation(smallLog());
  organisation.pin();
  assert.equal(decided(organisation, '/notes/1'), 'Allow policy.allowed none');
  const { node } = organisation.agent;
  organisation.accept(draftsPolicy);
  assert.equal(decided(organisation, '/notes/2'), 'Allow policy.allowed local');
  assert.equal(decided(organisation, '/drafts/2'), 'Block policy.default_deny local');
  organisation.accept(readOnly, { version: '2' });
  assert.equal(decided(organisation, '/notes/3'), 'Block policy.default_deny organisation');
  assert.equal(node.head<PolicyHead>(keys.policy)?.policy_id, 'notes');
  organisation.unpin();
  assert.equal(decided(organisation, '/notes/4'), 'Allow policy.allowed none');
});

test('a claim that leaves the ceiling out is not reproduced', () => {
  const organisation = new TestOrganisation(smallLog());
  organisation.pin();
  const { agent } = organisation;
  const before = agent.write('/notes/5');
  organisation.accept(readOnly);
  const result = agent.node.tryAdmit(agent.node.propose('action.decide', before.payload));
  assert.equal(result.ok ? 'admitted' : result.error.code, 'guardian.verdict_not_reproduced');
});

test('what was approved is decided again under a bundle that came meanwhile', () => {
  const organisation = bounded(draftsPolicy);
  const { agent } = organisation;
  const waiting = agent.write('/notes/6', { target_exists: true });
  assert.equal(agent.decide(waiting).state, 'pending');
  organisation.accept(readOnly, { version: '2' });
  const token = agent.token(waiting.request);
  const payload = agent.evaluated({ ...waiting.payload, token });
  assert.equal(agent.decide({ ...waiting, payload }).state, 'denied');
});

test('a stale bundle does what it says, by Chain Time', () => {
  const expected = {
    block: 'Block policy.bundle_stale organisation',
    ask: 'PendingApproval approval.required organisation',
    keep: 'Allow policy.allowed local',
  } as const;
  for (const stale of ['block', 'ask', 'keep'] as const) {
    const organisation = bounded(draftsPolicy, { stale });
    const { node } = organisation.agent;
    node.tick(DAY_MS - 1n);
    assert.equal(decided(organisation, '/notes/7'), 'Allow policy.allowed local');
    node.tick(1n);
    assert.equal(decided(organisation, '/notes/8'), expected[stale]);
    organisation.accept(draftsPolicy, { version: '2', stale });
    assert.equal(decided(organisation, '/notes/9'), 'Allow policy.allowed local');
  }
});

test('what is allowed once a person said so under a stale bundle goes ahead', () => {
  const organisation = bounded(draftsPolicy);
  const { agent } = organisation;
  agent.node.tick(DAY_MS);
  const asked = agent.write('/notes/10');
  assert.equal(agent.decide(asked).state, 'pending');
  assert.equal(agent.approve(asked).state, 'committed');
});

test('when it was issued shortens the life of a bundle and never lengthens it', () => {
  const start = smallLog().node.chainTime;
  const early = bounded(draftsPolicy, { max_age_ms: '100', issued: String(start - 60n) });
  early.agent.node.tick(39n);
  assert.match(decided(early, '/notes/11'), /^Allow/);
  early.agent.node.tick(1n);
  assert.match(decided(early, '/notes/12'), /^PendingApproval/);
  const late = bounded(draftsPolicy, { max_age_ms: '100', issued: String(start + 1_000n) });
  late.agent.node.tick(100n);
  assert.match(decided(late, '/notes/13'), /^PendingApproval/);
});

test('a policy that is not shown to lie inside the ceiling is refused with a witness', () => {
  const organisation = bounded(notesPolicy);
  const { agent } = organisation;
  const refusal = (rules: ActionRules): string => {
    const payload = agent.activation(rules);
    const result = agent.node.tryAdmit(agent.node.propose('policy.activate', payload));
    return result.ok ? 'admitted' : `${result.error.code} ${result.error.message}`;
  };
  const outside = refusal(draftsPolicy);
  assert.match(outside, /^policy\.outside_ceiling fs::write .*drafts/);
  assert.match(outside, /ceiling says BLOCK .*this policy ALLOW \(write_drafts\)/);
  assert.equal(agent.node.head<PolicyHead>(keys.policy)?.policy_id, 'notes');
  const text: ActionRules = {
    ...readOnly,
    rules: [
      ...readOnly.rules,
      {
        rule_id: 'odd',
        target: 'sys::exec',
        conditions: { allow_commands: ['git submodule **'] },
        action: 'ALLOW',
      },
      ...notesPolicy.rules.filter(({ target }) => target === 'fs::write'),
    ],
  };
  assert.match(refusal(text), /^policy\.outside_ceiling not shown: /);
  assert.equal(refusal(readOnly), 'admitted');
});

test('a crash between a bundle and the activation under it leaves neither half done', () => {
  const organisation = bounded(draftsPolicy);
  const { agent } = organisation;
  const { node } = agent;
  const accept = node.propose('bundle.accept', organisation.bundle(readOnly, { version: '2' }));
  const tightened = node.propose('policy.activate', {
    envelope: agent.activation(readOnly).envelope,
  });
  node.crash([accept, tightened]);
  assert.equal(bundleInForce(node.view)?.version, '1');
  node.recover();
  assert.equal(bundleInForce(node.view)?.version, '2');
  assert.equal(node.head<PolicyHead>(keys.policy)?.policy_id, 'ceiling');
  assert.match(decided(organisation, '/notes/14'), /^Block/);
  const sealed = bounded(draftsPolicy);
  sealed.accept(readOnly, { version: '2' });
  const wider = sealed.agent.activation(draftsPolicy);
  sealed.agent.node.crash([sealed.agent.node.propose('policy.activate', wider)]);
  sealed.agent.node.recover();
  assert.equal(sealed.agent.node.head<PolicyHead>(keys.policy)?.policy_id, 'notes');
  assert.match(decided(sealed, '/notes/15'), /^Block .* organisation$/);
});

test('the bound on spend of either layer holds, on one count', () => {
  const [ask, pay, write] = notesPolicy.rules;
  assert.ok(ask && pay && write);
  const little = { ...pay.conditions, max_session_spend: { amount: '5', unit: 'usd' } };
  const ceiling = { ...notesPolicy, rules: [ask, { ...pay, conditions: little }, write] };
  const organisation = bounded(ceiling);
  const { agent } = organisation;
  const first = agent.node.seal(agent.node.propose('action.decide', agent.pay('4').payload));
  assert.equal(bodyOf(first), 'Allow policy.allowed local');
  const { payload } = agent.pay('4');
  const second = agent.node.seal(
    agent.node.propose('action.decide', { ...payload, verdict: 'BLOCK' }),
  );
  assert.equal(bodyOf(second), 'Block policy.budget_exhausted organisation');
  assert.notEqual(policyText(ceiling), policyText(notesPolicy));
});

test('calls are remembered as long as the longer window of both layers looks back', () => {
  const [ask, pay, write] = notesPolicy.rules;
  assert.ok(ask && pay && write);
  const hourly = { ...pay.conditions, rate_limit: { count: 2, window_ms: 3_600_000 } };
  const organisation = bounded({
    ...notesPolicy,
    rules: [ask, { ...pay, conditions: hourly }, write],
  });
  const { agent } = organisation;
  for (const _ of [1, 2]) {
    const paid = agent.pay('1');
    agent.node.seal(agent.node.propose('action.decide', paid.payload));
    agent.node.tick(120_000n);
  }
  const { payload } = agent.pay('1');
  const blocked = { ...payload, verdict: 'BLOCK' };
  const third = agent.node.seal(agent.node.propose('action.decide', blocked));
  assert.equal(bodyOf(third), 'Block policy.budget_exhausted organisation');
});

test('what leaves is held back by the stricter of both layers, and the receipt names it', () => {
  const { egress: _, ...open } = mailPolicy;
  const texts = {
    'card 4111 1111 1111 1111': 'Block egress.denied',
    'pay DE89 3704 0044 0532 0130 00': 'PendingApproval egress.approval_required',
  };
  const layers = [
    [open, mailPolicy, 'organisation'],
    [mailPolicy, open, 'local'],
    [mailPolicy, mailPolicy, 'local'],
  ] as const;
  for (const [local, ceiling, layer] of layers) {
    const agent = new TestAgent(new TestNode());
    agent.begin(local);
    const { node } = agent;
    node.seal(node.propose('contract.register', { contract: mailContract }));
    const organisation = new TestOrganisation(agent);
    organisation.pin();
    organisation.accept(ceiling);
    for (const [at, [text, expected]] of Object.entries(texts).entries()) {
      const { egress = [], ...rest } = mailPolicy;
      const both = local === ceiling ? [...egress, ...egress] : egress;
      const { payload, vault } = outgoing(text, { ...rest, egress: both }, String(at));
      node.savePayload(vault);
      const entry = node.seal(node.propose('action.decide', payload));
      assert.equal(bodyOf(entry), `${expected} ${layer}`);
      const { inspection: __, ...silent } = outgoing(text, mailPolicy, `1${at}`).payload;
      const unseen = node.tryAdmit(node.propose('action.decide', silent));
      assert.equal(unseen.ok ? 'admitted' : unseen.error.code, 'egress.not_inspected');
    }
  }
});

test('by a clock that went a year ahead a lease is over and the bundle too old, not wider', () => {
  const organisation = bounded(draftsPolicy, { stale: 'block' });
  const { agent } = organisation;
  const { node } = agent;
  const real = node.chainTime;
  const leased = { allow_paths: ['/notes/a'], target_exists: true };
  const conditions = { ...leased, expires: String(real + DAY_MS / 2n) };
  const lease = { rule_id: 'lease', target: 'fs::write', conditions, action: 'ALLOW' as const };
  const policy = { ...notesPolicy, rules: [...notesPolicy.rules, lease] };
  organisation.accept(policy, { version: '2', stale: 'block' });
  node.seal(node.propose('policy.activate', agent.activation(policy)));
  assert.equal(decided(organisation, '/notes/a/1', true), 'Allow policy.allowed local');
  const year = 365n * DAY_MS;
  node.resync(real + year);
  assert.equal(decided(organisation, '/notes/a/1', true), 'Block policy.bundle_stale organisation');
  // Issued by a clock that is right: newer, so it is taken, and too old by this one all the same.
  const old = { version: '3', stale: 'block' as const, issued: String(real) };
  organisation.accept(policy, old);
  assert.equal(decided(organisation, '/notes/2'), 'Block policy.bundle_stale organisation');
  organisation.accept(policy, { version: '4', stale: 'block' });
  assert.equal(decided(organisation, '/notes/2'), 'Allow policy.allowed local');
  const asked = 'PendingApproval approval.required local';
  assert.equal(decided(organisation, '/notes/a/1', true), asked, 'the lease stays over');
});
