import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GraphHead, type GraphRunHead, graphKeys } from '@ioi/law';
import type { HeadKey, OpenGraphRun, WorkflowSchema } from '@ioi/protocol';
import { GraphRecords } from './graph-records.ts';
import { GraphRun, type GraphRunOptions } from './graph-run.ts';
import { GraphRuns, type GraphRunsOptions } from './graph-runs.ts';

const HASH = `sha256:${'5c'.repeat(32)}` as const;
const GRAPH = `graph_${'5c'.repeat(16)}`;
const copyOf = (digit: number): string => `run_${String(digit).repeat(32)}`;
const WORKFLOW: WorkflowSchema = {
  ...{ workflow_id: 'workflow://one', version: '1.0.0', title: 'One' },
  inputs: [{ name: 'in', type: 'text' }],
  steps: [
    {
      ...{ step_id: 'a', kind: 'worker', role: 'executor', worker_id: 'worker://local/w' },
      ...{ instruction: '', inputs: [{ name: 'in', type: 'text' }] },
    },
  ],
  edges: [{ kind: 'data', from: 'inputs.in', to: 'a.in' }],
};

function headsOf(id: string, state: GraphRunHead['state'], overlay_run?: string) {
  const about = { graph_run_id: id, graph_id: HASH, workflow_id: 'workflow://one' };
  const run: GraphRunHead = { ...about, state, running: 0, opened_seq: '1' };
  const copy = overlay_run === undefined ? {} : { overlay_run };
  const bound = { bound: [], inputs: [], input_commitment: HASH, parallel: 1 };
  const opened: OpenGraphRun = { ...bound, ...copy, ...about, workflow: WORKFLOW };
  const graph: GraphHead = { opened, opened_at: '0' };
  return { run, graph };
}

test('what a stop cut off after the end of a graph is done at the next start', async () => {
  const states = ['completed', 'failed', 'cancelled'] as const;
  const all = states.map((state, at) => headsOf(`graph_${at}`, state, copyOf(at)));
  const done: string[] = [];
  const last = Promise.withResolvers<void>();
  const options = {
    reader: {
      allOf: () => all.map(({ run }) => run),
      get: (key: HeadKey) => all.find(({ run }) => run.graph_run_id === key.id)?.graph,
    },
    gate: {
      onMerged: () => {},
      left: async () => [...all.map(({ graph }) => graph.opened.overlay_run), copyOf(9)],
      takeUp: async () => assert.fail('each of them is over'),
      close: async (run: string, kind: string) => {
        done.push(`${kind} ${run.at(-1)}`);
        if (run === copyOf(9)) last.resolve();
        return { ok: true, value: undefined };
      },
    },
    merges: {
      merge: async (run: string) => {
        done.push(`merge ${run.at(-1)}`);
        return { ok: true, value: { state: 'pending' } };
      },
    },
    log: () => {},
  };
  new GraphRuns(options as unknown as GraphRunsOptions).resume();
  await last.promise;
  assert.deepEqual(done, ['finish 0', 'merge 0', 'drop 1', 'drop 2', 'drop 9']);
});

test('a graph whose input cannot be read now keeps both it and a copy, and can end', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { run, graph } = headsOf(GRAPH, 'open', copyOf(1));
  const heads = new Map<string, unknown>([
    [graphKeys.run(GRAPH).headClass, run],
    [graphKeys.graph(GRAPH).headClass, graph],
    ['policy', { policy_hash: HASH }],
  ]);
  const done: string[] = [];
  const looked = Promise.withResolvers<void>();
  const say =
    (what: string) =>
    async (id: string, kind = '') => {
      done.push(`${what} ${id.at(-1)} ${kind}`.trim());
      looked.resolve();
      return { ok: true, value: undefined };
    };
  const options = {
    reader: { allOf: () => [run], get: (key: HeadKey) => heads.get(key.headClass) },
    contents: {
      text: () => {
        throw new Error('bucket.unreachable');
      },
      need: (digest: string) => done.push(`need ${digest.slice(-2)}`),
      letGo: (digest: string) => done.push(`let go ${digest.slice(-2)}`),
    },
    writer: {
      submit: async (operation: string) => {
        const state = operation === 'graphs/cancel' ? 'cancelling' : 'cancelled';
        heads.set(graphKeys.run(GRAPH).headClass, { ...run, state });
        return { ok: true };
      },
    },
    gate: {
      onMerged: () => {},
      left: async () => [copyOf(1)],
      takeUp: say('take up'),
      close: say('close'),
    },
    events: { emit: () => {} },
    log: () => {},
  };
  const graphs = new GraphRuns(options as unknown as GraphRunsOptions);
  graphs.recall();
  graphs.resume();
  await looked.promise;
  assert.deepEqual(done, ['need 5c', 'take up 1']);
  const ended = await graphs.cancel(GRAPH);
  assert.ok(ended.ok);
  await new Promise(setImmediate);
  assert.deepEqual(done.slice(2), ['need 5c', 'close 1 drop', 'let go 5c']);
  // What tried to read it again finds it over.
  t.mock.timers.tick(5_000);
  assert.equal(done.length, 5);
});

test('what the guardian refuses again and again ends a graph, with why', async () => {
  const { run, graph } = headsOf(GRAPH, 'open');
  const heads = new Map<string, unknown>([
    [graphKeys.run(GRAPH).headClass, run],
    [graphKeys.graph(GRAPH).headClass, graph],
    ['policy', { policy_hash: HASH }],
  ]);
  const asked: object[] = [];
  const options = {
    reader: { get: (key: HeadKey) => heads.get(key.headClass) },
    writer: {
      submit: async (operation: string, payload: object) => {
        if (operation !== 'graphs/end') return { ok: false, error: { code: 'graph.wrong_skip' } };
        asked.push(payload);
        return { ok: true };
      },
    },
    events: { emit: () => {} },
    log: () => {},
  } as unknown as GraphRunOptions;
  const given = { salt: '', input: {}, workspace: '/nowhere', unconfined: false };
  const records = new GraphRecords(graph, given, options as never);
  const graphRun = new GraphRun(options, records);
  const faulty = graphRun.carryOut(async () => Promise.reject(new Error('it fails')));
  await assert.rejects(faulty, /it fails/);
  await graphRun.over;
  const [end] = asked as { readonly state: string; readonly code: string }[];
  assert.deepEqual([end?.state, end?.code], ['failed', 'graph.wrong_skip']);
});
