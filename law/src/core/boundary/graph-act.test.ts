import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuntimeToolContract, WorkflowSchema } from '@ioi/protocol';
import { hashOf, payContract, smallLog, writeContract } from '../../testing/index.ts';
import { askContract } from '../graphs/ask-contract.ts';
import { modelContract } from '../models/model-contract.ts';

const GRAPH = `graph_${'5c'.repeat(16)}`;
const tool = { kind: 'tool' as const, tool: payContract.tool };
const usd = (amount: string) => ({ amount, unit: 'usd' });
const LONG = 'Keep it? '.repeat(40);
const STEPS: WorkflowSchema['steps'] = [
  { step_id: 'pay', ...tool, params: { amount: usd('3') } },
  {
    ...{ step_id: 'given', ...tool, params: { amount: usd('3') } },
    inputs: [{ name: 'amount', type: 'record', required: false }],
  },
  { step_id: 'sum', kind: 'model', model_id: 'model://local/writer', instruction: 'Sum it up.' },
  { step_id: 'ask', kind: 'approval', question: 'Keep it?' },
  { step_id: 'long', kind: 'approval', question: LONG },
  { step_id: 'mail', ...tool, params: { to: 'ann', about: { text: LONG, tags: ['a', 'b'] } } },
];
const WORKFLOW: WorkflowSchema = {
  ...{ workflow_id: 'workflow://pay', version: '1.0.0', title: 'Pay' },
  ...{ steps: STEPS, edges: [] },
};
const AMOUNT = { argument: 'amount', parameter: 'amount', kind: 'value' } as const;
const paying: RuntimeToolContract = { ...payContract, version: '2', parameters: [AMOUNT] };
const CONTRACTS: Readonly<Record<string, RuntimeToolContract>> = {
  ...{ pay: paying, given: paying, sum: modelContract(), ask: askContract() },
  ...{ long: askContract(), mail: paying },
};

/** A graph of which each step has begun, with a session of its own. */
function begun() {
  const agent = smallLog();
  const { node } = agent;
  for (const contract of [paying, modelContract(), askContract()]) {
    node.seal(node.propose('contract.register', { contract }));
  }
  const own = STEPS.map(({ step_id }) => {
    return { step_id, contract_hash: hashOf(CONTRACTS[step_id]) };
  });
  const about = { graph_run_id: GRAPH, graph_id: hashOf(WORKFLOW), workflow: WORKFLOW, bound: [] };
  const rest = { inputs: [], input_commitment: hashOf('all of it'), parallel: 8 };
  node.seal(node.propose('graphs/open', { ...about, own, ...rest }));
  for (const [at, { step_id }] of STEPS.entries()) {
    const run_id = `run_${String(at).repeat(32)}`;
    const step = { graph_run_id: GRAPH, step_id, run_id, inputs: [], parents: [] };
    node.seal(node.propose('graphs/begin', { ...step, session_id: hashOf(step_id) }));
  }
  const codeOf = (step: string, params: object, contract = CONTRACTS[step]) => {
    assert.ok(contract);
    const { nonce } = agent.request(contract.target, {});
    const context = { agent_id: 'agent://test/worker/pay', session_id: hashOf(step) };
    const request = { target: contract.target, params: { ...params }, context, nonce };
    const { payload } = agent.ask(request as never, contract);
    const result = node.tryAdmit(node.propose('action.decide', payload));
    return result.ok ? 'ok' : result.error.code;
  };
  return { agent, codeOf };
}

const asked = (more: object) => ({ workflow: 'workflow://pay', question: 'Keep it?', ...more });
const routed = (route: string) => {
  return { route, candidates: ['ollama m http://127.0.0.1:1'], max_tokens: 8, messages: '[]' };
};

test('an act of a step that the node carries out says what the sealed graph says', () => {
  const { codeOf } = begun();
  assert.equal(codeOf('pay', { amount: usd('3') }), 'ok');
  assert.equal(codeOf('pay', { amount: usd('2') }), 'graph.other_act');
  assert.equal(codeOf('pay', {}), 'graph.other_act');
  assert.equal(codeOf('sum', routed('writer')), 'ok');
  assert.equal(codeOf('sum', routed('careful')), 'graph.other_act');
  assert.equal(codeOf('ask', asked({ shown: 'x' })), 'ok');
  assert.equal(codeOf('ask', asked({ question: 'Delete it?' })), 'graph.other_act');
  assert.equal(codeOf('ask', asked({ workflow: 'workflow://other' })), 'graph.other_act');
});

test('what comes to a step from others is not compared, its contract is', () => {
  const { agent, codeOf } = begun();
  assert.equal(codeOf('given', { amount: usd('1') }), 'ok');
  assert.equal(codeOf('pay', { path: '/notes/x', content: 'x' }, writeContract), 'graph.other_act');
  assert.equal(codeOf('pay', { amount: usd('3') }, payContract), 'graph.other_act');
  assert.equal(codeOf('sum', { amount: usd('3') }, paying), 'graph.other_act');
  const keyed = modelContract(['other-key']);
  agent.node.seal(agent.node.propose('contract.register', { contract: keyed }));
  assert.equal(codeOf('sum', routed('writer'), keyed), 'graph.other_act');
  assert.equal(codeOf('of no graph', { amount: usd('1') }, payContract), 'ok');
});

const digest = `sha256:${'ab'.repeat(32)}`;
const kept = (text: string) => ({ $payload: digest, bytes: text.length });

test('a long text stands as a digest, and a short one may not', () => {
  const { codeOf } = begun();
  assert.equal(codeOf('long', asked({ question: kept(LONG), shown: 'x' })), 'ok');
  assert.equal(codeOf('long', asked({ question: kept(`${LONG}!`) })), 'graph.other_act');
  assert.equal(codeOf('long', asked({ question: LONG.replace('K', 'L') })), 'graph.other_act');
  assert.equal(codeOf('ask', asked({ question: kept('Keep it?') })), 'graph.other_act');
});

test('arguments without a parameter are compared too, and nobody adds one', () => {
  const { codeOf } = begun();
  const about = { text: kept(LONG), tags: ['a', 'b'] };
  const sent = (more: object) => ({ arguments: { to: 'ann', about, ...more } });
  assert.equal(codeOf('mail', sent({})), 'ok');
  const others = [{ to: 'bob' }, { about: { ...about, tags: ['a'] } }, { about: {} }, { cc: 'b' }];
  for (const more of others) assert.equal(codeOf('mail', sent(more)), 'graph.other_act');
  assert.equal(codeOf('mail', { ...sent({}), amount: usd('1') }), 'graph.other_act');
  assert.equal(codeOf('mail', { ...sent({}), _meta: { to: 'b' } }), 'graph.other_act');
  assert.equal(codeOf('given', { amount: usd('1'), arguments: { to: 'b' } }), 'graph.other_act');
});

test('nobody but the step that asks it puts a question of a workflow', () => {
  const { agent, codeOf } = begun();
  const question = asked({ shown: 'x' });
  assert.equal(codeOf('of no graph', question, askContract()), 'graph.other_act');
  const like = { ...paying, version: '3', target: askContract().target };
  agent.node.seal(agent.node.propose('contract.register', { contract: like }));
  assert.equal(codeOf('of no graph', question, like), 'graph.other_act');
});
