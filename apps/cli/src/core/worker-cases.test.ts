import assert from 'node:assert/strict';
import { test } from 'node:test';
import { departure, readCases, type WorkerCase } from './worker-cases.ts';

const CASE = { task: 'count', input: { path: 'a' }, files: { a: 'x' }, output: 1 };

function faultOf(value: unknown): string {
  const read = readCases(JSON.stringify(value));
  return read.ok ? '' : read.error;
}

test('cases are read whole, or refused at their place', () => {
  const read = readCases(JSON.stringify([CASE]));
  assert.deepEqual(read, { ok: true, value: [{ ...CASE, leaves: {} }] });
  assert.match(faultOf([]), /1 to 100/);
  assert.match(faultOf([CASE, { ...CASE, more: 1 }]), /^\/1\/more/);
  assert.match(faultOf([{ ...CASE, files: { '../a': 'x' } }]), /^\/0\/files/);
  assert.match(faultOf([{ ...CASE, fails: 'x' }]), /not both/);
  assert.match(faultOf([{ task: 'count' }]), /either/);
});

test('an end that is another than the one wanted says in what', () => {
  const wanted: WorkerCase = { ...CASE, output: { a: 1, b: 2 }, leaves: { out: 'done' } };
  const left = { out: 'done' };
  assert.equal(departure(wanted, { state: 'completed', output: { b: 2, a: 1 }, left }), undefined);
  const other = departure(wanted, { state: 'completed', output: 3, left });
  assert.equal(other, 'returned 3, not {"a":1,"b":2}');
  const none = departure(wanted, { state: 'completed', output: wanted.output, left: {} });
  assert.equal(none, 'left null in out, not "done"');
  const failed = { state: 'failed', code: 'KeyError', detail: 'a', left };
  assert.equal(departure(wanted, failed), 'failed KeyError: a');
  const { output: _, ...rest } = wanted;
  assert.equal(departure({ ...rest, fails: 'KeyError' }, failed), undefined);
  assert.match(departure({ ...rest, fails: 'E' }, failed) ?? '', /not E$/);
});
