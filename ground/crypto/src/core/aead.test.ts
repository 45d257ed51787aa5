import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFault, decodeHex, encodeHex, encodeUtf8 } from '@ioi/basis';
import fc from 'fast-check';
import { openAead, sealAead } from './aead.ts';

const context = {
  key: new Uint8Array(32).fill(1),
  nonce: new Uint8Array(24).fill(2),
  associatedData: encodeUtf8('header'),
};

test('what is sealed opens again, and only unchanged', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(), (plaintext, at) => {
      const sealed = sealAead(context, plaintext);
      deepEqual(openAead(context, sealed), plaintext);
      const changed = sealed.slice();
      changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ 1;
      equal(openAead(context, changed), undefined);
      equal(openAead(context, sealed.slice(0, -1)), undefined);
      equal(openAead({ ...context, associatedData: encodeUtf8('other') }, sealed), undefined);
      equal(openAead({ ...context, key: new Uint8Array(32) }, sealed), undefined);
      equal(openAead({ ...context, nonce: new Uint8Array(24) }, sealed), undefined);
    }),
  );
});

test('the cipher is XChaCha20-Poly1305', () => {
  const hex = (text: string): Uint8Array => decodeHex(text) ?? new Uint8Array();
  const draft = {
    key: hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f'),
    nonce: hex('404142434445464748494a4b4c4d4e4f5051525354555657'),
    associatedData: hex('50515253c0c1c2c3c4c5c6c7'),
  };
  const plaintext = encodeUtf8(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, " +
      'sunscreen would be it.',
  );
  equal(encodeHex(sealAead(draft, plaintext).slice(-16)), 'c0875924c1c7987947deafd8780acf49');
});

test('a key or nonce of another length is a bug', () => {
  throws(() => sealAead({ ...context, key: new Uint8Array(16) }, new Uint8Array()), AssertionFault);
  throws(
    () => openAead({ ...context, nonce: new Uint8Array(12) }, new Uint8Array()),
    AssertionFault,
  );
});
