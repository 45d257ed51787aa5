import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '@ioi/canon';
import type { ActionRules, GraphStepArtifact, OpenWorkerRun, WorkflowSchema } from '@ioi/protocol';
import {
  type Asked,
  hashOf,
  payContract,
  smallLog,
  type TestAgent,
  workerOpening,
  writeContract,
} from '../../testing/index.ts';
import { keys, type PolicyHead } from '../boundary/heads.ts';
import { providerSelectionOf, verificationOf } from '../workers/markers.ts';
import { askContract } from './ask-contract.ts';
import { type GraphStepHead, graphKeys, spendIdOf } from './heads.ts';

const GRAPH = `graph_${'5c'.repeat(16)}`;
const RUN = `run_${'7a'.repeat(16)}`;
const SESSION = hashOf('session');
const FLAG = [{ name: 'agreed', type: 'flag' as const }];
const WRITES = { path: '/notes/new', content: 'x' };
const STEP = {
  step_id: 'only',
  kind: 'tool' as const,
  tool: writeContract.tool,
  params: { path: WRITES.path },
  inputs: [{ name: 'content', type: 'text', required: false } as const],
};
const PAYS = {
  ...{ step_id: 'only', kind: 'tool' as const, tool: payContract.tool },
  inputs: [{ name: 'amount', type: 'record', required: false } as const],
  budget: { max_spend: { amount: '5', unit: 'usd' } },
};
const QUESTION = { step_id: 'only', kind: 'approval', question: 'Keep it?' } as const;
const RULES: ActionRules = {
  ...{ policy_id: 'asking', defaults: 'deny_all' },
  rules: [
    { rule_id: 'w', target: 'fs::write', conditions: {}, action: 'ALLOW' },
    { rule_id: 'q', target: 'workflow::ask', conditions: {}, action: 'ALLOW' },
    { rule_id: 'p', target: 'ucp::pay', conditions: {}, action: 'ALLOW' },
  ],
};

const ASKED = { workflow: 'workflow://one', question: 'Keep it?', shown: 'x' };

type Step = WorkflowSchema['steps'][number];
type Act = (agent: TestAgent, session?: Digest) => Asked;

const writes: Act = (agent, session) => asked(agent, session, writeContract);
const pays: Act = (agent, session_id = SESSION) => {
  const request = agent.request('ucp::pay', { amount: { amount: '2', unit: 'usd' } });
  return agent.ask({ ...request, context: { ...request.context, session_id } }, payContract);
};
const asks: Act = (agent, session) => asked(agent, session, askContract());

function asked(agent: TestAgent, session_id: Digest = SESSION, contract = writeContract): Asked {
  const isQuestion = contract.target === 'workflow::ask';
  const params = isQuestion ? ASKED : WRITES;
  const request = agent.request(contract.target, params);
  const context = { ...request.context, session_id };
  return agent.ask({ ...request, context }, contract, { target_exists: false });
}

/** A graph of one step that has begun, with its run. */
class OneStep {
  readonly agent = smallLog();
  readonly #step: Step;
  readonly #workflow: WorkflowSchema;
  readonly #run: OpenWorkerRun;

  constructor(step: Step) {
    const { agent } = this;
    agent.activate(RULES);
    this.do('contract.register', { contract: askContract() });
    const tool = step === PAYS ? payContract : writeContract;
    const contract_hash = hashOf(step.kind === 'approval' ? askContract() : tool);
    const about = { workflow_id: 'workflow://one', version: '1.0.0', title: 'One' };
    this.#step = step;
    this.#workflow = { ...about, steps: [step], edges: [] };
    this.do('graphs/open', {
      ...{ graph_run_id: GRAPH, graph_id: hashOf(this.#workflow), workflow: this.#workflow },
      ...{ bound: [], own: [{ step_id: 'only', contract_hash }], inputs: [] },
      ...{ input_commitment: hashOf('all of it'), parallel: 1 },
    });
    const begun = { graph_run_id: GRAPH, step_id: 'only', run_id: RUN, inputs: [], parents: [] };
    this.do('graphs/begin', { ...begun, session_id: SESSION });
    const { context } = agent.request('fs::write', {});
    const { task, ...opening } = workerOpening(context.agent_id, SESSION);
    const run = {
      ...{ ...opening, run_id: RUN, program_hash: hashOf(step), own: { contract_hash } },
      task: { ...task, objective: step.kind, constraints: { max_steps: 1 } },
    };
    this.#run = { ...run, provider_selection_commit: providerSelectionOf(run) };
    this.do('workers/open', this.#run);
  }

  do(operation: string, payload: object): void {
    this.agent.node.seal(this.agent.node.propose(operation, payload));
  }

  /** Both its run and its step completed, by these acts; else the code of what refused it. */
  ends(...acts: readonly Asked[]): string {
    const { task_schema_hash } = this.#run;
    const hashes = acts.map(({ request }) => hashOf(request));
    const end = { run_id: RUN, state: 'completed', acts: hashes, output_commitment: hashOf('it') };
    const verification_commit = verificationOf({ ...end, task_schema_hash });
    const refused = this.#try('workers/end', { ...end, verification_commit });
    if (refused !== undefined) return refused;
    const { outputs = [] } = this.#step;
    const artifact: GraphStepArtifact = {
      ...{ graph_run_id: GRAPH, graph_id: hashOf(this.#workflow), step_id: 'only', run_id: RUN },
      ...{ state: 'completed', inputs: [], parents: [] },
      outputs: outputs.map(({ name }) => ({ port: name, canonical_payload_hash: hashOf(name) })),
      policy_hash: this.agent.node.head<PolicyHead>(keys.policy)?.policy_hash ?? '',
    };
    return this.#try('graphs/settle', artifact) ?? 'ok';
  }

  /** The graph itself, once its step has. */
  endsWhole(frees: { readonly frees_budgets?: true } = { frees_budgets: true }): string {
    const step = this.agent.node.head<GraphStepHead>(graphKeys.step(GRAPH, 'only'));
    const artifacts = step !== undefined && 'artifact_hash' in step ? [step.artifact_hash] : [];
    const end = { graph_run_id: GRAPH, state: 'completed', artifacts, outputs: [], ...frees };
    return this.#try('graphs/end', end) ?? 'ok';
  }

  #try(operation: string, payload: object): string | undefined {
    const { node } = this.agent;
    const result = node.tryAdmit(node.propose(operation, payload));
    if (!result.ok) return result.error.code;
    this.do(operation, payload);
    return undefined;
  }

  done(act: Act, session?: Digest): Asked {
    const { agent } = this;
    const one = act(agent, session);
    agent.decide(one);
    agent.complete(one, act === pays ? payContract : writeContract);
    return one;
  }
}

test('a step ends with each act of its own session, and with none of another run', () => {
  const one = new OneStep(STEP);
  assert.equal(one.ends(one.done(writes)), 'ok');
  const elsewhere = new OneStep(STEP);
  assert.equal(elsewhere.ends(elsewhere.done(writes, hashOf('before'))), 'run.act_foreign');
  const twice = new OneStep(STEP);
  const [first, second] = [twice.done(writes), twice.done(writes)];
  assert.equal(twice.ends(first), 'run.act_undeclared');
  assert.equal(twice.ends(first, second), 'run.act_undeclared');
});

test('a no is an answer where the step has a flag for it, and silence is none', () => {
  const after = (outputs: typeof FLAG | undefined, end: (agent: TestAgent, one: Asked) => void) => {
    const question = new OneStep(outputs === undefined ? QUESTION : { ...QUESTION, outputs });
    const one = asks(question.agent);
    assert.equal(question.agent.decide(one).state, 'pending');
    end(question.agent, one);
    return question.ends(one);
  };
  const agrees = (agent: TestAgent, one: Asked): void => {
    agent.approve(one);
    agent.complete(one, askContract());
  };
  assert.equal(after(undefined, agrees), 'ok');
  assert.equal(after(FLAG, agrees), 'ok');
  assert.equal(
    after(undefined, (agent, one) => agent.deny(one)),
    'graph.wrong_end',
  );
  assert.equal(
    after(FLAG, (agent, one) => agent.deny(one)),
    'ok',
  );
  const leaves = (agent: TestAgent, one: Asked): void => agent.deny(one, 'cancelled');
  assert.equal(after(FLAG, leaves), 'run.act_undeclared');
  const blocked = new OneStep({ ...QUESTION, outputs: FLAG });
  blocked.agent.activate({ ...RULES, rules: RULES.rules.slice(0, 1) });
  const one = asks(blocked.agent);
  assert.equal(blocked.agent.decide(one).state, 'blocked');
  assert.equal(blocked.ends(one), 'run.act_undeclared');
});

test('what a graph spent is counted until it ends, and nothing is spent in it after', () => {
  const one = new OneStep(PAYS);
  const { node } = one.agent;
  const budget = keys.budget(spendIdOf(GRAPH, 'only'));
  assert.equal(one.ends(one.done(pays)), 'ok');
  assert.notEqual(node.head(budget), undefined);
  assert.equal(one.endsWhole(), 'ok');
  assert.equal(node.head(budget), undefined);
  assert.equal(one.agent.decide(pays(one.agent)).state, 'blocked');
  assert.equal(node.head(budget), undefined);
});

test('an end that frees nothing, as older logs have it, leaves what was spent counted', () => {
  const one = new OneStep(PAYS);
  const { node } = one.agent;
  const budget = keys.budget(spendIdOf(GRAPH, 'only'));
  assert.equal(one.ends(one.done(pays)), 'ok');
  const before = node.head(budget);
  assert.equal(one.endsWhole({}), 'ok');
  assert.ok(!node.texts.some((text) => text.includes('"budgets":')), 'the very bytes of then');
  assert.deepEqual(node.head(budget), before);
  assert.equal(one.agent.decide(pays(one.agent)).state, 'committed');
  assert.equal(one.agent.decide(pays(one.agent)).state, 'blocked');
});

test('a budget that something may still come back to is there after the end', () => {
  const one = new OneStep(PAYS);
  const { node } = one.agent;
  const budget = keys.budget(spendIdOf(GRAPH, 'only'));
  assert.equal(one.ends(one.done(pays)), 'ok');
  const late = pays(one.agent);
  assert.equal(one.agent.decide(late).state, 'committed');
  assert.equal(one.endsWhole(), 'ok');
  assert.notEqual(node.head(budget), undefined);
  one.agent.complete(late, payContract);
  assert.notEqual(node.head(budget), undefined);
});
