import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffClass } from './heads-diff.ts';

const heads = fc
  .dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat(3))
  .map(
    (values) => new Map(Object.entries(values).map(([id, value]) => [id, JSON.stringify(value)])),
  );

test('differences are exactly what leads from one to the other', () => {
  fc.assert(
    fc.property(heads, heads, (first, second) => {
      const reached = new Map(first);
      for (const { id, change, before, after } of diffClass('x', first, second)) {
        assert.equal(reached.get(id), before === undefined ? undefined : JSON.stringify(before));
        assert.equal(change === 'added', before === undefined);
        if (change === 'removed') reached.delete(id);
        else reached.set(id, JSON.stringify(after));
      }
      assert.deepEqual(new Map([...reached].sort()), new Map([...second].sort()));
    }),
  );
});

test('nothing differs from itself', () => {
  fc.assert(fc.property(heads, (all) => assert.deepEqual(diffClass('x', all, all), [])));
});
