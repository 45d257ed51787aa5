import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphStepArtifact, OpenGraphRun, OpenWorkerRun, WorkflowSchema } from '@ioi/protocol';
import {
  hashOf,
  smallLog,
  type TestAgent,
  workerOpening,
  writeContract,
} from '../../testing/index.ts';
import { keys, type PolicyHead } from '../boundary/heads.ts';
import { modelContract } from '../models/model-contract.ts';
import { providerSelectionOf, verificationOf } from '../workers/markers.ts';
import { askContract } from './ask-contract.ts';

const GRAPH = `graph_${'5c'.repeat(16)}`;
const RUN = `run_${'7a'.repeat(16)}`;
const ALWAYS = { ...writeContract, approval: 'always' as const };
const WRITES = { path: '/notes/new', content: 'x' };
const STEP = {
  ...({ step_id: 'keep', kind: 'tool', tool: 'write_file', approval: 'always' } as const),
  params: { path: WRITES.path },
  inputs: [{ name: 'content', type: 'text' as const, required: false }],
};
const WORKFLOW: WorkflowSchema = {
  ...{ workflow_id: 'workflow://keep', version: '1.0.0', title: 'Keep it' },
  ...{ steps: [STEP], edges: [] },
};

function begun(): TestAgent {
  const agent = smallLog();
  const { node } = agent;
  for (const contract of [ALWAYS, askContract()]) {
    node.seal(node.propose('contract.register', { contract }));
  }
  return agent;
}

function opening(changed: Partial<OpenGraphRun> = {}): OpenGraphRun {
  const { workflow = WORKFLOW } = changed;
  return {
    ...{ graph_run_id: GRAPH, graph_id: hashOf(workflow), workflow, bound: [] },
    own: [{ step_id: 'keep', contract_hash: hashOf(ALWAYS) }],
    ...{ inputs: [], input_commitment: hashOf('all of it'), parallel: 1 },
    ...changed,
  };
}

function tried({ node }: TestAgent, operation: string, payload: object): string {
  const result = node.tryAdmit(node.propose(operation, payload));
  return result.ok ? 'ok' : result.error.code;
}

function done({ node }: TestAgent, operation: string, payload: object): void {
  node.seal(node.propose(operation, payload));
}

test('a person decides what the rules allow, where its contract says so', () => {
  const agent = begun();
  const request = agent.request('fs::write', WRITES);
  const asked = agent.ask(request, ALWAYS, { target_exists: false });
  assert.equal(asked.payload.verdict, 'ALLOW');
  assert.equal(agent.decide(asked).state, 'pending');
  assert.equal(agent.approve(asked).state, 'committed');
  const elsewhere = agent.request('fs::write', { path: '/etc/passwd', content: 'x' });
  assert.equal(agent.decide(agent.ask(elsewhere, ALWAYS)).state, 'blocked');
});

test('what the node itself does of a graph is bound to the contract of what it names', () => {
  const agent = begun();
  const open = (changed: Partial<OpenGraphRun>) => tried(agent, 'graphs/open', opening(changed));
  const under = (contract: object) => [{ step_id: 'keep', contract_hash: hashOf(contract) }];
  const { own: _, ...none } = opening();
  assert.equal(tried(agent, 'graphs/open', none), 'graph.unbound');
  assert.equal(open({ own: under(writeContract) }), 'graph.unbound');
  assert.equal(open({ own: under(askContract()) }), 'graph.unbound');
  assert.equal(open({ own: under({ ...ALWAYS, version: '0' }) }), 'contract.missing');
  const other = { ...WORKFLOW, steps: [{ ...STEP, tool: 'move_file' }] };
  assert.equal(open({ workflow: other }), 'graph.unbound');
  const question = { step_id: 'keep', kind: 'approval', question: 'Keep it?' } as const;
  const asks = { ...WORKFLOW, steps: [question] };
  assert.equal(open({ workflow: asks }), 'graph.unbound');
  assert.equal(open({ workflow: asks, own: under(askContract()) }), 'ok');
  const milder = { ...askContract(), effect: 'read' as const };
  const model = {
    step_id: 'keep',
    kind: 'model',
    model_id: 'model://a/b',
    instruction: 'x',
  } as const;
  const thinks = { ...WORKFLOW, steps: [model] };
  const keyed = modelContract(['a-key']);
  for (const contract of [milder, keyed, { ...keyed, target: 'fs::read' }]) {
    agent.node.seal(agent.node.propose('contract.register', { contract }));
  }
  assert.equal(open({ workflow: asks, own: under(milder) }), 'graph.unbound');
  assert.equal(
    open({ workflow: thinks, own: under({ ...keyed, target: 'fs::read' }) }),
    'graph.unbound',
  );
  assert.equal(open({ workflow: thinks, own: under(keyed) }), 'ok');
  assert.equal(open({}), 'ok');
});

/** The run of its one step: by which act, if any, it ends as completed. */
function carried(agent: TestAgent, changed: Partial<OpenWorkerRun>, isDone: boolean): string {
  const plain = agent.request('fs::write', WRITES);
  const context = { ...plain.context, session_id: hashOf('session') };
  const request = { ...plain, context };
  const { task, ...about } = workerOpening(request.context.agent_id, hashOf('session'));
  const own = {
    ...about,
    ...{ run_id: RUN, program_hash: hashOf(STEP), own: { contract_hash: hashOf(ALWAYS) } },
    task: { ...task, objective: 'tool', constraints: { max_steps: 1 } },
    ...changed,
  };
  done(agent, 'workers/open', { ...own, provider_selection_commit: providerSelectionOf(own) });
  const asked = agent.ask(request, ALWAYS, { target_exists: false });
  if (isDone) {
    agent.decide(asked);
    agent.approve(asked);
    agent.complete(asked, ALWAYS);
  }
  const acts = isDone ? [hashOf(request)] : [];
  const ending = { run_id: RUN, state: 'completed', acts, output_commitment: hashOf('came') };
  const { task_schema_hash } = own;
  const verification_commit = verificationOf({ ...ending, task_schema_hash });
  const ended = tried(agent, 'workers/end', { ...ending, verification_commit });
  if (ended === 'ok') done(agent, 'workers/end', { ...ending, verification_commit });
  return ended;
}

function settled(changed: Partial<OpenWorkerRun>): string {
  const agent = begun();
  done(agent, 'graphs/open', opening());
  const step = { graph_run_id: GRAPH, step_id: 'keep', run_id: RUN, inputs: [], parents: [] };
  assert.equal(tried(agent, 'graphs/begin', step), 'graph.no_session');
  done(agent, 'graphs/begin', { ...step, session_id: hashOf('session') });
  assert.equal(carried(agent, changed, true), 'ok');
  const policy = agent.node.head<PolicyHead>(keys.policy);
  const artifact: GraphStepArtifact = {
    ...{ ...step, graph_id: hashOf(WORKFLOW), state: 'completed', outputs: [] },
    policy_hash: policy?.policy_hash ?? '',
  };
  return tried(agent, 'graphs/settle', artifact);
}

test('it is the step that was sealed, in one act under its contract', () => {
  assert.equal(settled({}), 'ok');
  assert.equal(settled({ program_hash: hashOf('another step') }), 'graph.authority_exceeds');
  const none = begun();
  assert.equal(carried(none, {}, false), 'run.act_undeclared');
  const under = begun();
  const plain = { own: { contract_hash: hashOf(writeContract) } };
  assert.equal(carried(under, plain, true), 'run.act_undeclared');
  const { task } = workerOpening('agent://local/worker/count', hashOf('session'));
  const wide = { ...task, objective: 'tool', constraints: { max_steps: 2 } };
  const opened = { ...workerOpening('agent://local/worker/count', hashOf('session')), task: wide };
  const own = { ...opened, own: { contract_hash: hashOf(ALWAYS) } };
  const marked = { ...own, provider_selection_commit: providerSelectionOf(own) };
  assert.equal(tried(begun(), 'workers/open', marked), 'run.own_bounds');
});
