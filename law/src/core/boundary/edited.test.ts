import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecideAction } from '@ioi/protocol';
import { hashOf, smallLog, type TestAgent } from '../../testing/index.ts';
import { type ActionHead, keys } from './heads.ts';

function waiting(agent: TestAgent) {
  const asked = agent.write('/notes/b', { target_exists: true });
  agent.decide(asked);
  return asked;
}

function answer(agent: TestAgent, payload: DecideAction): string {
  const result = agent.node.tryAdmit(agent.node.propose('action.decide', payload));
  return result.ok ? '' : result.error.code;
}

function stateOf(agent: TestAgent, request: object): string | undefined {
  return agent.node.head<ActionHead>(keys.action(hashOf(request)))?.state;
}

test('an edited request ends with a receipt that names the one in its place', () => {
  const agent = smallLog();
  const old = waiting(agent);
  const fresh = agent.write('/notes/c', { target_exists: true });
  const edits = hashOf(old.request);
  const entry = agent.node.seal(agent.node.propose('action.decide', { ...fresh.payload, edits }));
  const bodies = (entry.events as { type: string; receipt?: { body: Record<string, unknown> } }[])
    .filter(({ type }) => type === 'receipt.emitted')
    .map((event) => event.receipt?.body ?? {});
  assert.equal(bodies[0]?.['request_hash'], hashOf(fresh.request));
  assert.deepEqual(bodies[0]?.['verdict'], { kind: 'PendingApproval' });
  assert.equal(bodies[1]?.['request_hash'], edits);
  assert.equal(bodies[1]?.['code'], 'approval.edited');
  assert.equal(bodies[1]?.['replaced_by'], hashOf(fresh.request));
  assert.equal(bodies[1]?.['prev_receipt_hash'], hashOf(bodies[0] ?? {}));
  assert.equal(stateOf(agent, old.request), 'denied');
  assert.equal(stateOf(agent, fresh.request), 'pending');
  const ofOld = agent.token(old.request);
  assert.equal(answer(agent, { ...old.payload, token: ofOld }), 'request.replayed');
  assert.equal(answer(agent, { ...fresh.payload, token: ofOld }), 'approval.invalid');
  assert.equal(answer(agent, { ...fresh.payload, token: agent.token(fresh.request) }), '');
});

test('an edit into what is allowed is done, and one that is blocked leaves all as it was', () => {
  const agent = smallLog();
  const old = waiting(agent);
  const edits = hashOf(old.request);
  const blocked = agent.write('/elsewhere/b');
  assert.equal(answer(agent, { ...blocked.payload, edits }), 'edit.blocked');
  assert.equal(stateOf(agent, old.request), 'pending');
  const allowed = agent.write('/notes/new', { target_exists: false });
  agent.node.seal(agent.node.propose('action.decide', { ...allowed.payload, edits }));
  assert.equal(stateOf(agent, allowed.request), 'committed');
  assert.equal(stateOf(agent, old.request), 'denied');
});

test('nothing is edited that does not wait, nor into the act of another', () => {
  const agent = smallLog();
  const old = waiting(agent);
  const edits = hashOf(old.request);
  const fresh = agent.write('/notes/c', { target_exists: true });
  const other = {
    ...fresh.request,
    context: { ...fresh.request.context, agent_id: 'agent://x/y' },
  };
  assert.equal(answer(agent, { ...fresh.payload, request: other, edits }), 'edit.invalid');
  assert.equal(answer(agent, { ...fresh.payload, attempt: 2, edits }), 'edit.invalid');
  const token = agent.token(fresh.request);
  assert.equal(answer(agent, { ...fresh.payload, token, edits }), 'edit.invalid');
  assert.equal(answer(agent, { ...fresh.payload, edits: hashOf('none') }), 'edit.not_pending');
  const again = waiting(agent);
  assert.equal(answer(agent, { ...again.payload, edits }), 'request.replayed');
  agent.node.tick(25n * 3_600_000n);
  assert.equal(answer(agent, { ...fresh.payload, edits }), 'edit.not_pending');
});
