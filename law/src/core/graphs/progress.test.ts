import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkflowSchema } from '@ioi/protocol';
import { type GraphMove, type GraphProgress, graphMoves, type StepRecord } from './progress.ts';

type Edge = WorkflowSchema['edges'][number];
type Step = WorkflowSchema['steps'][number];

const text = (name: string) => ({ name, type: 'text' as const });
const worker = (step_id: string, inputs = ['in'], outputs = ['out']): Step => ({
  ...{ step_id, kind: 'worker', role: 'executor', worker_id: 'worker://local/w' },
  ...{ instruction: '', inputs: inputs.map(text), outputs: outputs.map(text) },
});
const data = (from: string, to: string, when?: object) =>
  ({ kind: 'data', from, to, ...(when ? { when } : {}) }) as Edge;
const order = (from: string, to: string): Edge => ({ kind: 'order', from, to });
const instead = (from: string, to: string): Edge => ({ kind: 'fallback', from, to });

function graph(steps: readonly Step[], edges: readonly Edge[]): WorkflowSchema {
  return {
    workflow_id: 'workflow://g',
    version: '1.0.0',
    title: 'G',
    inputs: [text('in')],
    outputs: [text('out')],
    steps: [...steps],
    edges: [...edges],
  };
}

type Records = Readonly<Record<string, StepRecord>>;
const gave = (out: string): StepRecord => ({ state: 'completed', outputs: { out } });
const failed: StepRecord = { state: 'failed', outputs: {}, code: 'worker.raised' };
const begun: StepRecord = { state: 'begun' };

function moves(workflow: WorkflowSchema, records: Records, more: Partial<GraphProgress> = {}) {
  const about = { inputs: { in: 'given' }, parallel: 4, isCancelled: false, isLate: false };
  const known = new Map(Object.entries(records));
  return graphMoves({ workflow, ...about, records: known, ...more }).map(told);
}

function told(move: GraphMove): string {
  if (move.kind === 'begin') {
    const given = move.inputs.map(({ from, value }) => `${from}=${String(value)}`);
    return ['begin', move.stepId, ...given].join(' ');
  }
  if (move.kind === 'stop' || move.kind === 'check') return `${move.kind} ${move.stepId}`;
  const values = move.kind === 'settle' ? Object.values(move.outputs) : [];
  const step = move.kind === 'settle' ? [move.stepId] : [];
  const gives = move.kind === 'end' ? move.outputs.map(({ value }) => value) : values;
  return [move.kind, ...step, move.state, ...gives, ...(move.code ? [move.code] : [])].join(' ');
}

const BRANCHES = ['a', 'b', 'c'];
const QUORUM = graph(
  [
    ...BRANCHES.map((name) => worker(name)),
    { step_id: 'q', kind: 'quorum', agree: 2, outputs: [text('out')] },
  ],
  [
    ...BRANCHES.flatMap((name) => [data('inputs.in', `${name}.in`), order(name, 'q')]),
    data('q.out', 'outputs.out'),
  ],
);

test('branches begin together, up to as many as may, and a quorum waits for all of them', () => {
  const all = BRANCHES.map((name) => `begin ${name} inputs.in=given`);
  assert.deepEqual(moves(QUORUM, {}), all);
  assert.deepEqual(moves(QUORUM, { a: begun }, { parallel: 2 }), [all[1]]);
  assert.deepEqual(moves(QUORUM, { a: gave('x'), b: gave('x'), c: begun }), []);
});

test('k of n equal outputs are what a quorum gives, and a failed branch is one less', () => {
  const settled = (a: StepRecord, b: StepRecord, c: StepRecord) => moves(QUORUM, { a, b, c });
  assert.deepEqual(settled(gave('x'), gave('y'), gave('x')), ['settle q completed x']);
  assert.deepEqual(settled(failed, gave('x'), gave('x')), ['settle q completed x']);
  assert.deepEqual(settled(gave('x'), gave('y'), gave('z')), ['settle q failed graph.no_quorum']);
  const records = { a: failed, b: gave('x'), c: gave('x'), q: gave('x') };
  assert.deepEqual(moves(QUORUM, records), ['end completed x']);
});

const LINE = graph(
  [worker('a'), worker('b'), worker('c')],
  [
    data('inputs.in', 'a.in'),
    data('inputs.in', 'b.in'),
    instead('a', 'b'),
    data('a.out', 'c.in'),
    data('c.out', 'outputs.out'),
  ],
);

test('where a step fails another comes instead, and gives what it would have given', () => {
  assert.deepEqual(moves(LINE, {}), ['begin a inputs.in=given']);
  assert.deepEqual(moves(LINE, { a: failed }), ['begin b inputs.in=given']);
  assert.deepEqual(moves(LINE, { a: failed, b: gave('x') }), ['begin c b.out=x']);
  assert.deepEqual(moves(LINE, { a: gave('x') }), ['settle b skipped graph.not_needed']);
  const ended = moves(LINE, { a: failed, b: failed });
  assert.deepEqual(ended, ['end failed graph.step_failed']);
});

test('what is under way is ended before a graph that failed or was cancelled ends', () => {
  const records = { ...{ a: failed, b: failed }, c: begun };
  assert.deepEqual(moves(LINE, records), ['stop c']);
  assert.deepEqual(moves(LINE, { a: begun }, { isCancelled: true }), ['stop a']);
  const cancelled = moves(LINE, {}, { isCancelled: true });
  assert.deepEqual(cancelled, ['end cancelled graph.cancelled']);
  assert.deepEqual(moves(LINE, {}, { isLate: true }), ['end failed graph.deadline']);
});

test('a question to a person instead of a step that failed ends as escalated', () => {
  const ask: Step = { step_id: 'ask', kind: 'approval', question: 'Who?' };
  const asking = graph([worker('a'), ask], [data('inputs.in', 'a.in'), instead('a', 'ask')]);
  assert.deepEqual(moves(asking, { a: failed }), ['settle ask escalated graph.escalated']);
  const asked: StepRecord = { state: 'escalated', outputs: {} };
  assert.deepEqual(moves(asking, { a: failed, ask: asked }), ['end escalated graph.escalated']);
});

test('once a person is asked it ends so, whatever was ended or cancelled meanwhile', () => {
  const asking = graph(
    [worker('side'), worker('a'), { step_id: 'ask', kind: 'approval', question: 'What now?' }],
    [data('inputs.in', 'side.in'), data('inputs.in', 'a.in'), instead('a', 'ask')],
  );
  const asked: StepRecord = { state: 'escalated', outputs: {} };
  const stopped: StepRecord = { state: 'cancelled', outputs: {} };
  const records = { side: stopped, a: failed, ask: asked };
  assert.deepEqual(moves(asking, { ...records, side: begun }), ['stop side']);
  assert.deepEqual(moves(asking, records), ['end escalated graph.escalated']);
  const cancelled = moves(asking, records, { isCancelled: true });
  assert.deepEqual(cancelled, ['end escalated graph.escalated']);
  const refused = { stuck: 'graph.wrong_skip' };
  assert.deepEqual(moves(asking, { a: begun }, refused), ['stop a']);
  assert.deepEqual(moves(asking, {}, refused), ['end failed graph.wrong_skip']);
});

test('a step whose condition is not met is skipped, and all that only it feeds', () => {
  const when = { port: 'a.out', is: 'equal', value: 'yes' };
  const conditional = graph(
    [worker('a'), worker('b'), worker('c')],
    [
      data('inputs.in', 'a.in'),
      data('a.out', 'b.in', when),
      data('b.out', 'c.in'),
      data('c.out', 'outputs.out'),
    ],
  );
  assert.deepEqual(moves(conditional, { a: gave('yes') }), ['begin b a.out=yes']);
  assert.deepEqual(moves(conditional, { a: gave('no') }), ['settle b skipped graph.not_fed']);
  const skipped: StepRecord = { state: 'skipped', outputs: {} };
  const records = { a: gave('no'), b: skipped };
  assert.deepEqual(moves(conditional, records), ['settle c skipped graph.not_fed']);
  const last = moves(conditional, { ...records, c: skipped });
  assert.deepEqual(last, ['end failed graph.output_missing']);
});

test('a recipe is run where its place is, and what it stopped is not gone on with', () => {
  const tests: Step = { step_id: 'tests', kind: 'recipe', command: ['true'] };
  const checked = graph(
    [worker('a'), tests, worker('b')],
    [
      ...[data('inputs.in', 'a.in'), order('a', 'tests'), order('tests', 'b')],
      ...[data('a.out', 'b.in'), data('b.out', 'outputs.out')],
    ],
  );
  assert.deepEqual(moves(checked, { a: gave('x') }), ['check tests']);
  assert.deepEqual(moves(checked, { a: gave('x'), tests: begun }), []);
  const passed: StepRecord = { state: 'completed', outputs: {} };
  assert.deepEqual(moves(checked, { a: gave('x'), tests: passed }), ['begin b a.out=x']);
  const ended = moves(checked, { a: gave('x'), tests: failed });
  assert.deepEqual(ended, ['end failed graph.step_failed']);
});

/** Whatever ends in whatever order, and wherever it is looked at anew. */
test('every order of events leads to one end, each step begun once', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    let state = seed;
    const chance = (most: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % most;
    };
    const records: Record<string, StepRecord> = {};
    const began = new Set<string>();
    for (let turn = 0; turn < 40; turn += 1) {
      const known = new Map(Object.entries(records));
      const about = { workflow: QUORUM, inputs: { in: 'x' }, isCancelled: false, isLate: false };
      const next = graphMoves({ ...about, parallel: 2, records: known });
      if (next.some(({ kind }) => kind === 'end')) break;
      for (const move of next) {
        if (move.kind === 'begin') {
          assert.ok(!began.has(move.stepId));
          began.add(move.stepId);
          records[move.stepId] = begun;
        }
        if (move.kind === 'settle') records[move.stepId] = { ...move };
      }
      const running = Object.keys(records).filter((name) => records[name]?.state === 'begun');
      assert.ok(running.length <= 2);
      const over = running[chance(running.length || 1)];
      if (over !== undefined) records[over] = chance(3) === 0 ? failed : gave(`${chance(2)}`);
    }
    assert.equal(Object.keys(records).length, QUORUM.steps.length, `seed ${seed}`);
  }
});
