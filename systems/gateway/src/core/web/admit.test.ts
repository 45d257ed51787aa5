import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUrl } from '@ioi/basis';
import fc from 'fast-check';
import { type Arrived, admitHead, placeOf } from './admit.ts';
import { schemeOf } from './first-bytes.ts';
import type { Place } from './web-act.ts';

const place: Place = { scheme: 'https', host: 'a.example', port: 443 };
const arrived: Arrived = { place, method: 'GET', target: '/', headers: [['host', 'a.example']] };

function codeOf(about: Partial<Arrived>): string {
  const admitted = admitHead({ ...arrived, ...about });
  return admitted.ok ? admitted.value.url : admitted.error.code;
}

const beside = (name: string, value: string): Partial<Arrived> => ({
  headers: [...arrived.headers, [name, value]],
});

test('a request is what its canonical address says', () => {
  assert.equal(codeOf({ target: '/a/../b?c=d' }), 'https://a.example/b?c=d');
  assert.equal(codeOf({ target: 'https://a.example/c' }), 'https://a.example/c');
  const plain = { place: undefined, target: 'http://a.example/d' };
  assert.equal(codeOf(plain), 'http://a.example/d');
  const other = { scheme: 'http', host: '[2001:db8::1]', port: 8080 } as const;
  const named = [['host', '[2001:db8::1]:8080']] as const;
  assert.equal(codeOf({ place: other, headers: named }), 'http://[2001:db8::1]:8080/');
});

test('what can be read in two ways is refused by name', () => {
  const length = ['content-length', '3'] as const;
  const chunked = ['transfer-encoding', 'chunked'] as const;
  assert.equal(codeOf({ headers: [...arrived.headers, length, chunked] }), 'web.smuggling');
  assert.equal(codeOf({ headers: [...arrived.headers, length, length] }), 'web.smuggling');
  assert.equal(codeOf(beside('transfer-encoding', 'gzip, chunked')), 'web.smuggling');
  assert.equal(codeOf(beside('x-http-method-override', 'DELETE')), 'web.method_override');
  assert.equal(codeOf(beside('x-a', 'b\u0000')), 'web.malformed');
  assert.equal(codeOf({ target: '/a b' }), 'web.malformed');
  assert.equal(codeOf({ target: '/a#b' }), 'web.malformed');
  assert.equal(codeOf({ target: '*' }), 'web.malformed');
  assert.equal(codeOf({ target: `/${'a'.repeat(9000)}` }), 'web.headers_too_large');
});

test('what leads elsewhere than its connection is refused', () => {
  assert.equal(codeOf({ target: 'https://b.example/' }), 'web.host_mismatch');
  assert.equal(codeOf({ target: 'https://a.example:444/' }), 'web.host_mismatch');
  assert.equal(codeOf({ target: 'http://a.example/' }), 'web.malformed');
  assert.equal(codeOf({ target: 'https://u:p@a.example/' }), 'web.malformed');
  for (const host of ['b.example', 'a.example:444', 'u@a.example', 'a.example/x', '']) {
    assert.equal(codeOf({ headers: [['host', host]] }), 'web.host_mismatch', host);
  }
  assert.equal(codeOf({ headers: [] }), 'web.host_mismatch');
  assert.equal(codeOf(beside('host', 'a.example')), 'web.host_mismatch');
  assert.equal(codeOf({ place: undefined, target: '/' }), 'web.malformed');
  assert.equal(codeOf({ place: undefined, target: 'https://a.example/' }), 'web.malformed');
});

test('a header that says another address is refused, however it is spelt', () => {
  for (const name of ['x-original-url', 'x_rewrite_url', 'x-forwarded-host', 'forwarded']) {
    assert.equal(codeOf(beside(name, '/admin')), 'web.address_override', name);
  }
  assert.equal(codeOf(beside('x_http_method_override', 'DELETE')), 'web.method_override');
  assert.equal(codeOf(beside('transfer_encoding', 'chunked')), 'web.smuggling');
  assert.equal(codeOf(beside('content_length', '3')), 'web.smuggling');
  assert.equal(codeOf(beside('x_own', '/')), 'https://a.example/');
});

test('a read has no body', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    for (const more of [beside('content-length', '3'), beside('transfer-encoding', 'chunked')]) {
      assert.equal(codeOf({ ...more, method }), 'web.read_with_body');
    }
    assert.equal(codeOf({ ...beside('content-length', '0'), method }), 'https://a.example/');
  }
});

test('methods and protocols that are not carried are refused by name', () => {
  for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'get']) {
    assert.equal(codeOf({ method }), 'web.method_unknown');
  }
  assert.equal(codeOf(beside('upgrade', 'spdy')), 'web.upgrade_refused');
  // Whoever offers it takes an answer without it (RFC 9110 7.8).
  assert.equal(codeOf(beside('upgrade', 'h2c')), 'https://a.example/');
});

test('a WebSocket is asked for as RFC 6455 has it, or refused', () => {
  const asked = [
    ...arrived.headers,
    ...[['upgrade', 'WebSocket'] as const, ['connection', 'keep-alive, Upgrade'] as const],
    ...[['sec-websocket-version', '13'] as const],
    ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='] as const,
  ];
  const admitted = admitHead({ ...arrived, headers: asked });
  assert.ok(admitted.ok && admitted.value.isSocket);
  const names = admitted.value.headers.map(([name]) => name);
  assert.deepEqual(names, ['sec-websocket-version', 'sec-websocket-key']);
  for (const name of ['connection', 'sec-websocket-version', 'sec-websocket-key']) {
    const headers = asked.filter(([each]) => each !== name);
    assert.equal(codeOf({ headers }), 'web.upgrade_refused', name);
  }
  assert.equal(codeOf({ headers: asked, method: 'POST' }), 'web.upgrade_refused');
  const both = [...asked, ['upgrade', 'h2c'] as const];
  assert.equal(codeOf({ headers: both }), 'web.upgrade_refused');
});

test('headers of a connection stay with it', () => {
  const headers = [
    ...arrived.headers,
    ...[['connection', 'close, X-Own'] as const, ['x-own', '1'] as const],
    ...[['proxy-authorization', 'Basic eA=='] as const, ['te', 'trailers'] as const],
    ['accept', '*/*'] as const,
  ];
  const admitted = admitHead({ ...arrived, headers });
  assert.deepEqual(admitted.ok && admitted.value.headers, [['accept', '*/*']]);
});

test('a tunnel leads to a host and a port, however they are written', () => {
  assert.deepEqual(placeOf('A.Example:443'), { host: 'a.example', port: 443 });
  assert.deepEqual(placeOf('3221225986:80'), { host: '192.0.2.2', port: 80 });
  assert.deepEqual(placeOf('[2001:DB8::1]:80'), { host: '[2001:db8::1]', port: 80 });
  for (const bad of ['a', 'a:0', 'a:70000', 'a:b', 'a:80/x', 'u@a:80', '[::1:80', 'a b:1', '']) {
    assert.equal(placeOf(bad), undefined, bad);
  }
});

test('a tunnel carries HTTP, and to the port of TLS nothing else', () => {
  assert.deepEqual(schemeOf(0x16, 443), { ok: true, value: 'https' });
  assert.deepEqual(schemeOf(0x16, 8443), { ok: true, value: 'https' });
  assert.deepEqual(schemeOf(0x47, 80), { ok: true, value: 'http' });
  const codes = [schemeOf(0x47, 443), schemeOf(0x00, 80), schemeOf(0x80, 80)];
  const refused = codes.map((each) => (each.ok ? '' : each.error.code));
  assert.deepEqual(refused, ['web.not_tls', 'web.not_http', 'web.not_http']);
});

test('whatever is admitted goes where its connection goes', () => {
  const text = fc.string({ maxLength: 24, unit: 'binary' });
  const target = fc.oneof(text, fc.webUrl({ withQueryParameters: true }), fc.webPath());
  const host = fc.oneof(fc.constant('a.example'), fc.domain(), text);
  fc.assert(
    fc.property(target, host, (given, named) => {
      const admitted = admitHead({ ...arrived, target: given, headers: [['host', named]] });
      if (!admitted.ok) return;
      const url = parseUrl(admitted.value.url);
      assert.ok(url && url.hostname === 'a.example' && url.port === '' && url.username === '');
      assert.equal(url.protocol, 'https:');
      assert.equal(url.href, admitted.value.url);
    }),
    { numRuns: 2000 },
  );
});
