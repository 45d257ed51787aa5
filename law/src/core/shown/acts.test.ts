import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from '@ioi/protocol';
import { actsIn } from './acts.ts';

const ONE = `sha256:${'11'.repeat(32)}`;
const TWO = `sha256:${'22'.repeat(32)}`;
const SESSION = `sha256:${'33'.repeat(32)}`;

class Log {
  readonly entries: LogEntry[] = [];

  add(operation: string, payload: object, body?: object): void {
    const seq = String(this.entries.length);
    const receipt = { receipt_id: `receipt_${'cd'.repeat(16)}`, body };
    this.entries.push({
      seq,
      height: '1',
      chain_time: `180000000000${seq}`,
      operation_id: `op_${'ef'.repeat(16)}`,
      operation: `boundary/${operation}`,
      module_hash: ONE,
      authenticated_by: { kind: 'channel' },
      payload: payload as LogEntry['payload'],
      events: body === undefined ? [] : [{ type: 'receipt.emitted', receipt }],
    });
  }

  decide(request_hash: string, kind: string, code: string): void {
    const context = { agent_id: 'agent://local/mcp', session_id: SESSION };
    const request = { target: 'fs::write', params: { path: '/w/a' }, context, nonce: '1' };
    const body = { request_hash, verdict: { kind }, code, rule_id: 'ask' };
    this.add('action.decide', { request }, body);
  }

  perform(request_hash: string, outcome: string, satisfied: boolean): void {
    this.add('action.receipt', {}, { request_hash, outcome, satisfied });
  }

  deny(request_hash: string, code: string): void {
    this.add('action.deny', { request_hash }, { request_hash, verdict: { kind: 'Block' }, code });
  }

  get told(): string[] {
    return actsIn(this.entries).map(({ state, stages }) => {
      const each = stages.map(({ stage, word, seq }) => `${stage} ${word} ${seq}`);
      return `${state}: ${each.join(', ')}`;
    });
  }
}

test('an act is told once, with its stages in order, however others come between', () => {
  const log = new Log();
  log.decide(ONE, 'PendingApproval', 'approval.required');
  log.decide(TWO, 'Allow', 'policy.allowed');
  assert.deepEqual(log.told, [
    'waiting: proposed proposed 0, decided REQUIRE_APPROVAL 0',
    'under way: proposed proposed 1, decided ALLOW 1',
  ]);
  log.perform(TWO, 'completed', true);
  log.decide(ONE, 'Approved', 'policy.approved');
  log.perform(ONE, 'completed', false);
  assert.deepEqual(log.told, [
    'ended: proposed proposed 0, decided REQUIRE_APPROVAL 0, approved APPROVED 3, ' +
      'performed completed 4, verified contract_violation 4',
    'ended: proposed proposed 1, decided ALLOW 1, performed completed 2, verified satisfied 2',
  ]);
  const [first] = actsIn(log.entries);
  assert.deepEqual([first?.sessionId, first?.target, first?.path], [SESSION, 'fs::write', '/w/a']);
  assert.equal(first?.stages[1]?.ruleId, 'ask');
});

test('what is not performed is told by what ended it, and nothing is verified of it', () => {
  const log = new Log();
  log.decide(ONE, 'Block', 'policy.blocked');
  log.decide(TWO, 'PendingApproval', 'approval.required');
  log.deny(TWO, 'approval.expired');
  assert.deepEqual(log.told, [
    'ended: proposed proposed 0, decided BLOCK 0',
    'ended: proposed proposed 1, decided REQUIRE_APPROVAL 1, ended expired 2',
  ]);
  const failed = new Log();
  failed.decide(ONE, 'Allow', 'policy.allowed');
  failed.perform(ONE, 'effect_unknown', false);
  assert.deepEqual(failed.told, [
    'ended: proposed proposed 0, decided ALLOW 0, performed effect_unknown 1',
  ]);
});

test('an act whose beginning is not there is not told', () => {
  const log = new Log();
  log.perform(ONE, 'completed', true);
  log.add('action.refuse', { raw_hash: ONE }, { raw_hash: ONE, verdict: { kind: 'Block' } });
  assert.deepEqual(log.told, []);
});
