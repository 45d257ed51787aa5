import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchId, shortId } from './match-id.ts';

const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => `sha256:${Buffer.from(bytes).toString('hex')}`);

test('a beginning means an id only when it fits that one alone', () => {
  fc.assert(
    fc.property(fc.uniqueArray(hash, { minLength: 1 }), fc.nat(64), (ids, length) => {
      const wanted = ids[0] ?? '';
      const found = matchId(wanted.slice('sha256:'.length, 'sha256:'.length + length), ids);
      const fitting = ids.filter((id) => id.startsWith(wanted.slice(0, 'sha256:'.length + length)));
      assert.equal(found.ok, length >= 4 && fitting.length === 1);
      if (found.ok) assert.equal(found.value, wanted);
    }),
  );
});

test('a short id is accepted back', () => {
  fc.assert(
    fc.property(hash, (id) => {
      const found = matchId(shortId(id), [id]);
      assert.equal(found.ok && found.value, id);
    }),
  );
  assert.equal(shortId(`receipt_${'ab'.repeat(16)}`), 'receipt_abababababab');
  assert.equal(shortId('anything'), 'anything');
});

test('too short, unknown and ambiguous are told apart', () => {
  const ids = [`sha256:${'a'.repeat(64)}`, `sha256:${'a'.repeat(63)}b`];
  const codeOf = (given: string) => {
    const found = matchId(given, ids);
    return found.ok ? 'ok' : found.error.code;
  };
  assert.equal(codeOf('aaa'), 'id.too_short');
  assert.equal(codeOf(''), 'id.too_short');
  assert.equal(codeOf('sha256:'), 'id.too_short');
  assert.equal(codeOf('bbbb'), 'id.unknown');
  assert.equal(codeOf('aaaaaaaa'), 'id.ambiguous');
  assert.equal(codeOf(`sha256:${'a'.repeat(64)}`), 'ok');
});
