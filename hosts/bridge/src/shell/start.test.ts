import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bridgePassword } from './start.ts';

test('a password that is empty or for others to read lets nobody in', () => {
  const above = mkdtempSync(join(tmpdir(), 'ioi-bridge-'));
  const folder = join(above, 'bridge');
  try {
    const password = bridgePassword(folder);
    assert.equal(password.length, 32);
    assert.equal(bridgePassword(folder), password);
    assert.deepEqual(readdirSync(folder), ['password']);
    const path = join(folder, 'password');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    chmodSync(path, 0o644);
    assert.throws(() => bridgePassword(folder), { code: 'bridge.password_unsafe' });
    chmodSync(path, 0o600);
    writeFileSync(path, '\n');
    assert.throws(() => bridgePassword(folder), { code: 'bridge.password_unsafe' });
  } finally {
    rmSync(above, { recursive: true });
  }
});
