import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Events } from './events.ts';

test('at most 64 follow events at once, and a place that is left is free again', async () => {
  const events = new Events();
  const streams = Array.from({ length: 64 }, () => events.stream(0));
  assert.ok(streams.every((stream) => stream !== undefined));
  assert.equal(events.stream(0), undefined);
  await streams[0]?.cancel();
  assert.ok(events.stream(0));
});

test('a reader that reads nothing takes up little, however long what it is told beside', () => {
  const events = new Events();
  let made = 0;
  const beside = (): string => {
    made += 1;
    return 'event: inbox.item\ndata: {}\n\n';
  };
  assert.ok(events.stream(0, { beside }));
  for (let at = 0; at < 500; at += 1) events.emit('approval.requested', 'a', {});
  assert.ok(made > 0 && made < 50, String(made));
});

test('whoever comes late is given what happened, as it was when it happened', async () => {
  const events = new Events();
  const before = Date.now();
  events.emit('tool.proposed', 'agent://a', { target: 'fs::read' });
  events.emit('receipt.emitted', 'agent://a', {}, 'rcpt_1');
  const after = Date.now();
  const reader = events.stream(1)?.getReader();
  await reader?.read();
  const { value } = (await reader?.read()) ?? {};
  const data = /^data: (.*)$/m.exec(new TextDecoder().decode(value))?.[1] ?? '{}';
  const { timestamp, ...event } = JSON.parse(data);
  assert.ok(Date.parse(timestamp) >= before && Date.parse(timestamp) <= after);
  assert.deepEqual(event, {
    event_id: 'evt_2',
    kind: 'receipt.emitted',
    actor_id: 'agent://a',
    privacy_class: 'internal',
    redaction_status: 'hash_only',
    payload: {},
    receipt_ref: 'receipt://rcpt_1',
    cursor: '2',
    terminal: true,
  });
});
