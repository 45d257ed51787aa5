import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { formsOf } from './forms.ts';
import { scrub } from './scrub.ts';

const inflate = (bytes: Uint8Array): Uint8Array | undefined => {
  try {
    return gunzipSync(bytes);
  } catch {
    return undefined;
  }
};
const hex = (text: string): string => Buffer.from(text).toString('hex');
const percent = (text: string): string => hex(text).replaceAll(/../g, '%$&');
const base64 = (text: string | Buffer): string => Buffer.from(text as string).toString('base64');

const WAYS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  base64: (secret) => base64(`a${secret}b`),
  base64url: (secret) => Buffer.from(`ab${secret}`).toString('base64url'),
  wrapped: (secret) => base64(`before ${secret} after`).replaceAll(/.{16}/g, '$&\r\n'),
  hex,
  percent,
  some: (secret) => secret.replaceAll(/[%a-m]/g, percent),
  json: (secret) => secret.replaceAll(/./g, (each) => `\\u00${hex(each)}`),
  quoted: (secret) => JSON.stringify(JSON.stringify(secret)),
  html: (secret) => secret.replaceAll(/./g, (each) => `&#x${hex(each)};`),
  nested: (secret) => encodeURIComponent(base64(JSON.stringify({ a: percent(secret) }))),
  packed: (secret) => base64(gzipSync(secret)),
};

test('a secret is taken out however an answer spells it', () => {
  const letter = fc.constantFrom(...'abcxyzABCXYZ0189/+=&%"\\-_.');
  const secrets = fc.string({ unit: letter, minLength: 10, maxLength: 60 });
  fc.assert(
    fc.property(secrets, fc.constantFrom(...Object.keys(WAYS)), (secret, way) => {
      const spelt = (WAYS[way] as (text: string) => string)(secret);
      const clean = scrub(`before ${spelt} after`, [secret], inflate);
      equal(clean.includes('[redacted]'), true, `${way}: ${clean}`);
      for (const form of formsOf(secret)) equal(clean.includes(form), false, `${way}: ${form}`);
    }),
    { numRuns: 1000 },
  );
});

test('what holds no secret is told as it came', () => {
  for (const text of [
    '&#A',
    '&#x',
    '&#xg',
    '&#;',
    '&#9999999;',
    '&#xffffff',
    '%G0',
    '\\u',
    '&#65A',
  ]) {
    equal(scrub(text, ['a-secret-that-is-not-there'], inflate), text);
  }
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      equal(scrub(text, ['a-secret-that-is-not-there'], inflate), text);
    }),
  );
});
