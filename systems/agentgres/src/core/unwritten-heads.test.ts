import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sealed } from './ports.ts';
import { UnwrittenHeads } from './unwritten-heads.ts';

function sealed(seq: number, heads: Readonly<Record<string, string | undefined>>): Sealed {
  const changes = Object.entries(heads).map(([id, value]) => ({ headClass: 'a', id, value, seq }));
  const watermark = { size: seq + 1, peaks: [] };
  return { changes, watermark, references: [{ reference: `op_${seq}`, seq }] };
}

test('heads of several commits are written as one: the last of each, with every reference', () => {
  const heads = new UnwrittenHeads();
  assert.equal(heads.take(), undefined);
  heads.add(sealed(0, { x: '1', y: '1' }), 1);
  heads.add(sealed(1, { x: undefined, z: '2' }), 1);
  heads.add(sealed(2, { z: '3' }), 1);
  const taken = heads.take();
  assert.deepEqual(taken?.changes, [
    { headClass: 'a', id: 'x', value: undefined, seq: 1 },
    { headClass: 'a', id: 'y', value: '1', seq: 0 },
    { headClass: 'a', id: 'z', value: '3', seq: 2 },
  ]);
  assert.equal(taken?.watermark.size, 3);
  assert.deepEqual(
    taken?.references.map(({ seq }) => seq),
    [0, 1, 2],
  );
  assert.equal(heads.take(), undefined);
});

test('heads wait until there are many', () => {
  const heads = new UnwrittenHeads();
  heads.add(sealed(0, { x: '1' }), 255);
  assert.ok(!heads.areMany);
  heads.add(sealed(1, { x: '2' }), 1);
  assert.ok(heads.areMany);
  heads.take();
  assert.ok(!heads.areMany);
});
