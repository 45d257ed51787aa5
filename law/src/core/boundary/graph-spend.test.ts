import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '@ioi/canon';
import type { WorkflowSchema } from '@ioi/protocol';
import { hashOf, payContract, smallLog, type TestAgent } from '../../testing/index.ts';

const GRAPH = `graph_${'5c'.repeat(16)}`;
const usd = (amount: string) => ({ max_spend: { amount, unit: 'usd' } });
const STEPS = ['one', 'two', 'three'].map((step_id, at) => ({
  ...{ step_id, kind: 'tool' as const, tool: payContract.tool },
  inputs: [{ name: 'amount', type: 'record' as const, required: false }],
  ...(at === 2 ? { budget: usd('1') } : {}),
}));
const WORKFLOW: WorkflowSchema = {
  ...{ workflow_id: 'workflow://pay', version: '1.0.0', title: 'Pay' },
  ...{ budget: usd('5'), steps: STEPS, edges: [] },
};

/** A graph of which each step has begun, with a session of its own. */
function begun(): { readonly agent: TestAgent; readonly codes: readonly string[] } {
  const agent = smallLog();
  const { node } = agent;
  const contract_hash = hashOf(payContract);
  node.seal(
    node.propose('graphs/open', {
      ...{ graph_run_id: GRAPH, graph_id: hashOf(WORKFLOW), workflow: WORKFLOW, bound: [] },
      own: STEPS.map(({ step_id }) => ({ step_id, contract_hash })),
      ...{ inputs: [], input_commitment: hashOf('all of it'), parallel: 4 },
    }),
  );
  const codes = STEPS.map(({ step_id }, at) => {
    const run_id = `run_${String(at).repeat(32)}`;
    const step = { graph_run_id: GRAPH, step_id, run_id, inputs: [], parents: [] };
    const uncounted = node.tryAdmit(node.propose('graphs/begin', step));
    node.seal(node.propose('graphs/begin', { ...step, session_id: hashOf(step_id) }));
    return uncounted.ok ? 'ok' : uncounted.error.code;
  });
  return { agent, codes };
}

function paying(agent: TestAgent, session_id: Digest, amount: string, as = 'worker/pay') {
  const { nonce } = agent.request('ucp::pay', {});
  const context = { agent_id: `agent://test/${as}`, session_id };
  const params = { amount: { amount, unit: 'usd' } };
  const request = { target: 'ucp::pay', params, context, nonce };
  return agent.ask(request, payContract);
}

const paid = (agent: TestAgent, step: string, amount: string): string =>
  agent.decide(paying(agent, hashOf(step), amount)).state;

test('the steps of a graph spend no more than it says, and one no more than its own', () => {
  const { agent, codes } = begun();
  assert.deepEqual(codes, Array(STEPS.length).fill('graph.no_session'));
  assert.equal(paid(agent, 'one', '3'), 'committed');
  assert.equal(paid(agent, 'two', '3'), 'blocked');
  assert.equal(paid(agent, 'three', '1.01'), 'blocked');
  assert.equal(paid(agent, 'three', '1'), 'committed');
  assert.equal(paid(agent, 'two', '1.01'), 'blocked');
  assert.equal(paid(agent, 'two', '1'), 'committed');
});

test('it is counted by whatever name whoever acts goes', () => {
  const { agent } = begun();
  const asked = paying(agent, hashOf('one'), '5.01', 'pay');
  assert.equal(agent.decide(asked).state, 'blocked');
});

test('what did not happen is given back to a graph', () => {
  const { agent } = begun();
  const asked = paying(agent, hashOf('one'), '5');
  assert.equal(agent.decide(asked).state, 'committed');
  assert.equal(paid(agent, 'two', '1'), 'blocked');
  assert.equal(paid(agent, 'of no graph', '3'), 'committed');
  const came = { ...agent.execution(asked, payContract), outcome: 'failed_before_effect' as const };
  agent.record(came);
  assert.equal(paid(agent, 'two', '1'), 'committed');
});
