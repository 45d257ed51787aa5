import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preconditionOf } from './precondition.ts';

test('what must not have changed is a class or an object, and a place', () => {
  const value = (text: string) => {
    const read = preconditionOf(text);
    return read.ok ? read.value : read.error.message;
  };
  assert.deepEqual(value('Service@12'), { head_class: 'object.Service', since: '12' });
  assert.deepEqual(value('Service/a/b@c@7'), {
    head_class: 'object.Service',
    id: 'a/b@c',
    since: '7',
  });
  assert.deepEqual(value('principal/sha256:00@0'), {
    head_class: 'principal',
    id: 'sha256:00',
    since: '0',
  });
  for (const bad of ['', 'Service', 'Service@', '@3', '/x@3', 'Service@-1', 'Service@1e3']) {
    assert.match(String(value(bad)), /takes CLASS\[\/ID\]@SEQ/);
  }
});
