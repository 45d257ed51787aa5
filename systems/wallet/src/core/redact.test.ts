import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Redactor, redactText } from './redact.ts';

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const textOf = (pieces: readonly Uint8Array[]): string => Buffer.concat(pieces).toString('latin1');

function redacted(chunks: readonly string[], secrets: readonly string[]): string {
  const redactor = new Redactor(secrets);
  const pieces = chunks.map((chunk) => redactor.push(bytesOf(chunk)));
  return textOf([...pieces, redactor.end()]);
}

function cutAt(text: string, places: readonly number[]): string[] {
  const cuts = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [...cuts, text.length].map((end, at) => text.slice(cuts[at - 1] ?? 0, end));
}

test('a secret is taken out however the stream is cut', () => {
  // Two letters, so that beginnings, overlaps and repetitions of secrets are everywhere.
  const letters = (from: number, to: number) =>
    fc.string({ unit: fc.constantFrom('a', 'b'), minLength: from, maxLength: to });
  const secrets = fc.array(letters(2, 5), { minLength: 1, maxLength: 3 });
  const cuts = fc.array(fc.nat());
  fc.assert(
    fc.property(letters(0, 60), secrets, cuts, (text, hidden, places) => {
      const whole = redacted([text], hidden);
      equal(redacted(cutAt(text, places), hidden), whole);
      const left = whole.split('[redacted]');
      for (const secret of hidden)
        equal(
          left.some((each) => each.includes(secret)),
          false,
        );
    }),
    { numRuns: 2000 },
  );
});

test('what holds no secret comes through as it is, byte for byte', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
      const redactor = new Redactor(['a-secret-that-is-not-there']);
      const pieces = chunks.map((chunk) => redactor.push(chunk));
      deepEqual(Buffer.concat([...pieces, redactor.end()]), Buffer.concat(chunks));
    }),
  );
});

test('only an end that may go on as a secret is held back', () => {
  const redactor = new Redactor(['planted-secret']);
  equal(textOf([redactor.push(bytesOf('data: {"a":1}\n\n'))]), 'data: {"a":1}\n\n');
  equal(textOf([redactor.push(bytesOf('x plan'))]), 'x ');
  equal(textOf([redactor.push(bytesOf('ted-secre'))]), '');
  equal(textOf([redactor.push(bytesOf('t y'))]), '[redacted] y');
  equal(textOf([redactor.push(bytesOf('planted-'))]), '');
  equal(textOf([redactor.end()]), 'planted-');
});

test('of two secrets the longer is taken first, and a header none is left in', () => {
  equal(
    redactText('a token-long b token c', ['token', 'token-long']),
    'a [redacted] b [redacted] c',
  );
  equal(redacted(['a token-l', 'ong b'], ['token', 'token-long']), 'a [redacted] b');
  equal(redacted(['a token', '-lo'], ['token', 'token-long']), 'a [redacted]-lo');
  equal(redactText('nothing', ['', 'other']), 'nothing');
});
