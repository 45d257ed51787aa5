import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { requestOf } from '../../testing/index.ts';
import { subjectOf } from '../policy/index.ts';
import { ANYTHING, resourceIncludes, resourcesOf } from './resources.ts';

const part = fc.constantFrom('a', 'b', 'src', '%2A');
const place = fc.array(part, { maxLength: 3 }).map((parts) => `file:///${parts.join('/')}`);
const ending = fc.constantFrom('', '/*', '/**');
const pattern = fc.tuple(place, ending).map(([at, end]) => at.replace(/\/$/, '') + (end || ''));

test('inclusion of resources is a partial order, and what it includes it matches', () => {
  fc.assert(
    fc.property(pattern, pattern, place, (outer, inner, at) => {
      assert.ok(resourceIncludes(outer, outer));
      if (resourceIncludes(outer, inner) && resourceIncludes(inner, at)) {
        assert.ok(resourceIncludes(outer, at), `${outer} ${inner} ${at}`);
      }
    }),
    { numRuns: 20_000 },
  );
});

test('a wildcard stands for one step or for all that lies at or below', () => {
  const cases: [string, string, boolean][] = [
    ['file:///a/**', 'file:///a', true],
    ['file:///a/**', 'file:///a/b/c', true],
    ['file:///a/**', 'file:///ab', false],
    ['file:///a/*', 'file:///a/b', true],
    ['file:///a/*', 'file:///a', false],
    ['file:///a/*', 'file:///a/b/c', false],
    ['file:///a/*', 'file:///a/**', false],
    ['file:///a/*', 'file:///a/b/**', false],
    ['file:///a', 'file:///a/**', false],
    ['https://a/**', 'https://ab/c', false],
    ['https://a/**', 'http://a/c', false],
  ];
  for (const [outer, inner, is] of cases) assert.equal(resourceIncludes(outer, inner), is, inner);
});

test('an act is about its canonical paths and addresses, else about its tool', () => {
  const tool = { server: 'mail', tool: 'send it' };
  const about = (target: string, params: object, facts = {}) => {
    const request = requestOf(target, params, 1);
    return resourcesOf(request, subjectOf(request, facts), tool);
  };
  assert.deepEqual(about('fs::write', { path: '/a//b/./c d*' }), ['file:///a/b/c%20d%2A']);
  assert.deepEqual(about('fs::delete', { path: '/a' }), ['file:///a/**']);
  assert.deepEqual(about('fs::list', { path: '/' }), ['file:///**']);
  assert.deepEqual(about('fs::write', { path: '/a/../b' }), [ANYTHING]);
  assert.deepEqual(about('fs::write', { paths: '/a' }), [ANYTHING]);
  const url = 'HTTPS://Example.COM:443/a%20b/c?q=1';
  assert.deepEqual(about('net::fetch', { url }), ['https://example.com/a%20b/c']);
  assert.deepEqual(about('net::fetch', { url: 'http://a:81/' }), ['http://a:81/']);
  assert.deepEqual(about('net::fetch', { url: 'https://a/%2e%2e/b%2fc' }), [ANYTHING]);
  assert.deepEqual(about('net::fetch', { url: 'https://a/', host: 'b' }), [ANYTHING]);
  assert.deepEqual(about('net::fetch', { host: 'A' }), ['host://a/**']);
  const port = (params: object) => about('net::fetch', { host: 'a', ...params });
  assert.deepEqual(port({ port: 8443 }), ['host://a:8443/**']);
  assert.deepEqual(port({ protocol: 'https', port: 8443 }), ['https://a:8443/**']);
  assert.deepEqual(port({ protocol: 'https', port: 443 }), ['https://a/**']);
  assert.deepEqual(port({ port: 'any' }), [ANYTHING]);
  assert.deepEqual(port({ protocol: 7 }), [ANYTHING]);
  assert.deepEqual(about('mail::send', { to: 'a' }), ['tool://mail/send%20it']);
  assert.equal(
    about('fs::read', { paths: Array.from({ length: 65 }, (_, at) => `/${at}`) })[0],
    ANYTHING,
  );
});
