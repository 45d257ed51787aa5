import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecideAction, LogEntry } from '@ioi/protocol';
import {
  AGENT,
  type Asked,
  hashOf,
  notesPolicy,
  scopedPay,
  scopedWrite,
  TestAgent,
  TestNode,
  TestOwner,
} from '../../testing/index.ts';
import { type HoldingHead, type RequestHead, requestIdOf, walletKeys } from '../wallet/index.ts';
import type { BoundaryEvent } from './events.ts';

type Scene = { readonly node: TestNode; readonly agent: TestAgent; readonly owner: TestOwner };

function scene(): Scene {
  const node = new TestNode();
  const agent = new TestAgent(node);
  const owner = new TestOwner(node);
  agent.begin(notesPolicy);
  owner.begin();
  return { node, agent, owner };
}

function writing({ agent }: Scene, path = '/notes/a', grantId?: string): Asked {
  const request = agent.request('fs::write', { path, content: 'x' });
  return under(agent.ask(request, scopedWrite, { target_exists: false }), grantId);
}

function paying({ agent }: Scene, amount: string, grantId?: string): Asked {
  const params = { amount: { amount, unit: 'usd' } };
  return under(agent.ask(agent.request('ucp::pay', params), scopedPay), grantId);
}

function under({ request, payload }: Asked, grantId: string | undefined): Asked {
  const named = grantId === undefined ? {} : { authority_grant_id: grantId };
  return { request, payload: { ...payload, ...named } };
}

function tried({ node }: Scene, payload: DecideAction): string {
  const result = node.tryAdmit(node.propose('action.decide', payload));
  return result.ok ? verdictIn(result.value.entry) : result.error.code;
}

function verdictIn(entry: LogEntry): string {
  const [event] = entry.events as BoundaryEvent[];
  assert.ok(event?.type === 'receipt.emitted' && event.receipt.receipt_type === 'policy');
  const { verdict, code, deciding_field } = event.receipt.body;
  return [verdict.kind, code, deciding_field].join(' ').trim();
}

const MISSING = (why: string): string => `PendingApproval authority.required ${why}`;

test('an act without a grant pauses by name, and asks for exactly what it takes', () => {
  const on = scene();
  const asked = writing(on);
  const action = on.agent.decide(asked);
  assert.equal(action.state, 'pending');
  const id = requestIdOf(hashOf(asked.request));
  assert.equal(action.authority_request_id, id);
  const { request } = on.node.head<RequestHead>(walletKeys.request(id))!;
  assert.deepEqual(request.authority_scopes_requested, ['scope:repo.write']);
  assert.deepEqual(request.resource_scope.resources, ['file:///notes/a']);
  assert.equal(request.request_hash, hashOf(asked.request));
  assert.deepEqual(on.node.heads('authority_asked'), [id]);
});

test('the grant that was asked for resumes the act, once, and is said in its receipts', () => {
  const on = scene();
  const asked = writing(on);
  const waiting = on.agent.decide(asked);
  const grantId = give(on, waiting.authority_request_id!, asked);
  const entry = on.node.seal(on.node.propose('action.decide', under(asked, grantId).payload));
  const events = entry.events as BoundaryEvent[];
  const committed = events.find((each) => each.type === 'action.committed');
  assert.equal(committed?.committed.authority_grant_id, grantId);
  const receipt = events.find((each) => each.type === 'receipt.emitted');
  assert.equal(receipt?.receipt.authority_grant_id, grantId);
  assert.deepEqual(on.owner.grantHead(grantId).remaining, { calls: '0' });
  assert.equal(on.node.head<HoldingHead>(walletKeys.holding(AGENT)), undefined);
  assert.deepEqual(on.node.heads('authority_asked'), []);
  assert.equal(tried(on, under(asked, grantId).payload), 'request.replayed');
  assert.equal(tried(on, writing(on, '/notes/a', grantId).payload), MISSING('request_hash'));
});

/** Exactly the act that waits, once. */
function give({ owner, agent }: Scene, requestId: string, { request }: Asked): string {
  const { policy_hash } = agent.action(request);
  const terms = {
    constraints: { expires_at: owner.later(), max_calls: '1' },
    request_hash: hashOf(request),
    ...(policy_hash === undefined ? {} : { policy_hash }),
  };
  const issued = owner.grant(requestId, terms);
  owner.do('grant.issue', issued);
  return issued.grant.authority_grant_id;
}

test('a grant covers its subject, scopes, primitives and resources and nothing beside them', () => {
  const on = scene();
  const cases: [string, object][] = [
    ['subject_id', { subject_id: 'agent://test/other' }],
    ['authority_scopes', { authority_scopes: ['scope:repo.read'] }],
    ['primitive_capability_constraints', { primitive_capability_constraints: ['prim:fs.read'] }],
    ['resources', { resources: ['file:///notes/b', 'file:///note/**'] }],
  ];
  for (const [why, terms] of cases) {
    const grantId = on.owner.give(terms);
    assert.equal(tried(on, writing(on, '/notes/a', grantId).payload), MISSING(why));
  }
  const within = on.owner.give({ resources: ['file:///notes/*'] });
  assert.equal(
    tried(on, writing(on, '/notes/a', within).payload),
    'Allow policy.allowed allow_paths',
  );
  assert.equal(tried(on, writing(on, '/notes/a/b', within).payload), MISSING('resources'));
});

test('time, revocation and a new epoch end a grant with the very next entry', () => {
  const ends: Record<string, (on: Scene, grantId: string) => void> = {
    'constraints.expires_at': ({ node }) => node.tick(86_400_000n),
    status: ({ owner }, grantId) => owner.do('grant.revoke', owner.revoke(grantId)),
    revocation_epoch: ({ owner }) => owner.do('epoch.advance', owner.advance()),
  };
  for (const [why, end] of Object.entries(ends)) {
    const on = scene();
    const grantId = on.owner.give();
    assert.equal(
      tried(on, writing(on, '/notes/a', grantId).payload),
      'Allow policy.allowed allow_paths',
    );
    end(on, grantId);
    assert.equal(tried(on, writing(on, '/notes/a', grantId).payload), MISSING(why));
  }
});

test('calls and budget are taken in the commit, given back where nothing happened', () => {
  const on = scene();
  const constraints = { expires_at: on.owner.later(), max_calls: '3', max_budget_usd: '12.5' };
  const grantId = on.owner.give({ constraints });
  const left = () => on.owner.grantHead(grantId).remaining;
  const first = paying(on, '7.25', grantId);
  on.agent.decide(first);
  assert.deepEqual(left(), { calls: '2', budget_usd: '5.25' });
  const dear = paying(on, '5.5', grantId);
  assert.equal(tried(on, dear.payload), MISSING('constraints.max_budget_usd'));
  const execution = on.agent.execution(first, scopedPay);
  on.agent.record({ ...execution, outcome: 'failed_before_effect' });
  assert.deepEqual(left(), { calls: '3', budget_usd: '12.5' });
  const second = paying(on, '5.5', grantId);
  on.agent.decide(second);
  on.agent.lose(second, scopedPay);
  assert.deepEqual(left(), { calls: '2', budget_usd: '7' });
  on.agent.reconcile(second, scopedPay);
  assert.deepEqual(left(), { calls: '2', budget_usd: '7' });
});

test('without a budget nothing is spent, and nothing in another unit', () => {
  const on = scene();
  const grantId = on.owner.give();
  assert.equal(tried(on, paying(on, '1', grantId).payload), MISSING('constraints.max_budget_usd'));
});

test('a grant says what a person has to look at all the same', () => {
  const on = scene();
  const grantId = on.owner.give({ approval_required_for: ['repo'] });
  const asked = writing(on, '/notes/a', grantId);
  assert.equal(on.agent.decide(asked).state, 'pending');
  assert.equal(on.agent.action(asked.request).authority_request_id, undefined);
  assert.equal(on.agent.approve(asked).state, 'committed');
});

test('no grant lifts what the rules block, and none answers what the rules ask', () => {
  const on = scene();
  const grantId = on.owner.give({ resources: ['file:///**'] });
  const outside = writing(on, '/etc/a', grantId);
  assert.equal(on.agent.decide(outside).state, 'blocked');
  const request = on.agent.request('fs::write', { path: '/notes/a', content: 'x' });
  const overwriting = on.agent.ask(request, scopedWrite, { target_exists: true });
  const payload = { ...overwriting.payload, authority_grant_id: grantId };
  assert.equal(on.agent.decide({ request, payload }).state, 'pending');
  assert.equal(on.agent.approve({ request, payload }).state, 'committed');
});

test('an approval gives no authority, and a grant that covers less leaves it waiting', () => {
  const on = scene();
  const asked = writing(on);
  on.agent.decide(asked);
  const token = on.agent.token(asked.request);
  assert.equal(tried(on, { ...asked.payload, token }), 'authority.invalid');
  const little = on.owner.give({ resources: ['file:///notes/b'] });
  assert.equal(tried(on, under(asked, little).payload), 'authority.invalid');
  assert.equal(on.agent.action(asked.request).state, 'pending');
});

test('who denies the scopes ends the act, and who denies the act ends the request', () => {
  const on = scene();
  const first = writing(on);
  const id = on.agent.decide(first).authority_request_id!;
  const entry = on.owner.do('grant.deny', on.owner.deny(id));
  assert.equal(on.agent.action(first.request).state, 'denied');
  assert.equal((entry.events as BoundaryEvent[]).length, 2);
  const second = writing(on);
  const other = on.agent.decide(second).authority_request_id!;
  on.agent.deny(second);
  const status = on.node.head<RequestHead>(walletKeys.request(other))!.request.status;
  assert.equal(status, 'denied');
  assert.deepEqual(on.node.heads('authority_asked'), []);
});
