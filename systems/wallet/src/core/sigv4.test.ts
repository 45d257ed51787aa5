import { equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sigv4 } from './sigv4.ts';

type Case = {
  readonly name: string;
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly signed: string;
  readonly signature: string;
};

/** The official test suite of AWS Signature Version 4, without its normalised paths. */
const url = new URL('./sigv4.vectors.json', import.meta.url);
const cases = JSON.parse(readFileSync(url, 'utf8')) as readonly Case[];
const key = {
  access_key_id: 'AKIDEXAMPLE',
  secret_access_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 'service',
  date: '20150830T123600Z',
};

test('every request of the AWS test suite is signed as it says', () => {
  ok(cases.length >= 16);
  for (const { name, method, uri, headers, body, signed, signature } of cases) {
    const [path = '/', search = ''] = uri.split('?');
    const parts = search === '' ? [] : search.split('&').map((each) => each.split('='));
    const query = parts.map(
      ([left = '', right = '']) => [decodeURIComponent(left), right] as const,
    );
    const request = { method, path, query, headers, body: Buffer.from(body) };
    const authorization = sigv4(request, key);
    const expected = `SignedHeaders=${signed}, Signature=${signature}`;
    equal(authorization.slice(authorization.indexOf('SignedHeaders')), expected, name);
  }
});
