import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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

test('keys of which a full disk took some are given to nobody', () => {
  // 48 KB are let onto the disk: one row of keys, and half of the next.
  const script = `
    import { KeySlots } from ${JSON.stringify(import.meta.resolve('./key-slots.ts'))};
    const keys = new KeySlots(process.argv[1], new Set());
    const lost = [];
    try {
      for (;;) {
        const { slot, key } = keys.take();
        if (!Buffer.from(key).equals(keys.get(slot) ?? Buffer.alloc(0))) lost.push(slot);
      }
    } catch (fault) {
      console.log(JSON.stringify({ lost, code: fault.code }));
    }
  `;
  const path = join(folder, 'full');
  const limited = ['-c', 'ulimit -f 96; exec "$0" "$@"', process.execPath];
  const ran = execFileSync('sh', [...limited, '--input-type=module', '-e', script, path]);
  assert.deepEqual(JSON.parse(String(ran)), { lost: [], code: 'EFBIG' });
  // What was written of it counts for nothing once there is room.
  const keys = new KeySlots(path, new Set([0]));
  const taken = Array.from({ length: 2048 }, () => keys.take());
  assert.equal(new Set(taken.map(({ slot }) => slot)).size, 2048);
  keys.close();
});
