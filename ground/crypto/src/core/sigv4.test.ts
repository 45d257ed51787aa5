import { equal, ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
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
    const bodyHash = createHash('sha256').update(body).digest('hex');
    const request = { method, path, query, headers, bodyHash };
    const authorization = sigv4(request, key);
    const expected = `SignedHeaders=${signed}, Signature=${signature}`;
    equal(authorization.slice(authorization.indexOf('SignedHeaders')), expected, name);
  }
});

test('a request to S3 is signed as its documentation says', () => {
  const bodyHash = createHash('sha256').digest('hex');
  const request = {
    method: 'GET',
    path: '/test.txt',
    query: [],
    headers: [
      ['host', 'examplebucket.s3.amazonaws.com'],
      ['range', 'bytes=0-9'],
      ['x-amz-content-sha256', bodyHash],
      ['x-amz-date', '20130524T000000Z'],
    ] as const,
    bodyHash,
  };
  const authorization = sigv4(request, {
    access_key_id: 'AKIAIOSFODNN7EXAMPLE',
    secret_access_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    region: 'us-east-1',
    service: 's3',
    date: '20130524T000000Z',
  });
  const signature = 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41';
  equal(authorization.slice(authorization.lastIndexOf('=') + 1), signature);
});
