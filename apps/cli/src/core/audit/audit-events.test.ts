import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from '@ioi/protocol';
import { auditEvents } from './audit-events.ts';
import type { Tier } from './findings.ts';
import { jsonLines, otlpLogs, syslogMessage } from './outgoing.ts';

const SOURCE = { node_id: 'node://abc', version: '1.2.3', isWhole: false };
const HASH = `sha256:${'0e'.repeat(32)}`;
/** A line end, a terminal, and text that runs the other way. */
const HOSTILE = 'agent://local/a\nb\u001b[2J\u202e';

function entry(fields: Partial<LogEntry>): LogEntry {
  const operation_id = `op_${'3d'.repeat(16)}`;
  const module_hash = `sha256:${'1c'.repeat(32)}`;
  const about = { seq: '7', height: '2', chain_time: '1800000000000', operation_id, module_hash };
  const by = { kind: 'channel' } as const;
  const whole = { ...about, operation: 'runs/record', payload: {}, events: [] };
  return { ...whole, authenticated_by: by, ...fields } as LogEntry;
}

function decided(verdict: string, tier: Tier = 'mediated', observed?: object): LogEntry {
  const request = {
    target: 'fs::write',
    params: { path: '/home/me/secret-plan.txt' },
    context: { agent_id: HOSTILE, session_id: HASH },
  };
  const body = {
    request_hash: HASH,
    verdict: { kind: verdict },
    code: 'policy.default_deny',
    rule_id: 'a_rule',
    ...(observed && { observed }),
  };
  const receipt = { receipt_id: 'receipt_1', actor_id: HOSTILE, isolation_tier: tier, body };
  return entry({
    operation: 'boundary/action.decide',
    payload: { request },
    events: [{ type: 'receipt.emitted', receipt }],
  });
}

test('a decision says who asked for what and what was done, and no more unless it is asked', () => {
  const { events } = auditEvents(decided('Block'), SOURCE, {});
  const [event] = events;
  assert.ok(event && events.length === 1);
  const { metadata, type_uid, status, action, disposition, api, actor } = event;
  assert.deepEqual(
    [type_uid, status, action, disposition, api?.operation, actor?.app_name],
    [600303, 'Failure', 'Denied', 'Blocked', 'fs::write', HOSTILE],
  );
  assert.deepEqual(
    [metadata.uid, metadata.correlation_uid, metadata.sequence],
    ['node://abc/7/boundary/action.decide', HASH, 7],
  );
  assert.doesNotMatch(JSON.stringify(events), /secret-plan/);
  const whole = auditEvents(decided('Block'), { ...SOURCE, isWhole: true }, {});
  assert.match(JSON.stringify(whole.events), /secret-plan/);
});

test('what is allowed, waits, or is only observed is told apart', () => {
  const told = (log: LogEntry) => {
    const [event] = auditEvents(log, SOURCE, {}).events;
    return [event?.status, event?.action, event?.severity];
  };
  assert.deepEqual(told(decided('Allow')), ['Success', 'Allowed', 'Informational']);
  assert.deepEqual(told(decided('PendingApproval')), ['Other', 'Waits', 'Medium']);
  const would = { verdict: 'Block', code: 'policy.blocked' };
  assert.deepEqual(told(decided('Allow', 'mediated', would)), ['Success', 'Observed', 'Medium']);
});

test('an agent that is isolated less than before is a finding, and another agent is not', () => {
  const first = auditEvents(decided('Allow', 'sandboxed'), SOURCE, { other: 'separated' });
  assert.equal(first.events.length, 1);
  const second = auditEvents(decided('Allow', 'advisory'), SOURCE, first.tiers);
  const [, finding] = second.events;
  assert.deepEqual([finding?.class_uid, finding?.metadata.event_code], [2004, 'coverage.lost']);
  assert.deepEqual(finding?.unmapped['before'], 'sandboxed');
  assert.equal(auditEvents(decided('Allow', 'advisory'), SOURCE, second.tiers).events.length, 1);
  assert.equal(auditEvents(decided('Allow', 'hardware'), SOURCE, second.tiers).events.length, 1);
});

test('ends of commits are told only where something was recovered', () => {
  const commit = (recovered: boolean): LogEntry =>
    entry({ operation: 'domain/commit', payload: { recovered, voided: [] } });
  assert.equal(auditEvents(commit(false), SOURCE, {}).events.length, 0);
  const [found] = auditEvents(commit(true), SOURCE, {}).events;
  assert.equal(found?.metadata.event_code, 'log.recovered');
});

test('a change of who may do what is of the class of entities', () => {
  for (const [operation, type] of [
    ['governance/factor.enroll', 300401],
    ['boundary/policy.activate', 300403],
    ['wallet/certificate.revoke', 300404],
  ] as const) {
    const envelope = { policy_id: 'p', version: '1' };
    const [event] = auditEvents(entry({ operation, payload: { envelope } }), SOURCE, {}).events;
    assert.equal(event?.type_uid, type, operation);
  }
});

test('a glass that is broken is a finding, a sign-in is none', () => {
  const opened = (more: object): LogEntry => {
    const session = { subject: 'ada', groups: ['audit'], expires: '1800000000000', ...more };
    const events = [{ type: 'role_session.opened', token_hash: 'sha256:00', session }];
    return entry({ operation: 'roles/open', payload: {}, events });
  };
  const codes = (log: LogEntry) =>
    auditEvents(log, SOURCE, {}).events.map(({ metadata }) => metadata.event_code);
  assert.deepEqual(codes(opened({})), ['roles/open']);
  const break_glass = { reason: 'all are away', key_id: 'sha256:00' };
  assert.deepEqual(codes(opened({ break_glass })), ['roles/open', 'role.glass_broken']);
  const [, found] = auditEvents(opened({ break_glass }), SOURCE, {}).events;
  assert.match(found?.message ?? '', /ada broke the glass and acts as owner: all are away/);
});

test('whatever an agent is called, a message is one line', () => {
  const { events } = auditEvents(decided('Block'), SOURCE, {});
  assert.equal(jsonLines(events).trimEnd().split('\n').length, 1);
  const [event] = events;
  assert.ok(event);
  const message = syslogMessage(event, { host: 'h\n ö', pid: '1' });
  assert.match(message, /^<84>1 2027-01-15T08:00:00Z h--- ioi 1 6003 - \{/);
  assert.doesNotMatch(message, /[\n\u001b]/);
  const sent = JSON.parse(otlpLogs(events, 'node://abc', '1.2.3'));
  const [record] = sent.resourceLogs[0].scopeLogs[0].logRecords;
  assert.equal(record.timeUnixNano, '1800000000000000000');
  assert.equal(record.severityNumber, 13);
  assert.equal(JSON.parse(record.body.stringValue).metadata.uid, event.metadata.uid);
});
