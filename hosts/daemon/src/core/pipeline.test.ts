import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApprovalToken, Outcome, RuntimeToolContract } from '@ioi/protocol';
import fc from 'fast-check';
import {
  begin,
  type Call,
  type Decided,
  type Effect,
  type Input,
  type Stage,
  step,
} from './index.ts';

const call: Call = {
  requestHash: `sha256:${'1'.repeat(64)}`,
  intent: `sha256:${'3'.repeat(64)}`,
  request: { target: 'fs::write', params: {}, context: { agent_id: 'agent://a/b' }, nonce: '1' },
  contract: {} as RuntimeToolContract,
  contractHash: `sha256:${'2'.repeat(64)}`,
  attempt: 1,
};

const decided = (verdict: Decided['verdict'], committed: boolean): Input => ({
  kind: 'decided',
  decision: { verdict, code: 'x', receiptId: 'r', committed },
});
const completed: Outcome = {
  kind: 'completed',
  output: {},
  reportedError: false,
  postconditions: [],
};
const why = { code: 'some.code', message: 'm' };
const recorded = { kind: 'recorded', receipt: { receiptId: 'r', receipt: {} } } as unknown as Input;
const inputs: readonly Input[] = [
  { kind: 'facts', facts: { target_exists: true } },
  { kind: 'no_facts', why },
  decided('Allow', true),
  decided('Approved', true),
  decided('Block', false),
  decided('PendingApproval', false),
  { kind: 'refused', why },
  { kind: 'refused', why: { code: 'guardian.verdict_not_reproduced', message: '' } },
  { kind: 'approved', token: {} as ApprovalToken },
  { kind: 'granted' },
  { kind: 'denied', reason: 'denied' },
  { kind: 'denied', reason: 'expired' },
  { kind: 'performed', outcome: completed },
  { kind: 'performed', outcome: { kind: 'effect_unknown', reason: 'x' } },
  recorded,
];

/** Any inputs in any order, late and repeated ones included. */
const anyOrder = fc.array(fc.constantFrom(...inputs), { maxLength: 40 });

function run(sequence: readonly Input[]): { stage: Stage; effects: Effect[]; log: Input[] } {
  const first = begin(call);
  let { stage } = first;
  const effects: Effect[] = [...first.effects];
  const log: Input[] = [];
  for (const input of sequence) {
    const before = JSON.stringify(stage);
    const next = step(stage, input);
    assert.equal(JSON.stringify(stage), before, 'a stage is never changed in place');
    stage = next.stage;
    effects.push(...next.effects);
    if (next.effects.length > 0) log.push(input);
  }
  return { stage, effects, log };
}

const count = (effects: readonly Effect[], kind: Effect['kind']): number =>
  effects.filter((effect) => effect.kind === kind).length;

test('an action is performed at most once, and only after a sealed commit', () => {
  fc.assert(
    fc.property(anyOrder, (sequence) => {
      const { effects, log } = run(sequence);
      assert.ok(count(effects, 'perform') <= 1);
      if (count(effects, 'perform') === 1) {
        assert.ok(log.some((input) => input.kind === 'decided' && input.decision.committed));
      }
    }),
    { numRuns: 3000 },
  );
});

test('an action is answered at most once, and nothing follows its answer', () => {
  fc.assert(
    fc.property(anyOrder, (sequence) => {
      const { stage, effects } = run(sequence);
      const answers = count(effects, 'answer');
      assert.equal(answers, stage.at === 'ended' ? 1 : 0);
      if (answers === 1) assert.equal(effects.at(-1)?.kind, 'answer');
    }),
    { numRuns: 3000 },
  );
});

test('what was performed is recorded before it is answered', () => {
  fc.assert(
    fc.property(anyOrder, (sequence) => {
      const { effects } = run(sequence);
      const kinds = effects.map((effect) => effect.kind);
      const performed = kinds.indexOf('perform');
      const answered = kinds.indexOf('answer');
      if (performed < 0 || answered < 0) return;
      const recordedAt = kinds.indexOf('record');
      assert.ok(performed < recordedAt && recordedAt < answered);
    }),
    { numRuns: 3000 },
  );
});

test('the straight way: gather, decide, perform, record, answer', () => {
  const facts: Input = { kind: 'facts', facts: {} };
  const performed: Input = { kind: 'performed', outcome: completed };
  const { effects } = run([facts, decided('Allow', true), performed, recorded]);
  const kinds = effects.map((effect) => effect.kind);
  assert.deepEqual(kinds, ['gather', 'decide', 'perform', 'record', 'answer']);
});

test('a pause ends by approval with fresh facts, or by denial with a receipt', () => {
  const facts: Input = { kind: 'facts', facts: {} };
  const asked = [facts, decided('PendingApproval', false)];
  const approved: Input = { kind: 'approved', token: {} as ApprovalToken };
  const yes = run([...asked, approved, facts, decided('Approved', true)]);
  const kinds = yes.effects.map((effect) => effect.kind);
  assert.deepEqual(kinds, ['gather', 'decide', 'announce', 'gather', 'decide', 'perform']);
  const no = run([...asked, { kind: 'denied', reason: 'denied' }, decided('Block', false)]);
  assert.deepEqual(no.effects.map((effect) => effect.kind).slice(2), [
    'announce',
    'deny',
    'answer',
  ]);
});

test('an act that waits for a grant goes on with one, and waits on without', () => {
  const facts: Input = { kind: 'facts', facts: {} };
  const asked = [facts, decided('PendingApproval', false)];
  const granted: Input = { kind: 'granted' };
  const yes = run([...asked, granted, facts, decided('Allow', true)]);
  const kinds = yes.effects.map((effect) => effect.kind);
  assert.deepEqual(kinds, ['gather', 'decide', 'announce', 'gather', 'decide', 'perform']);
  const other: Input = { kind: 'refused', why: { code: 'authority.invalid', message: '' } };
  assert.equal(run([...asked, granted, facts, other]).stage.at, 'waiting');
  const again = run([...asked, granted, facts, other, granted, facts, decided('Allow', true)]);
  assert.equal(again.stage.at, 'performing');
});

test('what is said while a granted act is decided again is not lost', () => {
  const facts: Input = { kind: 'facts', facts: {} };
  const granted: Input = { kind: 'granted' };
  const denied: Input = { kind: 'denied', reason: 'denied' };
  const uncovered: Input = { kind: 'refused', why: { code: 'authority.invalid', message: '' } };
  const again = [facts, decided('PendingApproval', false), granted];
  const after = (...inputs: Input[]) => {
    const { effects, stage } = run([...again, ...inputs]);
    return [...effects.slice(4).map(({ kind }) => kind), stage.at];
  };
  assert.deepEqual(after(denied, facts), ['deny', 'waiting']);
  assert.deepEqual(after(facts, denied, uncovered), ['decide', 'deny', 'waiting']);
  assert.deepEqual(after(facts, denied, granted, uncovered), ['decide', 'deny', 'waiting']);
  const asks = decided('PendingApproval', false);
  assert.deepEqual(after(facts, denied, asks), ['decide', 'announce', 'deny', 'waiting']);
  const approved: Input = { kind: 'approved', token: {} as ApprovalToken };
  const goesOn = ['decide', 'announce', 'gather', 'gathering'];
  assert.deepEqual(after(facts, approved, asks), goesOn);
  assert.deepEqual(after(facts, granted, uncovered), ['decide', 'gather', 'gathering']);
  const ended = decided('Block', false);
  assert.deepEqual(after(ended, facts), ['answer', 'ended']);
  assert.deepEqual(after(facts, ended, uncovered), ['decide', 'answer', 'ended']);
});

test('a verdict that moved is decided again, not for ever', () => {
  const moved: Input = {
    kind: 'refused',
    why: { code: 'guardian.verdict_not_reproduced', message: '' },
  };
  const { effects, stage } = run([{ kind: 'facts', facts: {} }, ...Array(20).fill(moved)]);
  assert.equal(stage.at, 'ended');
  assert.ok(count(effects, 'decide') <= 5);
});

test('a failure after an approval never ends silently', () => {
  const facts: Input = { kind: 'facts', facts: {} };
  const approved: Input = { kind: 'approved', token: {} as ApprovalToken };
  const asked = [facts, decided('PendingApproval', false), approved];
  const { effects } = run([...asked, { kind: 'no_facts', why }, decided('Block', false)]);
  assert.deepEqual(effects.map((effect) => effect.kind).slice(-2), ['deny', 'answer']);
  const before = run([{ kind: 'no_facts', why }, decided('Block', false)]);
  assert.deepEqual(before.effects.map((effect) => effect.kind).slice(-2), ['refuse', 'answer']);
});

test('an approval that no longer holds ends the pause with a receipt', () => {
  const facts: Input = { kind: 'facts', facts: {} };
  const approved: Input = { kind: 'approved', token: {} as ApprovalToken };
  const broken: Input = { kind: 'refused', why: { code: 'approval.invalid', message: 'expires' } };
  const asked = [facts, decided('PendingApproval', false), approved, facts, broken];
  const { effects } = run([...asked, decided('Block', false)]);
  assert.deepEqual(effects.map((effect) => effect.kind).slice(-2), ['deny', 'answer']);
});

test('a stage survives being written down and read back', () => {
  fc.assert(
    fc.property(anyOrder, (sequence) => {
      let { stage } = begin(call);
      for (const input of sequence) {
        const stored = JSON.parse(JSON.stringify(stage)) as Stage;
        const next = step(stored, input);
        assert.deepEqual(next, step(stage, input));
        stage = next.stage;
      }
    }),
  );
});

test('what was given more time in the moment it was to end waits on', () => {
  const waiting = [inputs[0], decided('PendingApproval', false)] as readonly Input[];
  const early: Input = { kind: 'refused', why: { code: 'action.not_expired', message: '' } };
  const kept = run([...waiting, { kind: 'denied', reason: 'expired' }, early]);
  assert.equal(kept.stage.at, 'waiting');
  const later = run([...waiting, early, { kind: 'denied', reason: 'expired' }]);
  assert.deepEqual(later.effects.at(-1), { kind: 'deny', call, reason: 'expired' });
});

test('an approval in the moment it was to end is not undone by its waiting on', () => {
  const facts: Input = { kind: 'facts', facts: {} };
  const early: Input = { kind: 'refused', why: { code: 'action.not_expired', message: '' } };
  const asked = [facts, decided('PendingApproval', false)];
  const ending: Input = { kind: 'denied', reason: 'expired' };
  const approved = inputs.find(({ kind }) => kind === 'approved');
  assert.ok(approved);
  const { effects } = run([...asked, ending, approved, facts, early, decided('Allow', true)]);
  const kinds = effects.map(({ kind }) => kind);
  const all = ['gather', 'decide', 'announce', 'deny', 'gather', 'decide', 'perform'];
  assert.deepEqual(kinds, all);
});
