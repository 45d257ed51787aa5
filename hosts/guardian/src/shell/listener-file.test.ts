import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testCertificate } from '@ioi/law/testing';
import { dropListener, listenerOf, readListener, saveListener } from './listener-file.ts';

const NAME = 'approve.example.org';
const good = { name: NAME, port: 8443, address: undefined, relay: false, ...testCertificate(NAME) };

test('a listener takes a name, its certificate in its time, and the key of that', () => {
  assert.equal(listenerOf(good).ok, true);
  assert.equal(listenerOf({ ...good, relay: true }).ok, true);
  const broken: [string, object][] = [
    ['listener.bad_address', { relay: true, address: '127.0.0.1' }],
    ['listener.bad_name', { name: 'localhost' }],
    ['listener.bad_port', { port: 0 }],
    ['listener.bad_cert', { cert: 'none' }],
    ['listener.bad_cert', testCertificate('other.example.org')],
    ['listener.bad_cert', testCertificate(NAME, -1)],
    ['listener.bad_key', { key: testCertificate(NAME).key }],
    ['listener.bad_key', { key: '' }],
  ];
  for (const [code, change] of broken) {
    const refused = listenerOf({ ...good, ...change });
    assert.equal(!refused.ok && refused.error.code, code);
  }
});

test('a listener is kept privately until it is dropped, and a broken file is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-listener-'));
  const listener = listenerOf(good);
  assert.ok(listener.ok);
  assert.equal(readListener(folder), undefined);
  saveListener(folder, listener.value);
  assert.deepEqual(readListener(folder), listener.value);
  assert.equal(statSync(join(folder, 'listener.json')).mode & 0o077, 0);
  for (const broken of [{ cert: 'none' }, { key: testCertificate(NAME).key }, { key: '' }]) {
    saveListener(folder, { ...listener.value, ...broken });
    assert.equal(readListener(folder), undefined);
  }
  writeFileSync(join(folder, 'listener.json'), '{');
  assert.equal(readListener(folder), undefined);
  dropListener(folder);
  dropListener(folder);
  rmSync(folder, { recursive: true });
});
