import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { govern, pathsIn, readEntry, replaced, richLog } from '../../testing/index.ts';
import { COMMIT_OPERATION } from '../ledger/entry.ts';

const agent = richLog();
govern(agent);
const { node } = agent;

/** One of each payload that a log of everything holds, and what waits at its end. */
const payloads = new Map<string, Record<string, unknown>>();
for (const text of node.texts) {
  const { operation, payload } = readEntry(text).entry;
  if (operation !== COMMIT_OPERATION) payloads.set(operation, payload);
}
payloads.set('boundary/action.decide', { ...agent.pay('1').payload });
payloads.set('boundary/action.deny', {
  request_hash: node.heads('open').at(-1),
  reason: 'denied',
});

const anyPlace = fc.constantFrom(
  ...[...payloads].flatMap(([operation, payload]) =>
    pathsIn(payload).map((path) => ({ operation, payload, path })),
  ),
);
const anyValue = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '0', '18446744073709551615', '\ud800', 1e300, -0, null, [], {}, '__proto__'),
);

test('whatever is proposed is admitted or refused by a code, and leaves no trace', () => {
  const before = JSON.stringify(node.texts);
  fc.assert(
    fc.property(anyPlace, anyValue, ({ operation, payload, path }, value) => {
      const hostile = replaced(payload, path, value) as object;
      const result = node.tryAdmit(node.propose(operation, hostile));
      assert.ok(result.ok || /^[a-z]+\.[a-z_]+$/.test(result.error.code));
    }),
    { numRuns: 1_500 },
  );
  assert.equal(JSON.stringify(node.texts), before);
});

test('an operation that is a name of every object is unknown', () => {
  for (const name of ['constructor', 'to_string', '__proto__', 'has_own_property', 'valueof']) {
    const result = node.tryAdmit(node.propose(`boundary/${name}`, {}));
    assert.ok(!result.ok && result.error.code === 'operation.unknown', name);
  }
});
