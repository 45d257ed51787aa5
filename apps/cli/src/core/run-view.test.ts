import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunSummary } from '@ioi/protocol';
import { runLines } from './run-view.ts';

const summary: RunSummary = {
  run_id: 'run_1',
  agent_id: 'agent://local/test/run/sh',
  session_id: 'sha256:0',
  coverage: { mcp: 'mediated', http: 'mediated', files: 'bounded', processes: 'bounded' },
  verdicts: { allowed: 3, blocked: 1, pending: 0, refused: 0, unanswered: 0 },
  reached: { 'a.example': 1, 'b.example': 2 },
  receipts: ['receipt_1', 'receipt_2'],
};

test('what was decided is told in a few lines, what nobody looked at too', () => {
  assert.deepEqual(runLines(summary), [
    'http: 3 allowed, 1 blocked',
    'reached: b.example (2), a.example (1)',
    'last receipt: receipt_2; ioi log shows the acts',
    'decided and receipted: mcp, http; bounded, not recorded: files, processes',
  ]);
});

test('a run that asked for nothing says so, and names no program can repaint a terminal', () => {
  const verdicts = { allowed: 0, blocked: 0, pending: 0, refused: 0, unanswered: 0 };
  const none = { ...summary, verdicts, reached: {}, receipts: [] };
  assert.equal(runLines(none)[0], 'http: no requests');
  const closed = { ...none, coverage: { ...summary.coverage, http: 'closed' as const } };
  assert.equal(runLines(closed)[0], 'http: closed');
  const odd = runLines({ ...summary, reached: { '\u001b[2J': 1 } });
  assert.ok(!odd.join('').includes('\u001b'));
});
