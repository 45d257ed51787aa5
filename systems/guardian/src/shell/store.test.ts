import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { GuardianStore } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-store-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('what no log says goes along to the next guardian, approvals do not', () => {
  const before = new GuardianStore(join(folder, 'before.db'));
  before.withdraw('signature-1');
  assert.equal(before.nextCounter(), 1n);
  assert.equal(before.nextCounter(), 2n);
  const secret = before.commitmentSecret();
  before.saveNotice('sha256:1', JSON.stringify({ kind: 'approved' }));
  const next = new GuardianStore(join(folder, 'next.db'));
  next.keepFrom(before);
  assert.ok(next.isWithdrawn('signature-1'));
  assert.ok(!next.isWithdrawn('signature-2'));
  assert.equal(next.nextCounter(), 3n, 'no number is given twice');
  assert.deepEqual(next.commitmentSecret(), secret);
  assert.deepEqual(next.notices(), []);
  before.close();
  next.close();
});
