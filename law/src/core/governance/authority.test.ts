import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { statementBytes } from './authority.ts';

const anyStatement = fc.record({
  node: fc.record({
    node_id: fc.constantFrom('node://local/a', 'node://local/b'),
    origin: fc.constantFrom('ioi.local/a', 'ioi.local/a/notes'),
  }),
  operation: fc.constantFrom('chain.create', 'module.swap'),
  statement: fc.record({ n: fc.integer({ min: 0, max: 3 }) }),
});

test('what is signed differs with the log, the operation and the statement', () => {
  fc.assert(
    fc.property(anyStatement, anyStatement, (one, other) => {
      const isSame = JSON.stringify(one) === JSON.stringify(other);
      const [left, right] = [one, other].map((each) => statementBytes(each).join());
      assert.equal(left === right, isSame);
    }),
    { numRuns: 500 },
  );
});
