import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedParams } from './param-changes.ts';

const params = { path: '/a', edits: [{ oldText: 'x', newText: 'y' }], options: { deep: { a: 1 } } };

test('an edit changes what is there and nothing else', () => {
  const change = (path: string[], value: string | number) =>
    changedParams(params, [{ path, value }]);
  assert.deepEqual(change(['path'], '/b'), { ok: true, value: { ...params, path: '/b' } });
  const text = change(['edits', '0', 'newText'], 'z');
  const edits = [{ oldText: 'x', newText: 'z' }];
  assert.deepEqual(text, { ok: true, value: { ...params, edits } });
  assert.equal(change(['options', 'deep', 'b'], 2).ok, true, 'an object may get a field');
  const refused = [['other'], ['edits', '1'], ['edits', '-1'], ['edits', 'x'], ['path', 'x'], []];
  for (const path of [...refused, ['options', 'no', 'way'], ['__proto__'], ['edits', '01']]) {
    assert.equal(change(path, 1).ok, false, path.join('.'));
  }
  const polluted = change(['options', '__proto__', 'x'], 1);
  assert.equal(polluted.ok, false);
  assert.equal(params.path, '/a', 'what was given stays as it was');
  const both = changedParams(params, [
    { path: ['path'], value: '/b' },
    { path: ['path'], value: '/c' },
  ]);
  assert.equal(both.ok && both.value['path'], '/c');
});
