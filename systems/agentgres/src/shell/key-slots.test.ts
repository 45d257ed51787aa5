import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KeySlots } from './key-slots.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-keys-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('keys made ahead stand each in its own slot, also between those in use', () => {
  const path = join(folder, 'keys');
  const first = new KeySlots(path, new Set());
  const kept = Array.from({ length: 600 }, () => first.take()).filter(({ slot }) => slot % 3 === 0);
  first.close();
  // What is in use stays; the slots between are taken first, and keys in a row go behind.
  const again = new KeySlots(path, new Set(kept.map(({ slot }) => slot)));
  const taken = Array.from({ length: 1500 }, () => again.take());
  const all = [...kept, ...taken];
  assert.equal(new Set(all.map(({ slot }) => slot)).size, all.length, 'no slot is given twice');
  assert.equal(new Set(all.map(({ key }) => Buffer.from(key).toString('hex'))).size, all.length);
  for (const { slot, key } of all) assert.deepEqual([...(again.get(slot) ?? [])], [...key]);
  assert.ok(Math.max(...taken.map(({ slot }) => slot)) < 2048 + kept.length);
  again.close();
});
