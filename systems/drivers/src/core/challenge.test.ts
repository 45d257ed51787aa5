import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processorMs } from '@ioi/basis/testing';
import fc from 'fast-check';
import { readChallenge } from './challenge.ts';

test('what a login needs is read from the challenge', () => {
  const header =
    'Bearer error="insufficient_scope", scope="files:read files:write",' +
    ' resource_metadata="https://a.example/.well-known/oauth-protected-resource", realm=x';
  assert.deepEqual(readChallenge(header), {
    scheme: 'Bearer',
    resourceMetadata: 'https://a.example/.well-known/oauth-protected-resource',
    scope: 'files:read files:write',
    error: 'insufficient_scope',
  });
  assert.deepEqual(readChallenge('Basic'), { scheme: 'Basic' });
  assert.deepEqual(readChallenge('Bearer scope=a, scope="b"'), { scheme: 'Bearer', scope: 'a' });
  assert.deepEqual(readChallenge('Bearer scope="a\\"b"'), { scheme: 'Bearer', scope: 'a"b' });
  for (const nothing of [null, '', '"', '=?']) assert.deepEqual(readChallenge(nothing), {});
});

test('no header makes the reader throw or wait', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      for (const value of Object.values(readChallenge(`Bearer ${text}`))) {
        assert.ok(value.isWellFormed());
      }
    }),
  );
  const took = await processorMs(() => {
    readChallenge(`Bearer ${'a="\\'.repeat(100_000)}`);
    readChallenge(`Bearer ${'scope='.repeat(100_000)}`);
  });
  assert.ok(took < 1000, `${took} ms`);
});
