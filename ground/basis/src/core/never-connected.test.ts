import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { neverConnected } from './never-connected.ts';

test('a connection that never came about is told from one that broke', () => {
  const fault = (cause: object): Error => new Error('fetch failed', { cause });
  for (const code of ['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT', 'EMFILE']) {
    equal(neverConnected(fault({ code })), true, code);
    equal(neverConnected({ code, syscall: 'connect' }), true, code);
  }
  equal(neverConnected(fault({ code: 'EHOSTUNREACH', syscall: 'read' })), false);
  for (const other of [undefined, null, 'ECONNREFUSED', fault({ code: 'ECONNRESET' })]) {
    equal(neverConnected(other), false);
  }
});
