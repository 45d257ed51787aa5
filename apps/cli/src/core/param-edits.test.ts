import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeOf, changesBetween } from './param-edits.ts';

test('a change is told by a path and a value, or by what an editor left', () => {
  assert.deepEqual(changeOf('edits.0.newText=a=b'), {
    ok: true,
    value: { path: ['edits', '0', 'newText'], value: 'a=b' },
  });
  assert.deepEqual(changeOf('count=3'), { ok: true, value: { path: ['count'], value: 3 } });
  assert.equal(changeOf('nothing').ok, false);
  assert.equal(changeOf('=x').ok, false);
  const params = { path: '/a', content: 'x' };
  assert.deepEqual(changesBetween(params, '{"path":"/b","content":"x"}'), {
    ok: true,
    value: [{ path: ['path'], value: '/b' }],
  });
  assert.equal(changesBetween(params, '{"path":"/b"}').ok, false);
  assert.equal(changesBetween(params, 'no json').ok, false);
});
