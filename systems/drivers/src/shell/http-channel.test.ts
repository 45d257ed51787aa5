import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf } from './http-channel.ts';

function failing(code: string, syscall?: string): Error {
  const cause = Object.assign(new Error(code), { code, ...(syscall ? { syscall } : {}) });
  return new TypeError('fetch failed', { cause });
}

test('a host that goes away behind a connection may have what was sent', () => {
  for (const code of ['EHOSTUNREACH', 'ENETUNREACH', 'ECONNREFUSED']) {
    assert.equal(failureOf(failing(code, 'connect')).isSent, false, code);
    for (const syscall of ['read', 'write']) {
      assert.equal(failureOf(failing(code, syscall)).isSent, true, `${code} ${syscall}`);
    }
  }
  assert.equal(failureOf(failing('ENOTFOUND', 'getaddrinfo')).isSent, false);
  // Of several addresses that were tried; of the edge, which knows.
  assert.equal(failureOf(failing('ECONNREFUSED')).isSent, false);
});
