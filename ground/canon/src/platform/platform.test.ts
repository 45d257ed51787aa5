import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as browser from './browser.ts';
import type * as contract from './contract.d.ts';
import * as node from './node.ts';

const platforms: readonly (typeof contract)[] = [node, browser];

test('both platforms hash alike', () => {
  const data = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }),
  );
  fc.assert(
    fc.property(data, (value) => {
      deepEqual(node.sha256(value), browser.sha256(value));
      equal(node.sha256Hex(value), browser.sha256Hex(value));
      equal(Buffer.from(node.sha256(value)).toString('hex'), node.sha256Hex(value));
    }),
  );
});

test('a text hashes the same piece by piece', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (pieces) => {
      for (const platform of platforms) {
        const state = platform.hashing();
        for (const piece of pieces) state.add(piece);
        equal(state.hex(), platform.sha256Hex(pieces.join('')));
      }
    }),
  );
});

test('SHA-256 is the one of FIPS 180-4', () => {
  for (const platform of platforms) {
    equal(
      platform.sha256Hex('abc'),
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  }
});

test('a digest owns its memory', () => {
  for (const platform of platforms) {
    const digest = platform.sha256('abc');
    equal(digest.buffer.byteLength, 32);
  }
});
