import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actView } from './act-view.ts';
import { paintNothing } from './paint.ts';

const line = {
  seq: '7',
  chainTime: '1800000000000',
  operation: 'boundary/action.decide',
  word: 'BLOCK',
  target: 'fs::write',
  receiptId: `receipt_${'cd'.repeat(16)}`,
};

test('one act is one line: verdict, target, path, rule, latency, receipt', () => {
  const said = actView({ line, about: 'outside/x\u001b[2J', latencyMs: 3.0625 }, paintNothing);
  const cells = said.trim().split(/ {2,}/);
  assert.deepEqual(cells, [
    'BLOCK',
    'fs::write',
    'outside/x\\u{1b}[2J',
    'no rule: denied',
    '3.1 ms',
    'receipt_cdcdcdcdcdcd',
  ]);
  const ruled = { line: { ...line, ruleId: 'secrets' }, about: 'a', latencyMs: 1 };
  assert.match(actView(ruled, paintNothing), / secrets {2,}/);
});
