import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as browser from './browser.ts';
import type * as contract from './contract.d.ts';
import * as node from './node.ts';

const platforms: readonly (typeof contract)[] = [node, browser];
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
const bytes = fc.uint8Array({ maxLength: 300 });

test('both platforms encode and decode UTF-8 alike', () => {
  fc.assert(
    fc.property(text, (value) => {
      deepEqual(node.encodeUtf8(value), browser.encodeUtf8(value));
      const encoded = node.encodeUtf8(value);
      for (const platform of platforms) equal(platform.decodeUtf8(encoded), value.toWellFormed());
    }),
  );
  fc.assert(
    fc.property(bytes, (value) => {
      equal(node.decodeUtf8(value), browser.decodeUtf8(value));
    }),
  );
});

test('broken UTF-8 decodes to nothing, a byte order mark stays', () => {
  const broken = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]];
  for (const platform of platforms) {
    for (const sequence of broken) equal(platform.decodeUtf8(Uint8Array.from(sequence)), undefined);
    equal(platform.decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), '\ufeffA');
    equal(platform.decodeUtf8(new Uint8Array()), '');
  }
});

test('lone surrogates encode as the replacement character', () => {
  for (const platform of platforms) {
    deepEqual(platform.encodeUtf8('\ud800'), Uint8Array.of(0xef, 0xbf, 0xbd));
  }
});

test('decoding reads the view it was given, not its buffer', () => {
  const backing = Uint8Array.of(0x78, 0x41, 0x42, 0x78);
  for (const platform of platforms) {
    const view = backing.subarray(1, 3);
    equal(platform.decodeUtf8(view), 'AB');
    equal(platform.encodeBase64(view), 'QUI=');
    equal(platform.encodeHex(view), '4142');
  }
});

test('base64 and hexadecimal have one spelling for each value', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      equal(node.encodeBase64(value), browser.encodeBase64(value));
      equal(node.encodeHex(value), browser.encodeHex(value));
      for (const platform of platforms) {
        deepEqual(platform.decodeBase64(platform.encodeBase64(value)), value);
        deepEqual(platform.decodeHex(platform.encodeHex(value)), value);
      }
    }),
  );
  const loose64 = [
    'QQ',
    'QQ=',
    'QR==',
    'Q Q==',
    'QQ==\n',
    'QUI',
    '-_8=',
    '=',
    'Q===',
    'QQ==QQ==',
    'é',
  ];
  const looseHex = ['A1', '0', '0g', ' 00', '00 ', '0x00', '00\n', 'é'];
  for (const platform of platforms) {
    for (const value of loose64) equal(platform.decodeBase64(value), undefined, value);
    for (const value of looseHex) equal(platform.decodeHex(value), undefined, value);
  }
});

test('both platforms refuse and accept the same base64', () => {
  const alphabet = fc.string({ unit: fc.constantFrom(...'AQgw+/=-_ \n'), maxLength: 12 });
  fc.assert(
    fc.property(alphabet, (value) => {
      deepEqual(node.decodeBase64(value), browser.decodeBase64(value));
      deepEqual(node.decodeHex(value), browser.decodeHex(value));
    }),
  );
});

test('base64 of a large array does not exhaust the stack', () => {
  const large = new Uint8Array(1_000_000).fill(0xa5);
  equal(browser.encodeBase64(large), node.encodeBase64(large));
});

test('a URL is taken apart as browsers do', () => {
  for (const platform of platforms) {
    deepEqual(platform.parseUrl('HTTPS://u:p@BÜCHER.example:443/a/../b?q=1#f'), {
      protocol: 'https:',
      hostname: 'xn--bcher-kva.example',
      port: '',
      pathname: '/b',
      search: '?q=1',
      href: 'https://u:p@xn--bcher-kva.example/b?q=1#f',
      username: 'u',
      password: 'p',
    });
    equal(platform.parseUrl('http://0x7f.1/')?.hostname, '127.0.0.1');
    for (const none of ['', '/relative', 'http://', 'http://a b/', 'http://[::1', 'http://%00/']) {
      equal(platform.parseUrl(none), undefined, none);
    }
  }
});
