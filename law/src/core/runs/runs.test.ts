import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { TestAgent, TestNode, typingPolicy } from '../../testing/index.ts';

const record = {
  run_id: `run_${'5e'.repeat(16)}`,
  agent_id: 'agent://local/test/run/sh',
  session_id: digestBytes('session'),
  change_set: digestBytes('changes'),
  unseen: 0,
  counts: { added: 1, changed: 0, removed: 0, executed_later: 0 },
};

test('what a run left is recorded once, by its commitment', () => {
  const agent = new TestAgent(new TestNode());
  agent.begin(typingPolicy);
  const { node } = agent;
  node.seal(node.propose('runs/record', record));
  const head = node.view.get({ headClass: 'run', id: record.run_id });
  assert.deepEqual(head, { change_set: record.change_set, counts: record.counts });
  const other = { ...record, change_set: digestBytes('others') };
  const again = node.tryAdmit(node.propose('runs/record', other));
  assert.equal(again.ok ? '' : again.error.code, 'run.recorded');
});

test('a record without a commitment is refused', () => {
  const agent = new TestAgent(new TestNode());
  agent.begin(typingPolicy);
  const { change_set: _, ...bare } = record;
  assert.ok(!agent.node.tryAdmit(agent.node.propose('runs/record', bare)).ok);
});
