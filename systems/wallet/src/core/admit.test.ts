import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { admit, readTargets, type Target, type Wanted } from './admit.ts';

const URL_TEXT = 'https://mcp.example/v1/mcp';
const targets = readTargets([
  { server: 'mail', url: URL_TEXT, credential: 'mail' },
  { server: 'local', url: 'http://127.0.0.1:9000/mcp', credential: 'local' },
]) as readonly Target[];
const wanted: Wanted = { server: 'mail', url: URL_TEXT, method: 'POST', headers: [] };

function codeOf(change: Partial<Wanted>): string {
  const admitted = admit(targets, { ...wanted, ...change });
  return admitted.ok ? 'admitted' : admitted.error.code;
}

test('a request goes to the one URL of a known server, and to no other', () => {
  equal(codeOf({}), 'admitted');
  equal(codeOf({ url: 'https://MCP.example:443/v1/../v1/mcp' }), 'admitted');
  const others = [
    'https://evil.example/v1/mcp',
    'http://mcp.example/v1/mcp',
    'https://mcp.example:8443/v1/mcp',
    'https://mcp.example/v1/mcp/../admin',
    'https://mcp.example/v1/%2e%2e/admin',
    'https://mcp.example/v1/mcp?all=1',
    'https://mcp.example/v1/mcp#x',
    'https://mcp.example.evil.example/v1/mcp',
    'https://mcp.example@evil.example/v1/mcp',
    'https://user@mcp.example/v1/mcp',
    'http://127.0.0.1:9000/mcp',
    '//evil.example/v1/mcp',
    'undefined',
    '',
  ];
  for (const url of others) equal(codeOf({ url }), 'edge.other_url', url);
  equal(codeOf({ server: 'other' }), 'edge.unknown_server');
  equal(codeOf({ server: '__proto__' }), 'edge.unknown_server');
  for (const method of ['PUT', 'CONNECT', 'post', 'GET\r\n']) {
    equal(codeOf({ method }), 'edge.other_method');
  }
});

test('only headers of MCP go out, and none that could begin another', () => {
  const headers = [
    ['accept', 'text/event-stream'],
    ['mcp-session-id', 'a'],
    ['mcp-param-x', 'b'],
    ['authorization', 'Bearer mine'],
    ['cookie', 'a=b'],
    ['host', 'evil.example'],
    ['proxy-authorization', 'x'],
    ['x-api-key', 'mine'],
    ['transfer-encoding', 'chunked'],
    ['ioi-server', 'mail'],
  ] as const;
  const admitted = admit(targets, { ...wanted, headers });
  ok(admitted.ok);
  deepEqual(
    admitted.value.headers.map(([name]) => name),
    ['accept', 'mcp-session-id', 'mcp-param-x'],
  );
  for (const value of ['a\r\nauthorization: x', 'a\nb', 'a\0b', 'a\u0100b']) {
    equal(codeOf({ headers: [['mcp-session-id', value]] }), 'edge.bad_header');
  }
  equal(codeOf({ headers: [['mcp-session-id', 'x'.repeat(40_000)]] }), 'edge.too_large');
});

test('an edge is not started for a server that may not be given a secret', () => {
  const refused = [
    undefined,
    {},
    [{ server: 'mail', url: 'http://mcp.example/', credential: 'x' }],
    [{ server: 'mail', url: 'https://user:word@mcp.example/', credential: 'x' }],
    [{ server: 'mail', credential: 'x' }],
    [{ server: 'mail', url: URL_TEXT }],
    [null],
  ];
  for (const list of refused) equal(readTargets(list), undefined, JSON.stringify(list));
});
