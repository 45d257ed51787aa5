import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { admitStream } from './h2-head.ts';
import type { Place, WebHeader } from './web-act.ts';

const place: Place = { scheme: 'https', host: 'a.example', port: 443 };
const ASKED: WebHeader[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'a.example'],
  [':path', '/x'],
];

function codeOf(...more: WebHeader[]): string {
  const names = more.map(([name]) => name);
  const head = admitStream(place, [...ASKED.filter(([name]) => !names.includes(name)), ...more]);
  return head.ok ? `${head.value.method} ${head.value.url}` : head.error.code;
}

test('a stream is read as the one request it can mean', () => {
  assert.equal(codeOf(), 'GET https://a.example/x');
  assert.equal(codeOf(['host', 'a.example']), 'GET https://a.example/x');
  assert.equal(codeOf([':path', 'https://b.example/']), 'web.malformed');
  assert.equal(codeOf([':path', '/x'], [':path', '/y']), 'web.malformed');
  assert.equal(codeOf([':path', '*'], [':method', 'OPTIONS']), 'web.malformed');
  assert.equal(codeOf([':else', 'x']), 'web.malformed');
  assert.equal(codeOf([':authority', 'b.example']), 'web.host_mismatch');
  assert.equal(codeOf(['host', 'b.example']), 'web.host_mismatch');
  assert.equal(codeOf([':authority', 'a.example:444']), 'web.host_mismatch');
  assert.equal(codeOf([':authority', 'user@a.example']), 'web.host_mismatch');
  assert.equal(codeOf([':scheme', 'http']), 'web.host_mismatch');
  assert.equal(codeOf([':method', 'CONNECT']), 'web.malformed');
  assert.equal(codeOf([':method', 'CONNECT'], [':protocol', 'websocket']), 'web.upgrade_refused');
  assert.equal(codeOf(['content-type', 'application/grpc']), 'web.grpc_refused');
  assert.equal(codeOf(['content-length', '1'], ['content-length', '2']), 'web.smuggling');
  assert.equal(codeOf(['x-a', 'y'.repeat(40_000)]), 'web.headers_too_large');
});

test('cookies in pieces are the one header they are over HTTP/1.1', () => {
  const head = admitStream(place, [...ASKED, ['cookie', 'a=1'], ['cookie', 'b=2']]);
  assert.ok(head.ok);
  assert.deepEqual(head.value.headers, [['cookie', 'a=1; b=2']]);
});

test('whatever a stream says, it leads nowhere but where its tunnel does', () => {
  const names = fc.constantFrom(
    ...[':path', ':authority', ':scheme', ':method', ':protocol', 'host', 'cookie', 'te'],
    ...['transfer-encoding', 'content-length', 'upgrade', 'x-forwarded-host', 'content_length'],
  );
  const values = fc.oneof(
    fc.constantFrom('/', '//b.example/', '/a@b', 'a.example', 'b.example', 'chunked', '0', '1'),
    fc.string({ maxLength: 12 }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(names, values), { maxLength: 6 }), (more) => {
      const head = admitStream(place, [...ASKED, ...more]);
      if (!head.ok) return assert.match(head.error.code, /^web\.[a-z0-9_]+$/);
      assert.ok(head.value.url.startsWith('https://a.example/'), head.value.url);
      assert.ok(head.value.headers.every(([name]) => !name.startsWith(':') && name !== 'host'));
    }),
    { numRuns: 3000 },
  );
});
