import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VerificationReport } from '@ioi/verifier';
import { paintNothing } from './paint.ts';
import { reportView } from './report-view.ts';

const counted: VerificationReport = {
  ok: true,
  findings: [],
  summary: {
    node_id: `node://local/${'0f'.repeat(16)}`,
    demo: true,
    entries: 44,
    commits: 16,
    actions: { allowed: 3, blocked: 2, approved: 1, pending: 0, denied: 0, refused: 0 },
    executions: {
      completed: 4,
      failed_before_effect: 0,
      effect_unknown: 1,
      contract_violations: 0,
    },
    forgotten: [],
    open: [`sha256:${'ab'.repeat(32)}`],
    policies: [{ policy_id: 'workspace', policy_hash: 'sha256:00', version: '1', seq: '18' }],
    receipts: {
      policy: 6,
      tool_execution: 5,
      module_invocation: 0,
      upgrade: 0,
      mutation: 1,
      settlement: 0,
      session: 0,
    },
    workers: { installed: 0, invocations: 0 },
    seeds: { committed: 0, revealed: 0 },
    commitments: 0,
    epochs: [],
    checkpoint: 'note',
    tiers: ['mediated'],
  },
};

test('a good report ends in PASS, with counts, and says what may have happened', () => {
  const lines = reportView(counted, { node: true, checkpoint: true }, paintNothing);
  assert.equal(lines.at(-1), 'PASS  44 entries verified');
  const text = lines.join('\n');
  assert.ok(text.includes('3 allowed, 2 blocked, 1 approved'));
  assert.ok(text.includes('4 completed, 1 effect unknown'));
  assert.ok(text.includes('(demo)'));
  assert.ok(text.includes(`may have happened: sha256:${'ab'.repeat(32)}`));
});

test('who seals from where is said once it changed', () => {
  assert.ok(counted.ok);
  const say = (epochs: typeof counted.summary.epochs): string => {
    const summary = { ...counted.summary, epochs };
    const report: VerificationReport = { ok: true, findings: [], summary };
    return reportView(report, { node: true, checkpoint: true }, paintNothing).join('\n');
  };
  assert.doesNotMatch(say([]), /epochs/);
  const told = say([{ epoch: '1', reason: 'restore', size: '12' }]);
  assert.match(told, /^epochs {7}0, 1 by restore after 12 entries$/m);
  const lost = say([{ epoch: '1', reason: 'restore', size: '12', known_size: '15' }]);
  assert.match(lost, /1 by restore after 12 entries \(entries 12 to 14 lost\)$/m);
});

test('without a node id or checkpoint it says that the keys come from the file itself', () => {
  const alone = reportView(counted, { node: false, checkpoint: false }, paintNothing).join('\n');
  assert.match(alone, /the keys come from the file itself/);
  const held = reportView(counted, { node: true, checkpoint: false }, paintNothing).join('\n');
  assert.doesNotMatch(held, /the file itself/);
});

test('a bad report ends in FAIL and names place and code', () => {
  const finding = { code: 'log.root_mismatch', message: 'other \u001b[2Jroot', line: 3, seq: '1' };
  const findings: Extract<VerificationReport, { ok: false }>['findings'] = [
    finding as Extract<VerificationReport, { ok: false }>['findings'][0],
  ];
  const lines = reportView({ ok: false, findings }, { node: true, checkpoint: true }, paintNothing);
  assert.equal(lines[0], '  log.root_mismatch: other \\u{1b}[2Jroot (line 3, entry 1)');
  assert.match(lines.at(-1) ?? '', /^FAIL/);
});

test('it says how much of the log witnesses saw, and who they are', () => {
  const root = 'A'.repeat(43).concat('=');
  const cosigners = [{ name: 'w.example/1', timestamp: 1_700_000_000n }];
  const witnessed = { checkpoint: { origin: 'ioi.local/0f', size: 40, root }, cosigners };
  const anchors = { node: true, checkpoint: false, cosigners: ['w.example/1 at 2023-11-14'] };
  const lines = reportView({ ...counted, witnessed }, anchors, paintNothing);
  assert.ok(lines.includes('witnessed    40 of 44 entries, by w.example/1 at 2023-11-14'));
  assert.ok(lines.includes('held against the node id and the witnesses that were given'));
});
