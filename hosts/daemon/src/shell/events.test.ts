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
