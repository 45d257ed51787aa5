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

/** What comes of a stream until something stands in it, a member for each piece. */
async function piecesUntil(stream: ReadableStream<Uint8Array>, wanted: string): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of stream) {
    pieces.push(new TextDecoder().decode(piece));
    if (pieces.at(-1)?.includes(wanted)) break;
  }
  return pieces;
}

test('what nobody waits for is told together, what a person waits for at once', async () => {
  const events = new Events();
  const stream = events.stream(0);
  assert.ok(stream);
  for (let at = 0; at < 300; at += 1) events.emit('tool.proposed', 'a', {});
  const before = piecesUntil(stream, 'approval.requested');
  events.emit('approval.requested', 'a', {});
  events.emit('receipt.emitted', 'a', {});
  const pieces = await before;
  assert.equal(pieces.length, 3, 'the greeting, the first, and all that followed it');
  const ids = [...pieces.join('').matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  assert.deepEqual(
    ids,
    Array.from({ length: 301 }, (_, at) => at + 1),
  );
  assert.equal(events.followers, 0, 'whoever leaves is told no more');
});

test('what is told alone waits for nothing behind it', async () => {
  const events = new Events();
  const stream = events.stream(0);
  assert.ok(stream);
  const pieces = piecesUntil(stream, 'receipt.emitted');
  events.emit('receipt.emitted', 'a', {});
  assert.match((await pieces).at(-1) ?? '', /"kind":"receipt.emitted"/);
});

test('a reader that keeps behind is let go, and can go on from what it has read', async () => {
  const events = new Events();
  const stream = events.stream(0);
  assert.ok(stream);
  for (let at = 0; events.followers > 0; at += 1) {
    assert.ok(at < 100_000, 'it is never let go');
    events.emit('tool.proposed', 'a', { target: 'x'.repeat(1_000) });
  }
  let told = '';
  for await (const piece of stream) told += new TextDecoder().decode(piece);
  const last = Number([...told.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1]);
  const next = await piecesUntil(events.stream(last) ?? new ReadableStream(), `id: ${last + 1}\n`);
  assert.match(next.join(''), new RegExp(`^id: ${last + 1}$`, 'm'));
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
