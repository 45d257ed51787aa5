import assert from 'node:assert/strict';
import { test } from 'node:test';
import { govern, richLog, smallLog } from '@ioi/law/testing';
import { changedBytes, changedLines, sweep, tellingPositions, truncations } from './index.ts';

const encoder = new TextEncoder();
const small = encoder.encode(await smallLog().node.export());
const rich = encoder.encode(await richLog().node.export());
const governed = encoder.encode(await govern(smallLog()).node.export());

/** Varies from byte to byte, so that neighbours are not all changed alike. */
const flip = (position: number): number => 1 << ((position * 7) % 8);

function every(step: number, size: number): number[] {
  return Array.from({ length: Math.floor(size / step) }, (_, index) => index * step);
}

/** Each of them is changed by `npm run evidence -- sweep`. */
test('every byte of an export is covered, of keys and signatures every eighth', () => {
  const positions = tellingPositions(small);
  const result = sweep(changedBytes(small, positions, flip));
  assert.deepEqual(result.accepted, []);
  assert.equal(result.tried, positions.length);
  assert.ok(positions.length > small.length / 4, 'most of a file is no signature');
});

test('bytes all over an export of everything are covered', () => {
  const positions = every(149, rich.length);
  const result = sweep(changedBytes(rich, positions, (position) => position % 255));
  assert.deepEqual(result.accepted, []);
  assert.ok(result.tried > 500);
});

test('bytes all over an export of governance are covered', () => {
  const positions = every(797, governed.length);
  const result = sweep(changedBytes(governed, positions, (position) => position % 255));
  assert.deepEqual(result.accepted, []);
  assert.ok(result.tried > 200);
});

test('no line can be dropped, repeated or moved', () => {
  for (const file of [small, rich]) {
    const result = sweep(changedLines(file));
    assert.deepEqual(result.accepted, []);
    assert.ok(result.tried > 40);
  }
});

test('no export can be cut short', () => {
  for (const file of [small, rich]) {
    const result = sweep(truncations(file, every(997, file.length)));
    assert.deepEqual(result.accepted, []);
    assert.ok(result.tried > 40);
  }
});

test('a file that was not altered is what a sweep reports', () => {
  const result = sweep([{ name: 'as it was', bytes: small }]);
  assert.deepEqual(result.accepted, [{ name: 'as it was' }]);
});
