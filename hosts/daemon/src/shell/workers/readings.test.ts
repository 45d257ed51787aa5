import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenWorkerRun } from '@ioi/protocol';
import { Readings } from './readings.ts';

function readings(valid?: string): Readings {
  const constraints = valid === undefined ? {} : { reading_valid_ms: valid };
  return new Readings({ task: { constraints } as OpenWorkerRun['task'] });
}

test('a run goes on by what it read until the oldest reading is past its window', () => {
  const own = readings('100');
  assert.equal(own.expired(10_000n), undefined);
  own.note({ index: 0, target: 'fs::read' }, 0n);
  own.note({ index: 3, target: 'net::fetch' }, 1_000n);
  own.note({ index: 5, target: 'clock::now' }, 1_090n);
  assert.equal(own.expired(1_100n), undefined);
  const { code, message } = own.expired(1_101n) ?? {};
  assert.equal(code, 'run.reading_expired');
  assert.match(message ?? '', /step 3, net::fetch, read is older than the 100 ms/);
});

test('without a window nothing expires, and only the world is read', () => {
  const open = readings();
  open.note({ index: 0, target: 'clock::now' }, 0n);
  assert.equal(open.expired(10n ** 15n), undefined);
  const own = readings('1');
  for (const target of ['memory::get', 'random::bytes', 'clock::nowhere', 'mcp::net::x']) {
    own.note({ index: 0, target }, 0n);
  }
  assert.equal(own.expired(10n ** 15n), undefined);
});
