import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect, Input } from '../action.ts';
import { ActCounts } from './act-counts.ts';

const decided = (verdict: string, code: string): Input =>
  ({ kind: 'decided', decision: { verdict, code, receiptId: 'r', committed: false } }) as Input;
const deciding = { kind: 'decide' } as Effect;

function told(counts: ActCounts, name: string): readonly [string, number][] {
  const family = counts.families().find((each) => each.name === name);
  return (family?.samples ?? []).map(({ labels, value }) => [
    Object.values(labels ?? {})[0] ?? '',
    value,
  ]);
}

test('nobody outside makes up labels: a code no list names is counted as other', () => {
  const counts = new ActCounts();
  counts.saw(deciding, decided('Block', 'policy.blocked'));
  for (let made = 0; made < 1_000; made += 1) {
    counts.saw(deciding, decided('Block', `made.up_${made}`));
    const answer = { kind: 'failed', code: `made.up_${made}`, message: '' };
    counts.saw({ kind: 'answer', answer } as Effect, undefined);
  }
  assert.deepEqual(told(counts, 'ioi_denials_total'), [
    ['policy.blocked', 1],
    ['other', 1_000],
  ]);
  assert.deepEqual(told(counts, 'ioi_failed_acts_total'), [['other', 1_000]]);
});

test('verdicts are counted from nothing, and only where something was decided', () => {
  const counts = new ActCounts();
  counts.saw(deciding, { kind: 'refused', why: { code: 'x', message: '' } });
  counts.saw({ kind: 'deny' } as Effect, decided('Block', 'approval.denied'));
  counts.saw(deciding, decided('Allow', 'policy.allowed'));
  assert.deepEqual(told(counts, 'ioi_decisions_total'), [
    ['Allow', 1],
    ['Approved', 0],
    ['Block', 1],
    ['PendingApproval', 0],
  ]);
});
