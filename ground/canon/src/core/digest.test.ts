import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes, digestOf, isDigest } from './digest.ts';

const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('an artifact is named by the SHA-256 of its canonical bytes', () => {
  const ABC = 'sha256:43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777';
  deepEqual(digestOf({ b: 2, a: 1 }), { ok: true, value: ABC });
  equal(digestBytes('{"a":1,"b":2}'), ABC);
  equal(digestBytes(new TextEncoder().encode('{"a":1,"b":2}')), ABC);
  equal(digestBytes(''), EMPTY);
});

test('a value without canonical form has no digest', () => {
  const refused = digestOf({ at: [undefined] });
  equal(refused.ok ? '' : refused.error.pointer, '/at/0');
});

test('a digest has exactly one spelling', () => {
  equal(isDigest(EMPTY), true);
  const others = [
    EMPTY.toUpperCase(),
    `${EMPTY}\n`,
    ` ${EMPTY}`,
    EMPTY.slice(7),
    EMPTY.slice(0, -1),
    '',
    7,
  ];
  for (const other of others) equal(isDigest(other), false, String(other));
});
