import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostAndPort, isNamedHost } from './hosts.ts';

test('a host is named with all its ports, or with one', () => {
  const hosts = ['api.example.org', 'Other.example:8443', '127.0.0.1:80'];
  assert.ok(isNamedHost(hosts, 'api.example.org', 443));
  assert.ok(isNamedHost(hosts, 'API.example.org.', 80));
  assert.ok(isNamedHost(hosts, 'other.example', 8443));
  assert.ok(!isNamedHost(hosts, 'other.example', 443));
  assert.ok(isNamedHost(hosts, '127.0.0.1', 80));
  for (const other of ['example.org', 'x.api.example.org', 'api.example.org.evil.org', '']) {
    assert.ok(!isNamedHost(hosts, other, 443), other);
  }
});

test('a tunnel is to a host and a port, and to nothing else', () => {
  assert.deepEqual(hostAndPort('A.example:443'), { host: 'a.example', port: 443 });
  assert.deepEqual(hostAndPort('[::1]:80'), { host: '::1', port: 80 });
  const others = ['a.example', 'a:0', 'a:65536', 'a:1:2', '::1:80', 'a b:1', 'http://a:1', 'u@a:1'];
  for (const other of [...others, ':80', '']) assert.equal(hostAndPort(other), undefined, other);
});
