import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeUtf8, encodeUtf8 } from '@ioi/basis';
import { dsseSignedBytes } from './dsse.ts';

test('the vector of the DSSE protocol comes out', () => {
  const signed = dsseSignedBytes('http://example.com/HelloWorld', encodeUtf8('hello world'));
  assert.equal(decodeUtf8(signed), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

test('lengths are those of bytes, so no two payloads are signed alike', () => {
  assert.equal(decodeUtf8(dsseSignedBytes('\u00e9', encodeUtf8('\u00e9'))), 'DSSEv1 2 é 2 é');
  assert.equal(decodeUtf8(dsseSignedBytes('', new Uint8Array())), 'DSSEv1 0  0 ');
});
