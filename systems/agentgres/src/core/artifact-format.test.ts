import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { cidOf, digestBytes } from '@ioi/canon';
import * as fc from 'fast-check';
import { openChunk, sealChunk } from './artifact-format.ts';

const key = new Uint8Array(32).fill(7);
const place = { digest: digestBytes('object'), index: 3, isLast: false };

test('a chunk opens at its own place, under its own key, and nowhere else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(), (chunk, at) => {
      const sealed = sealChunk(key, place, chunk);
      assert.deepEqual(openChunk(key, place, sealed), chunk);
      for (const other of [
        { ...place, index: 4 },
        { ...place, isLast: true },
        { ...place, digest: digestBytes('another') },
      ]) {
        assert.equal(openChunk(key, other, sealed), undefined);
      }
      assert.equal(openChunk(new Uint8Array(32), place, sealed), undefined);
      const altered = sealed.with(at % sealed.length, (sealed[at % sealed.length] ?? 0) ^ 1);
      assert.equal(openChunk(key, place, altered), undefined);
      assert.equal(openChunk(key, place, sealed.subarray(0, at % sealed.length)), undefined);
    }),
  );
});

test('a CID is the digest in the spelling that other systems use', () => {
  // Computed by another program, from the CID specification: version 1, raw, SHA-256.
  const hello = 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e';
  assert.equal(cidOf(digestBytes(encodeUtf8('hello world'))), hello);
  const empty = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
  assert.equal(cidOf(digestBytes('')), empty);
});
