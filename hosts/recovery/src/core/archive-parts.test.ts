import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsIn, spanOf } from './archive-parts.ts';

const [one, other] = ['a', 'b'].map((digit) => digit.repeat(64)) as [string, string];

test('what an archive claims to hold is what can be, or nothing', () => {
  assert.deepEqual(spanOf({ bytes: 5 }), { log: 5, end: 5 });
  const along = { bytes: 5, parts_bytes: 7, list_bytes: 2 };
  assert.deepEqual(spanOf(along), { log: 5, list: { from: 12, parts: 7 }, end: 14 });
  for (const bad of [
    {},
    { bytes: -1 },
    { bytes: 0.5 },
    { ...along, parts_bytes: Number.MAX_SAFE_INTEGER },
    { ...along, list_bytes: 2 ** 30 },
    { bytes: 5, parts_bytes: 7 },
    { bytes: 5, list_bytes: 7 },
  ]) {
    assert.equal(spanOf(bad as never), undefined, JSON.stringify(bad));
  }
});

test('a list names each part once, with all the bytes there are and no path', () => {
  const list = [
    { sha256: one, bytes: 3 },
    { sha256: other, bytes: 4 },
  ];
  assert.deepEqual(partsIn(list, { parts: 7 }), list);
  for (const bad of [
    undefined,
    {},
    [...list, list[0]],
    [{ sha256: '../../etc/passwd', bytes: 7 }],
    [{ sha256: one, bytes: 8 }],
    [
      { sha256: one, bytes: -1 },
      { sha256: other, bytes: 8 },
    ],
    [{ sha256: one.toUpperCase(), bytes: 7 }],
  ]) {
    assert.equal(partsIn(bad, { parts: 7 }), undefined, JSON.stringify(bad));
  }
});
