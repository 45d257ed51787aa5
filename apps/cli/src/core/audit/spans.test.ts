import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from '@ioi/protocol';
import { auditEvents } from './audit-events.ts';
import type { OcsfEvent } from './ocsf.ts';
import { otlpTraces, type Span, Spans } from './spans.ts';

const REQUEST = `sha256:${'0e'.repeat(32)}`;
const SESSION = `sha256:${'5e'.repeat(32)}`;
const RUN = { run_id: `run_${'1a'.repeat(16)}`, session_id: SESSION };

function entry(seq: number, fields: Partial<LogEntry>): LogEntry {
  const operation_id = `op_${'3d'.repeat(16)}`;
  const module_hash = `sha256:${'1c'.repeat(32)}`;
  const chain_time = String(1_800_000_000_000 + seq * 1000);
  const about = { seq: String(seq), height: '2', chain_time, operation_id, module_hash };
  const whole = { ...about, payload: {}, events: [] };
  return { ...whole, authenticated_by: { kind: 'channel' }, ...fields } as LogEntry;
}

function decided(seq: number, kind: string, target = 'model::invoke'): LogEntry {
  const params = { route: 'writer', max_tokens: 64, messages: 'planted words' };
  const context = { agent_id: 'agent://local/a', session_id: SESSION };
  const body = { request_hash: REQUEST, verdict: { kind }, code: 'policy.rule', rule_id: 'a_rule' };
  const receipt = { receipt_id: 'receipt_1', actor_id: 'agent://local/a', body };
  return entry(seq, {
    operation: 'boundary/action.decide',
    payload: { request: { target, params, context } },
    events: [{ type: 'receipt.emitted', receipt }] as unknown as LogEntry['events'],
  });
}

function performed(seq: number, outcome: string): LogEntry {
  const body = { request_hash: REQUEST, outcome, satisfied: true };
  const receipt = { receipt_id: 'receipt_2', actor_id: 'agent://local/a', body };
  const token_usage = { input_tokens: 50, output_tokens: 7 };
  return entry(seq, {
    operation: 'boundary/action.receipt',
    payload: { request_hash: REQUEST, outcome, token_usage },
    events: [{ type: 'receipt.emitted', receipt }] as unknown as LogEntry['events'],
  });
}

function told(entries: readonly LogEntry[], isWhole = false): OcsfEvent[] {
  const source = { node_id: 'node://abc', version: '1', isWhole };
  return entries.flatMap((each) => auditEvents(each, source, {}).events);
}

function valuesOf({ attributes }: Span): Readonly<Record<string, string>> {
  const pairs = attributes as { key: string; value: { stringValue?: string; intValue?: string } }[];
  return Object.fromEntries(
    pairs.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue)]),
  );
}

const WHOLE = [
  entry(1, { operation: 'workers/open', payload: { ...RUN, worker_id: 'worker://local/w' } }),
  ...[decided(2, 'Allow'), performed(4, 'completed')],
  entry(5, { operation: 'workers/end', payload: { ...RUN, state: 'completed' } }),
];

test('a question is a span from its decision to its receipt, below the run that asked it', () => {
  const [chat, run, ...more] = new Spans().take(told(WHOLE)) as [Span, Span];
  assert.deepEqual(more, []);
  assert.deepEqual([chat.name, run.name], ['chat', 'invoke_agent worker://local/w']);
  assert.equal(BigInt(chat.endTimeUnixNano) - BigInt(chat.startTimeUnixNano), 2_000_000_000n);
  assert.deepEqual([chat.parentSpanId, chat.traceId], [run.spanId, run.traceId]);
  assert.match(chat.traceId, /^[0-9a-f]{32}$/);
  assert.match(chat.spanId, /^[0-9a-f]{16}$/);
  const values = valuesOf(chat);
  assert.equal(values['gen_ai.operation.name'], 'chat');
  assert.equal(values['gen_ai.conversation.id'], SESSION);
  assert.equal(values['ioi.request_hash'], REQUEST);
  assert.equal(values['ioi.receipt_id'], 'receipt_2');
  assert.deepEqual([chat.status, run.status], [{}, {}]);
  assert.equal(values['gen_ai.usage.input_tokens'], '50');
  assert.equal(values['gen_ai.usage.output_tokens'], '7');
  assert.equal(valuesOf(run)['gen_ai.usage.input_tokens'], undefined);
});

test('no route and no parameter is told unless details are; what is said never is', () => {
  const redacted = JSON.stringify(new Spans().take(told(WHOLE)));
  assert.doesNotMatch(redacted, /writer|planted|max_tokens/);
  const [chat] = new Spans().take(told(WHOLE, true)) as [Span];
  assert.equal(chat.name, 'chat writer');
  assert.equal(valuesOf(chat)['gen_ai.request.max_tokens'], '64');
  assert.doesNotMatch(JSON.stringify(chat), /planted/);
});

test('what was refused, failed or ended badly is an error, and what waits is not told yet', () => {
  const [blocked] = new Spans().take(told([decided(2, 'Block', 'fs::write')])) as [Span];
  assert.deepEqual([blocked.name, blocked.status.code], ['execute_tool fs::write', 2]);
  assert.deepEqual(new Spans().take(told([decided(2, 'PendingApproval')])), []);
  const lost = [decided(2, 'Allow'), performed(3, 'failed_before_effect')];
  assert.equal(new Spans().take(told(lost))[0]?.status.code, 2);
  const ended = entry(5, { operation: 'workers/end', payload: { ...RUN, state: 'failed' } });
  assert.equal(new Spans().take(told([ended]))[0]?.status.code, 2);
});

test('the same events are the same spans again; a lost beginning is the end', () => {
  const spans = new Spans();
  const events = told(WHOLE);
  assert.deepEqual(spans.take(events), spans.take(events));
  const [late] = new Spans().take(told([performed(4, 'completed')])) as [Span];
  assert.equal(late.startTimeUnixNano, late.endTimeUnixNano);
  const { resourceSpans } = JSON.parse(otlpTraces([late], 'node://abc', '1'));
  assert.equal(resourceSpans[0].scopeSpans[0].spans.length, 1);
});
