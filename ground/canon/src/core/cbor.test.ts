import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cbor, CborTag, cborBytes } from './cbor.ts';

const hex = (value: Cbor): string => Buffer.from(cborBytes(value)).toString('hex');

test('the examples of RFC 8949 come out', () => {
  // Appendix A, those of the kinds that are written here.
  const examples: readonly (readonly [Cbor, string])[] = [
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [255, '18ff'],
    [256, '190100'],
    [1000, '1903e8'],
    [65_536, '1a00010000'],
    [1_000_000, '1a000f4240'],
    [1_000_000_000_000, '1b000000e8d4a51000'],
    [-1, '20'],
    [-10, '29'],
    [-100, '3863'],
    [-1000, '3903e7'],
    [null, 'f6'],
    [new CborTag(1, 1_363_896_240), 'c11a514b67b0'],
    [new Uint8Array(), '40'],
    [new Uint8Array([1, 2, 3, 4]), '4401020304'],
    ['', '60'],
    ['IETF', '6449455446'],
    ['\u6c34', '63e6b0b4'],
    [[], '80'],
    [[1, [2, 3], [4, 5]], '8301820203820405'],
    [new Map(), 'a0'],
    [
      new Map<string, Cbor>([
        ['a', 1],
        ['b', [2, 3]],
      ]),
      'a26161016162820203',
    ],
  ];
  for (const [value, bytes] of examples) assert.equal(hex(value), bytes);
});

test('the keys of a map stand in the order of their bytes, however they were given', () => {
  // RFC 8949 4.2.1: its own example, without the keys that are no numbers and texts.
  const given: readonly (number | string)[] = ['aa', 100, 'z', -1, 10];
  const map = new Map(given.map((key) => [key, 0] as const));
  assert.equal(hex(map), 'a50a001864002000617a0062616100');
  assert.throws(() => cborBytes(0.5), /whole/);
});
