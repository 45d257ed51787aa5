import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from '@ioi/protocol';
import { custodyIn } from './custody.ts';

const HASH = `sha256:${'11'.repeat(32)}`;
const TOKEN = `sha256:${'22'.repeat(32)}`;
const request = {
  target: 'fs::write',
  params: { path: '/w/a' },
  context: { agent_id: 'agent://local/mcp' },
  nonce: '1',
};

function entry(seq: number, operation: string, body: object, ...events: object[]): LogEntry {
  const receipt = { receipt_id: `receipt_${String(seq).padStart(32, '0')}`, body };
  return {
    seq: String(seq),
    height: String(seq + 100),
    chain_time: '1800000000000',
    operation_id: `op_${'ef'.repeat(16)}`,
    operation: `boundary/${operation}`,
    module_hash: HASH as `sha256:${string}`,
    authenticated_by: { kind: 'channel' },
    payload: operation === 'action.decide' ? { request } : {},
    events: [{ type: 'receipt.emitted', receipt }, ...events] as LogEntry['events'],
  };
}

function decided(seq: number, kind: string, ...events: object[]): LogEntry {
  const body = { request_hash: HASH, verdict: { kind }, code: 'x', rule_id: 'ask' };
  return entry(seq, 'action.decide', body, ...events);
}

const told = (entries: readonly LogEntry[]) =>
  custodyIn(entries).map(({ stage, word, seq }) => `${stage} ${word} ${seq}`);

test('hands that an act went through are told in order, from the request to the receipt', () => {
  const approved = [
    { type: 'approval.consumed', token_hash: TOKEN, request_hash: HASH },
    { type: 'action.committed', committed: {} },
  ];
  const done = entry(5, 'action.receipt', {
    request_hash: HASH,
    outcome: 'completed',
    satisfied: true,
  });
  const all = [decided(1, 'PendingApproval'), decided(3, 'Approved', ...approved), done];
  assert.deepEqual(told(all), [
    'request fs::write 1',
    'decision REQUIRE_APPROVAL 1',
    'approval APPROVED 3',
    'decision APPROVED 3',
    'seal sealed 3',
    'effect completed 5',
    'receipt recorded 5',
  ]);
  const links = custodyIn(all);
  assert.equal(new Set(links.map(({ id }) => id)).size, links.length);
  assert.deepEqual(links[0]?.names, ['/w/a', HASH]);
  assert.deepEqual(links[2]?.names, [TOKEN]);
  assert.deepEqual(links[4]?.names, ['commit 103']);
});

test('what was blocked or denied ends there, and other entries are no hands', () => {
  assert.deepEqual(told([decided(1, 'Block')]), ['request fs::write 1', 'decision BLOCK 1']);
  const body = { request_hash: HASH, verdict: { kind: 'Block' }, code: 'approval.denied' };
  const denied = told([decided(1, 'PendingApproval'), entry(2, 'action.deny', body)]);
  assert.match(denied.at(-1) ?? '', /^approval .* 2$/);
  assert.deepEqual(told([entry(1, 'policy.activate', {})]), []);
});
