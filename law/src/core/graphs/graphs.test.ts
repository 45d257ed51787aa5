import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  BeginGraphStep,
  EndGraphRun,
  GraphStepArtifact,
  OpenGraphRun,
  OpenWorkerRun,
  WorkflowSchema,
} from '@ioi/protocol';
import {
  hashOf,
  INSTALLED_ID,
  INSTALLED_RUN,
  INSTALLED_SCHEMA,
  installedOpening,
  TestInstalls,
  workerManifest,
} from '../../testing/index.ts';
import { keys, type PolicyHead } from '../boundary/heads.ts';
import { providerSelectionOf, verificationOf } from '../workers/markers.ts';
import { type GraphRunHead, type GraphStepHead, graphKeys } from './heads.ts';

const GRAPH = `graph_${'5c'.repeat(16)}`;
const GIVEN = hashOf('given');
const CAME = hashOf('came');
const text = (name: string) => ({ name, type: 'text' as const });

/** Two steps of one installed worker, of which the second follows the first. */
const WORKFLOW: WorkflowSchema = {
  workflow_id: 'workflow://pair',
  version: '1.0.0',
  title: 'A pair',
  inputs: [text('in')],
  outputs: [text('out')],
  budget: { max_calls: 10 },
  steps: ['first', 'second'].map((step_id) => ({
    ...{ step_id, kind: 'worker', role: 'executor', worker_id: 'worker://local/counter' },
    ...{ instruction: '', inputs: [text('in')], outputs: [text('out')] },
    capabilities: ['prim:fs.read'],
  })),
  edges: [
    { kind: 'data', from: 'inputs.in', to: 'first.in' },
    { kind: 'data', from: 'first.out', to: 'second.in' },
    { kind: 'data', from: 'second.out', to: 'outputs.out' },
  ],
};

const RUNS = [INSTALLED_RUN, `run_${'8b'.repeat(16)}`] as const;

class TestGraph {
  readonly installs = new TestInstalls();

  constructor() {
    this.installs.install(workerManifest('v1.0.0'));
  }

  try(operation: string, payload: object): string {
    const { node } = this.installs;
    const result = node.tryAdmit(node.propose(`graphs/${operation}`, payload));
    return result.ok ? 'ok' : result.error.code;
  }

  do(operation: string, payload: object): void {
    const { node } = this.installs;
    node.seal(node.propose(`graphs/${operation}`, payload));
  }

  opening(changed: Partial<OpenGraphRun> = {}): OpenGraphRun {
    const { workflow = WORKFLOW } = changed;
    const manifest_hash = this.installs.head()?.manifest_hash ?? '';
    const worker = { worker: INSTALLED_ID, manifest_hash, task: 'count', max_steps: 5 };
    return {
      graph_run_id: GRAPH,
      graph_id: hashOf(workflow),
      workflow,
      bound: workflow.steps.map(({ step_id }) => ({ step_id, ...worker })),
      inputs: [{ port: 'in', canonical_payload_hash: GIVEN }],
      input_commitment: hashOf('all of it'),
      parallel: 2,
      ...changed,
    };
  }

  begin(changed: Partial<BeginGraphStep> = {}): BeginGraphStep {
    const inputs = [{ port: 'in', from: 'inputs.in', canonical_payload_hash: GIVEN }];
    const about = { graph_run_id: GRAPH, step_id: 'first', run_id: RUNS[0] };
    return { ...about, inputs, parents: [], ...changed };
  }

  artifact(changed: Partial<GraphStepArtifact> = {}): GraphStepArtifact {
    const policy = this.installs.node.view.get<PolicyHead>(keys.policy);
    return {
      ...this.begin(),
      graph_id: hashOf(WORKFLOW),
      state: 'completed',
      outputs: [{ port: 'out', canonical_payload_hash: CAME }],
      policy_hash: policy?.policy_hash ?? '',
      ...changed,
    };
  }

  /** The run of a worker, from its start to its end, within these bounds. */
  worker(run_id: string, bounds: Partial<OpenWorkerRun['task']> = {}): void {
    const { task, ...opening } = installedOpening(this.installs);
    const within = {
      primitive_capabilities_required: ['prim:fs.read'],
      constraints: { max_steps: 5 },
    };
    const own = { ...opening, run_id, task: { ...task, ...within, ...bounds } };
    const provider_selection_commit = providerSelectionOf(own);
    this.installs.do('open', { ...own, provider_selection_commit });
    const ending = { run_id, state: 'completed', acts: [], output_commitment: CAME };
    const verified = verificationOf({ ...ending, task_schema_hash: INSTALLED_SCHEMA });
    this.installs.do('end', { ...ending, verification_commit: verified });
  }

  hashOfStep(name: string): string {
    const head = this.installs.node.view.get<GraphStepHead>(graphKeys.step(GRAPH, name));
    return head !== undefined && 'artifact_hash' in head ? head.artifact_hash : GIVEN;
  }

  second(): BeginGraphStep {
    const inputs = [{ port: 'in', from: 'first.out', canonical_payload_hash: CAME }];
    const parents = [this.hashOfStep('first')];
    return this.begin({ step_id: 'second', run_id: RUNS[1], inputs, parents });
  }

  end(changed: Partial<EndGraphRun> = {}): EndGraphRun {
    const artifacts = ['first', 'second'].map((name) => this.hashOfStep(name));
    const outputs = [{ port: 'out', from: 'second.out', canonical_payload_hash: CAME }];
    return { graph_run_id: GRAPH, state: 'completed', artifacts, outputs, ...changed };
  }
}

/** With its first step done. */
function begun(): TestGraph {
  const graph = new TestGraph();
  graph.do('open', graph.opening());
  graph.do('begin', graph.begin());
  graph.worker(RUNS[0]);
  graph.do('settle', graph.artifact());
  return graph;
}

test('what is on a copy is labelled as speculative, and nothing else is', () => {
  const copied = { ...WORKFLOW, workspace: 'copy' as const };
  const graph = new TestGraph();
  const labels = { workflow: copied, overlay_run: RUNS[1], labels_speculative: true as const };
  const unmeant = graph.opening({ labels_speculative: true });
  assert.equal(graph.try('open', unmeant), 'graph.no_copy');
  graph.do('open', graph.opening(labels));
  graph.do('begin', graph.begin());
  graph.worker(RUNS[0]);
  const bare = graph.artifact({ graph_id: hashOf(copied) });
  assert.equal(graph.try('settle', bare), 'graph.unlabelled');
  assert.equal(graph.try('settle', { ...bare, speculative: true }), 'ok');
  const plain = new TestGraph();
  plain.do('open', plain.opening());
  plain.do('begin', plain.begin());
  plain.worker(RUNS[0]);
  assert.equal(plain.try('settle', plain.artifact({ speculative: true })), 'graph.unlabelled');
});

const changedStep = (changed: object): WorkflowSchema => ({
  ...WORKFLOW,
  steps: WORKFLOW.steps.map((step) => ({ ...step, ...changed }) as (typeof WORKFLOW.steps)[number]),
});

test('a graph is begun as it is, by what is installed, within what that declares', () => {
  const graph = new TestGraph();
  const tried = (changed: Partial<OpenGraphRun>) => graph.try('open', graph.opening(changed));
  const [bound = []] = [graph.opening().bound];
  const [first] = bound;
  assert.ok(first);
  const refused: readonly (readonly [Partial<OpenGraphRun>, string])[] = [
    [{ graph_id: hashOf('another') }, 'graph.other'],
    [{ bound: [first] }, 'graph.unbound'],
    [{ bound: bound.map((each) => ({ ...each, task: 'other' })) }, 'workflow.unknown_task'],
    [{ bound: bound.map((each) => ({ ...each, max_steps: 6 })) }, 'workflow.budget_exceeds'],
    [{ bound: bound.map((each) => ({ ...each, manifest_hash: GIVEN })) }, 'worker.not_installed'],
    [{ workflow: changedStep({ capabilities: ['prim:sys.exec'] }) }, 'workflow.authority_exceeds'],
    [{ workflow: changedStep({ budget: { max_calls: 6 } }) }, 'workflow.budget_exceeds'],
    [{ workflow: changedStep({ worker_id: 'worker://local/other' }) }, 'graph.unbound'],
    [{ overlay_run: RUNS[1] }, 'graph.no_copy'],
    [{ workflow: { ...WORKFLOW, workspace: 'copy' } }, 'graph.no_copy'],
    [{ inputs: [] }, 'graph.input_missing'],
    [{ inputs: [...graph.opening().inputs, ...graph.opening().inputs] }, 'graph.fed_twice'],
    [{ inputs: [{ port: 'other', canonical_payload_hash: GIVEN }] }, 'graph.fed_twice'],
  ];
  for (const [changed, code] of refused) assert.equal(tried(changed), code);
  assert.equal(tried({}), 'ok');
});

test('a step begins once, after those before it, with what came out of them', () => {
  const fresh = new TestGraph();
  fresh.do('open', fresh.opening());
  assert.equal(fresh.try('begin', fresh.second()), 'graph.wrong_parents');
  const graph = begun();
  const second = graph.second();
  const tried = (changed: Partial<BeginGraphStep>) => graph.try('begin', { ...second, ...changed });
  assert.equal(graph.try('begin', graph.begin()), 'graph.step_begun');
  assert.equal(tried({ parents: [] }), 'graph.wrong_parents');
  assert.equal(tried({ parents: [GIVEN] }), 'graph.wrong_parents');
  const fed = (from: string, canonical_payload_hash: string) =>
    tried({ inputs: [{ port: 'in', from, canonical_payload_hash }] });
  assert.equal(fed('first.out', GIVEN), 'graph.chain_broken');
  assert.equal(fed('inputs.in', GIVEN), 'graph.no_edge');
  assert.equal(tried({ inputs: [] }), 'graph.not_fed');
  assert.equal(tried({ run_id: RUNS[0] }), 'graph.run_taken');
  assert.equal(tried({}), 'ok');
});

test('a step leaves what its run came to, within what was delegated', () => {
  const within = (bounds: Partial<OpenWorkerRun['task']>, changed: object = {}): string => {
    const graph = new TestGraph();
    graph.do('open', graph.opening());
    graph.do('begin', graph.begin());
    graph.worker(RUNS[0], bounds);
    return graph.try('settle', graph.artifact(changed));
  };
  assert.equal(within({}), 'ok');
  const wider = ['prim:fs.read', 'prim:fs.write'];
  const wide = within({ primitive_capabilities_required: wider });
  assert.equal(wide, 'graph.authority_exceeds');
  assert.equal(within({ constraints: { max_steps: 6 } }), 'graph.authority_exceeds');
  assert.equal(within({}, { run_id: RUNS[1] }), 'graph.other_run');
  assert.equal(within({}, { state: 'skipped', outputs: [] }), 'graph.wrong_end');
  assert.equal(within({}, { outputs: [] }), 'graph.wrong_outputs');
  assert.equal(within({}, { policy_hash: GIVEN }), 'graph.wrong_policy');
  assert.equal(within({}, { parents: [GIVEN] }), 'graph.chain_broken');
  const asking = new TestGraph();
  const workflow = changedStep({ approval: 'always' });
  asking.do('open', asking.opening({ workflow }));
  assert.equal(asking.try('begin', asking.begin()), 'graph.no_session');
  const { session_id } = installedOpening(asking.installs);
  asking.do('begin', asking.begin({ session_id }));
  asking.worker(RUNS[0]);
  const unasked = asking.artifact({ graph_id: hashOf(workflow) });
  assert.equal(asking.try('settle', unasked), 'graph.authority_exceeds');
  const graph = begun();
  assert.equal(graph.try('settle', graph.artifact()), 'graph.step_settled');
});

test('an end names all that its steps left, and nothing is under way by then', () => {
  const graph = begun();
  assert.equal(graph.try('end', graph.end()), 'graph.wrong_artifacts');
  graph.do('begin', graph.second());
  assert.equal(graph.try('end', graph.end()), 'graph.running');
  graph.worker(RUNS[1]);
  graph.do('settle', graph.artifact(graph.second()));
  assert.equal(graph.try('end', graph.end({ outputs: [] })), 'graph.output_missing');
  const [first = ''] = graph.end().artifacts;
  assert.equal(graph.try('end', graph.end({ artifacts: [first] })), 'graph.wrong_artifacts');
  assert.equal(graph.try('end', graph.end({ state: 'escalated' })), 'graph.wrong_end');
  assert.equal(graph.try('end', graph.end({ state: 'cancelled' })), 'graph.wrong_end');
  graph.do('end', graph.end());
  const head = graph.installs.node.view.get<GraphRunHead>(graphKeys.run(GRAPH));
  assert.deepEqual([head?.state, head?.running], ['completed', 0]);
  assert.equal(graph.try('cancel', { graph_run_id: GRAPH }), 'graph.not_open');
});

test('no run carries out two steps, nor one that it was opened before', () => {
  const graph = new TestGraph();
  graph.worker(RUNS[1]);
  graph.do('open', graph.opening());
  assert.equal(graph.try('begin', graph.begin({ run_id: RUNS[1] })), 'graph.run_taken');
  graph.do('begin', graph.begin());
  const other = `graph_${'6d'.repeat(16)}`;
  graph.do('open', graph.opening({ graph_run_id: other }));
  const again = graph.begin({ graph_run_id: other });
  assert.equal(graph.try('begin', again), 'graph.run_taken');
  assert.equal(graph.try('begin', { ...again, run_id: `run_${'9c'.repeat(16)}` }), 'ok');
});

test('what is reached whatever comes is not skipped, and what was lost completes nothing', () => {
  const { edges, ...rest } = WORKFLOW;
  const branching = (more: readonly unknown[]): WorkflowSchema =>
    ({ ...rest, outputs: [], edges: [...edges.slice(0, 2), ...more] }) as WorkflowSchema;
  const plain = branching([]);
  const when = { port: 'first.out', is: 'equal', value: 'x' };
  const asked = branching([{ kind: 'order', from: 'first', to: 'second', when }]);
  const skipping = (workflow: WorkflowSchema, state: 'completed' | 'failed'): TestGraph => {
    const graph = new TestGraph();
    const graph_id = hashOf(workflow);
    graph.do('open', graph.opening({ workflow }));
    graph.do('begin', graph.begin());
    graph.worker(RUNS[0]);
    const outputs = state === 'failed' ? { outputs: [] } : {};
    graph.do('settle', graph.artifact({ graph_id, state, ...outputs }));
    return graph;
  };
  const skip = (graph: TestGraph, workflow: WorkflowSchema): GraphStepArtifact => {
    const { run_id: _, ...none } = graph.artifact({ ...graph.second(), state: 'skipped' });
    return { ...none, graph_id: hashOf(workflow), inputs: [], outputs: [] };
  };
  const first = skipping(plain, 'completed');
  assert.equal(first.try('settle', skip(first, plain)), 'graph.wrong_skip');
  const second = skipping(asked, 'completed');
  assert.equal(second.try('settle', skip(second, asked)), 'ok');
  const failed = skipping(plain, 'failed');
  failed.do('settle', skip(failed, plain));
  const end = failed.end({ outputs: [] });
  assert.equal(failed.try('end', end), 'graph.step_failed');
  assert.equal(failed.try('end', { ...end, state: 'failed' }), 'ok');
});

test('nothing begins of what is cancelled', () => {
  const graph = begun();
  graph.do('cancel', { graph_run_id: GRAPH });
  assert.equal(graph.try('begin', graph.second()), 'graph.cancelled');
  assert.equal(graph.try('end', graph.end({ outputs: [] })), 'graph.wrong_artifacts');
  const artifacts = [graph.hashOfStep('first')];
  const cancelled = graph.end({ artifacts, outputs: [], state: 'cancelled' });
  assert.equal(graph.try('end', cancelled), 'ok');
});
