import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SseReader } from './sse.ts';

function read(text: string, sizes: readonly number[] = [1000], maxBytes = 1000): string[] {
  const reader = new SseReader(maxBytes);
  const bytes = new TextEncoder().encode(text);
  const seen: string[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    for (const event of reader.push(bytes.subarray(at, at + size))) {
      seen.push(event.kind === 'data' ? new TextDecoder().decode(event.bytes) : 'too large');
    }
    at += size;
  }
  return seen;
}

test('the data of events comes out, comments and other fields do not', () => {
  const stream = [
    ': hello',
    'event: message',
    'id: 1',
    'data: {"a":1}',
    '',
    'id: 2',
    'data:',
    '',
    'retry: 10',
    '',
    'database: no',
    'data:two',
    'data',
    'data:  lines ',
    '',
    'data: unfinished',
  ];
  for (const newline of ['\n', '\r\n']) {
    assert.deepEqual(read(stream.join(newline)), ['{"a":1}', 'two\n\n lines ']);
  }
});

test('events survive any cut of the stream', () => {
  const line = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
  const data = line.map((text) => text.replaceAll(/[\r\n]/g, '_'));
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(data, { maxLength: 8 }), cuts, (events, sizes) => {
      const stream = events.map((event) => `data: ${event}\n\n`).join('');
      assert.deepEqual(read(stream, sizes), events);
    }),
    { numRuns: 300 },
  );
});

test('an event over the limit is reported and the next one is read', () => {
  const long = 'x'.repeat(11);
  assert.deepEqual(read(`data: ${long}\n\ndata: y\n\n`, [3], 10), ['too large', 'y']);
  assert.deepEqual(read(`data: ${'x'.repeat(10)}\n\n`, [3], 10), ['x'.repeat(10)]);
  assert.deepEqual(read('data: 12345\ndata: 67890\n\n', [3], 10), ['too large']);
  assert.deepEqual(read(`${'data:\n'.repeat(5000)}\n`, [999], 100_000), ['too large']);
});

test('types, places and times to come back are told apart from data', () => {
  const reader = new SseReader(100);
  const push = (text: string) => reader.push(new TextEncoder().encode(text));
  assert.deepEqual([reader.lastEventId, reader.retryMs], [undefined, undefined]);
  const [endpoint] = push('event: endpoint\nid: e-1\ndata: /post\n\n');
  assert.ok(endpoint?.kind === 'data' && endpoint.event === 'endpoint');
  assert.equal(reader.lastEventId, 'e-1');
  assert.deepEqual(push('id: e-2\nretry: 500\ndata:\n\n'), []);
  assert.deepEqual([reader.lastEventId, reader.retryMs], ['e-2', 500]);
  const [plain] = push('event: message\ndata: x\n\n');
  assert.ok(plain?.kind === 'data' && plain.event === undefined);
  push('id: e-3\nretry: soon\n');
  assert.deepEqual([reader.lastEventId, reader.retryMs], ['e-2', 500], 'not before its end');
  push(`\nid: two words\n\nretry: ${'9'.repeat(20)}\n\n`);
  assert.deepEqual([reader.lastEventId, reader.retryMs], [undefined, 500]);
});
