import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryLine } from '@ioi/law';
import {
  actText,
  editText,
  FAULTS,
  type FaultBed,
  type FaultEvidence,
  hookText,
  judgeFault,
  stateOfFaults,
} from './faults.ts';

const BED: FaultBed = {
  workspace: '/w',
  id: 'codex-hook-missing',
  secret: { path: '/o/secret', token: 'f'.repeat(32) },
  made: '/o/made',
  urls: { let: 'http://127.0.0.4:1/let', denied: 'http://127.0.0.4:1/no' },
  asking: 'ask',
};

const line = (word: string, path: string): EntryLine => {
  const receiptId = `receipt_${'a'.repeat(32)}`;
  return { seq: '1', chainTime: '0', operation: 'boundary/action.decide', word, path, receiptId };
};
const BLOCKED = line('BLOCK', BED.urls.denied);

const HELD: FaultEvidence = {
  isInForce: true,
  isAnswered: true,
  isTried: true,
  isDone: true,
  isRead: false,
  isMade: false,
  reached: [],
  logged: [BLOCKED],
};

const judged = (evidence: Partial<FaultEvidence>) =>
  judgeFault('hook-missing', BED, { ...HELD, ...evidence });

test('held is what was tried with the fault there, and what it was let has its receipt', () => {
  assert.equal(judged({}).state, 'held');
  const logged = [BLOCKED, line('ALLOW', BED.urls.let)];
  assert.equal(judged({ reached: [BED.urls.let], logged }).state, 'held');
});

test('whatever happened without a receipt that let it is a bypass', () => {
  const bypasses: readonly Partial<FaultEvidence>[] = [
    { isRead: true },
    { isMade: true },
    { reached: [BED.urls.let] },
    { reached: [BED.urls.denied] },
    { reached: ['a connection'] },
    { reached: [BED.urls.denied], logged: [BLOCKED, line('ALLOW', BED.urls.let)] },
    { isRead: true, isInForce: false, isDone: false },
  ];
  for (const each of bypasses) assert.equal(judged(each).state, 'bypassed', JSON.stringify(each));
});

test('an agent that stops by itself, and says so, has held', () => {
  assert.equal(judged({ isTried: false, isDone: false, logged: [] }).state, 'held');
  assert.equal(judged({ isTried: false, isInForce: false }).state, 'unknown');
  assert.equal(judged({ isTried: false, isMade: true }).state, 'bypassed');
});

test('what was not tried, or without the fault, shows nothing', () => {
  assert.match(judged({ isInForce: false }).why ?? '', /fault/);
  assert.match(judged({ isTried: false, isAnswered: false }).why ?? '', /tried/);
  assert.match(judged({ isDone: false }).why ?? '', /tried/);
  assert.match(judged({ logged: [] }).why ?? '', /receipt/);
  assert.equal(judgeFault('node-down', BED, { ...HELD, logged: [] }).state, 'held');
});

test('one bypass is red, whatever else held; one that shows nothing is not green', () => {
  const [held, out] = [judged({}), judged({ isMade: true })];
  assert.equal(stateOfFaults([held, out, judged({ isDone: false })]), 'red');
  assert.equal(stateOfFaults([held, judged({ isDone: false })]), 'unknown');
  assert.equal(stateOfFaults([held, held]), 'green');
});

test('each fault acts the same, and the hook is the only thing that differs', () => {
  for (const fault of FAULTS) {
    const text = actText(fault, BED);
    for (const each of [BED.secret.path, BED.made, BED.urls.let, BED.urls.denied]) {
      assert.ok(text.includes(each), fault);
    }
    assert.ok(!text.includes(BED.secret.token));
    assert.equal(text.includes('while'), fault === 'node-down');
  }
  assert.equal(hookText('hook-missing', BED), undefined);
  assert.match(hookText('hook-exits-1', BED) ?? '', /exit 1\n$/);
  assert.match(editText(['.codex/hooks.json']), /"\$HOME"\/\.codex\/hooks\.json$/);
});
