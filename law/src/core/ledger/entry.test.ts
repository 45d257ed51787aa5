import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { leafHash } from '@ioi/merkle';
import type { Stamp } from '@ioi/protocol';
import * as fc from 'fast-check';
import { textOf } from '../../testing/index.ts';
import {
  COMMIT_OPERATION,
  commitSummaryOf,
  composeEntry,
  DOMAIN_MODULE_HASH,
  MAX_ENTRY_BYTES,
  type ProposedOperation,
  parseEntry,
} from './entry.ts';

const at: Stamp = { seq: 7n, height: 2n, chainTime: 99n, moduleHash: DOMAIN_MODULE_HASH };

function proposed(payload: Record<string, unknown>): ProposedOperation {
  return {
    operation_id: `op_${'0'.repeat(32)}`,
    operation: 'boundary/action.decide',
    authenticated_by: { kind: 'channel' },
    payload,
  };
}

test('what is composed parses back to the same bytes and leaf', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (payload) => {
      const composed = composeEntry(proposed(payload), at, []);
      if (!composed.ok) return;
      const parsed = parseEntry(encodeUtf8(composed.value.text));
      assert.ok(parsed.ok);
      assert.deepEqual(parsed.value.leaf, leafHash(encodeUtf8(composed.value.text)));
      assert.equal(textOf(parsed.value.entry), textOf(composed.value.entry));
    }),
  );
});

test('an entry has one spelling: anything else is refused', () => {
  const composed = composeEntry(proposed({ a: 1, b: 'x' }), at, []);
  assert.ok(composed.ok);
  const text = textOf(composed.value.entry);
  const others = [
    ` ${text}`,
    `${text}\n`,
    text.replace('{', '{ '),
    text.replace('"a":1', '"a":1.0'),
    text.replace('"a":1', '"a":1,"a":1'),
    text.replace('"x"', '"\\u0078"'),
    text.replace('"a":1,"b":"x"', '"b":"x","a":1'),
    `\ufeff${text}`,
  ];
  for (const other of others) {
    const parsed = parseEntry(encodeUtf8(other));
    assert.ok(!parsed.ok && parsed.error.code === 'entry.not_canonical', other);
  }
  const unknown = parseEntry(encodeUtf8(textOf({ ...composed.value.entry, note: '' })));
  assert.ok(!unknown.ok && unknown.error.code === 'entry.invalid');
  assert.ok(!parseEntry(new Uint8Array([0xff])).ok);
});

test('an entry that no entry bundle could hold is refused', () => {
  const composedOf = (size: number) => composeEntry(proposed({ text: 'x'.repeat(size) }), at, []);
  const small = composedOf(0);
  assert.ok(small.ok);
  const room = MAX_ENTRY_BYTES - small.value.text.length;
  assert.ok(composedOf(room).ok);
  // Where characters take more bytes than one, bytes count.
  const wide = composeEntry(proposed({ text: 'ä'.repeat(room / 2 + 8) }), at, []);
  assert.ok(!wide.ok && wide.error.code === 'entry.too_large');
  const large = composedOf(room + 1);
  assert.ok(!large.ok && large.error.code === 'entry.too_large');
});

test('what has no canonical form is not composed', () => {
  const lone = composeEntry(proposed({ text: '\ud800' }), at, []);
  assert.ok(!lone.ok && lone.error.code === 'entry.not_canonical');
  const strange = composeEntry({ ...proposed({}), operation: 'no slash' }, at, []);
  assert.ok(!strange.ok && strange.error.code === 'entry.invalid');
});

test('only a commit entry has a commit summary', () => {
  const summary = {
    epoch: '0',
    first_seq: '0',
    state_root: DOMAIN_MODULE_HASH,
    recovered: false,
    voided: [],
  };
  const entryOf = (operation: string, payload: Record<string, unknown>) => {
    const composed = composeEntry({ ...proposed(payload), operation }, at, []);
    assert.ok(composed.ok);
    return composed.value.entry;
  };
  assert.deepEqual(commitSummaryOf(entryOf(COMMIT_OPERATION, summary)), summary);
  assert.equal(commitSummaryOf(entryOf('boundary/action.decide', summary)), undefined);
  assert.equal(commitSummaryOf(entryOf(COMMIT_OPERATION, { ...summary, more: 1 })), undefined);
});
