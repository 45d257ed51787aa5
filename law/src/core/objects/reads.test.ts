import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeadKey, View } from '@ioi/protocol';
import { ReadRun } from './reads.ts';

const key = (id: string): HeadKey => ({ headClass: 'object.S', id });

function viewOf(values: Readonly<Record<string, unknown>>): View {
  return { get: <T>({ id }: HeadKey) => values[id] as T | undefined };
}

type Payload = { readonly ids: readonly string[] };

function counting() {
  const seen = { runs: 0 };
  const run = new ReadRun(({ ids }: Payload, view) => {
    seen.runs += 1;
    return ids.map((id) => view.get<string>(key(id)));
  });
  return { run, seen };
}

test('what was run to learn what it reads is not run again on the very same values', () => {
  const { run, seen } = counting();
  const payload = { ids: ['a', 'b', 'c'] };
  const view = viewOf({ a: 'one', b: 'two' });
  assert.deepEqual(run.reads(payload, view), ['a', 'b', 'c'].map(key));
  assert.deepEqual(run.result(payload, view), ['one', 'two', undefined]);
  assert.equal(seen.runs, 1);
});

test('on another value, for another payload or a second time it is run again', () => {
  const { run, seen } = counting();
  const payload = { ids: ['a', 'b'] };
  const view = viewOf({ a: 'one' });
  run.reads(payload, view);
  assert.deepEqual(run.result(payload, viewOf({ a: 'one', b: 'new' })), ['one', 'new']);
  run.reads(payload, view);
  assert.deepEqual(run.result({ ids: ['a', 'b'] }, view), ['one', undefined]);
  run.reads(payload, view);
  run.result(payload, view);
  assert.deepEqual(run.result(payload, viewOf({})), [undefined, undefined]);
  assert.equal(seen.runs, 6);
});
