import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUrl } from '@ioi/basis';
import * as fc from 'fast-check';
import { canonicalDomain, canonicalHost, hostOfUrl, isWithinDomain } from './host.ts';

test('hosts get the spelling of the WHATWG URL standard', () => {
  const cases: readonly [string, string | undefined][] = [
    ['Example.COM', 'example.com'],
    ['bücher.de', 'xn--bcher-kva.de'],
    ['BÜCHER.de', 'xn--bcher-kva.de'],
    ['example.com.', 'example.com'],
    ['ＧＯ.com', 'go.com'],
    ['0x7f.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['[::FFFF:1.2.3.4]', '[::ffff:102:304]'],
    ['ex%61mple.com', 'example.com'],
    ['a..b', undefined],
    ['.', undefined],
    ['', undefined],
    ['a b', undefined],
    ['a/b', undefined],
    ['user@a.com', undefined],
    ['a.com:8080', undefined],
    ['a.com:80', undefined],
    ['[::1]:80', undefined],
    ['a.com?x', undefined],
    ['a\u0000.com', undefined],
    ['1.2.3.4.5', undefined],
    ['*.com', '*.com'],
  ];
  for (const [given, wanted] of cases) {
    assert.equal(canonicalHost(given), wanted, JSON.stringify(given));
  }
});

test('the short way for plain hosts agrees with the URL parser', () => {
  const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,8}$/);
  const hosts = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  fc.assert(
    fc.property(hosts, (host) => {
      assert.equal(canonicalHost(host), parseUrl(`http://${host}/`)?.hostname);
    }),
    { numRuns: 3000 },
  );
});

test('a canonical host is its own canonical form', () => {
  fc.assert(
    fc.property(fc.oneof(fc.domain(), fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
      const host = canonicalHost(text);
      if (host !== undefined) assert.equal(canonicalHost(host), host);
    }),
    { numRuns: 3000 },
  );
});

test('only network URLs have a host to go by', () => {
  assert.equal(hostOfUrl('https://amazon.com@evil.com/'), 'evil.com');
  assert.equal(hostOfUrl('https://evil.com\\@amazon.com/'), 'evil.com');
  assert.equal(hostOfUrl('HTTPS://A.com.:443/x'), 'a.com');
  for (const url of ['file:///etc/passwd', 'foo://a.com/', 'a.com', '//a.com', 'https://', '']) {
    assert.equal(hostOfUrl(url), undefined, url);
  }
});

test('a domain stands for itself and the names below it', () => {
  assert.equal(canonicalDomain('*.Example.com'), 'example.com');
  assert.equal(canonicalDomain('.example.com'), 'example.com');
  for (const text of ['*', 'a.*.com', '*.*.com', '*example.com', '..a.com', 'https://a.com']) {
    assert.equal(canonicalDomain(text), undefined, text);
  }
  assert.ok(isWithinDomain('a.com', 'a.com'));
  assert.ok(isWithinDomain('b.a.com', 'a.com'));
  assert.ok(!isWithinDomain('ba.com', 'a.com'));
  assert.ok(!isWithinDomain('com', 'a.com'));
});
