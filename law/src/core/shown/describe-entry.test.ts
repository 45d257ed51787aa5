import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from '@ioi/protocol';
import { describeEntry, mainPath } from './describe-entry.ts';

const HASH = `sha256:${'ab'.repeat(32)}`;

function entryWith(operation: string, payload: LogEntry['payload'], body?: object): LogEntry {
  const receipt = { receipt_id: `receipt_${'cd'.repeat(16)}`, body };
  return {
    seq: '7',
    height: '1',
    chain_time: '1800000000000',
    operation_id: `op_${'ef'.repeat(16)}`,
    operation,
    module_hash: HASH,
    authenticated_by: { kind: 'channel' },
    payload,
    events: body === undefined ? [] : [{ type: 'receipt.emitted', receipt }],
  };
}

const request = { target: 'fs::write', params: { path: '/w/a' }, context: {}, nonce: '1' };

test('a decision is told by verdict, target, path, rule, field and receipt', () => {
  const body = {
    request_hash: HASH,
    verdict: { kind: 'PendingApproval' },
    code: 'approval.required',
    rule_id: 'ask',
    deciding_field: 'target_exists',
  };
  const line = describeEntry(entryWith('boundary/action.decide', { request }, body));
  assert.equal(line.word, 'REQUIRE_APPROVAL');
  assert.equal(line.target, 'fs::write');
  assert.equal(line.path, '/w/a');
  assert.equal(line.ruleId, 'ask');
  assert.equal(line.field, 'target_exists');
  assert.equal(line.requestHash, HASH);
});

test('an execution is told by its outcome, and an unsatisfied one is no success', () => {
  const body = { request_hash: HASH, outcome: 'completed', satisfied: true };
  const done = describeEntry(entryWith('boundary/action.receipt', {}, body));
  assert.equal(done.code, 'execution.completed');
  const short = { ...body, satisfied: false };
  const violated = describeEntry(entryWith('boundary/action.receipt', {}, short));
  assert.equal(violated.code, 'execution.contract_violation');
  assert.equal(violated.word, 'contract_violation');
});

test('a denial by a person is not told as a block by policy', () => {
  const body = { request_hash: HASH, verdict: { kind: 'Block' }, code: 'approval.denied' };
  assert.equal(describeEntry(entryWith('boundary/action.deny', {}, body)).word, 'DENIED');
});

test('other operations are told by their name', () => {
  const envelope = { policy_id: 'notes', version: '2' };
  const line = describeEntry(entryWith('boundary/policy.activate', { envelope }));
  assert.equal(line.word, 'policy.activate');
  assert.equal(line.detail, 'notes version 2');
  assert.equal(describeEntry(entryWith('domain/commit', {})).word, 'commit');
});

test('what a request is about is where it goes', () => {
  assert.equal(mainPath({ source: '/a', destination: '/b' }), '/b');
  assert.equal(mainPath({ paths: ['/a', '/b', '/c'] }), '/a and 2 more');
  assert.equal(mainPath({ path: 7 }), undefined);
});
