import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrongInHttp } from './http-config.ts';

const server = { issuer: 'https://a.example', jwks_uri: 'http://127.0.0.1:1/keys' };

test('what is wrong with mcp_http is named by its place', () => {
  const wrong: [unknown, RegExp][] = [
    [null, /must be an object/],
    [{ port: 1, ports: 2 }, /^\/ports is not known/],
    [{ port: 65_536 }, /^\/port/],
    [{ port: '1' }, /^\/port/],
    [{ port: 1, host: 1 }, /^\/host/],
    [{ port: 1, auth: 'basic' }, /^\/auth/],
    [{ port: 1, auth: 'none', host: '0.0.0.0' }, /loopback/],
    [{ port: 1, auth: 'none', host: '127.0.0.1.example' }, /loopback/],
    [{ port: 1, allowed_hosts: [''] }, /^\/allowed_hosts/],
    [{ port: 1, authorization_server: { ...server, token_type: 'JWT' } }, /token_type can be/],
    [{ port: 1, authorization_server: { ...server, keys: 1 } }, /^\/authorization_server\/keys/],
    [
      { port: 1, authorization_server: { ...server, jwks_uri: 'http://a.example' } },
      /^\/authorization_server\/jwks_uri must be an https URL/,
    ],
  ];
  for (const [given, message] of wrong) assert.match(wrongInHttp(given) ?? 'nothing', message);
  assert.equal(wrongInHttp({ port: 0, auth: 'none', host: '::1' }), undefined);
  assert.equal(wrongInHttp({ port: 1, host: '0.0.0.0', authorization_server: server }), undefined);
});
