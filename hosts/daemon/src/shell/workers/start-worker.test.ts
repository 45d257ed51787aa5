import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Sandbox } from '@ioi/drivers/shell';
import { findWorker, startWorker } from './start-worker.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-start-'));

after(() => rmSync(folder, { recursive: true, force: true }));

const worker = (task: string): string =>
  `ioi.task('${task}', { input: {}, output: {} }, async () => 1);\n`;

test('what is interpreted is what was hashed, whatever its file is by then', async () => {
  const file = join(folder, 'own.guest.js');
  writeFileSync(file, worker('first'));
  const found = await findWorker(file);
  assert.ok(found.ok);
  writeFileSync(file, worker('second'));
  const started = await startWorker(found.value, { sandbox: {} as Sandbox, isUnconfined: false });
  assert.ok(started.ok);
  assert.deepEqual(
    started.value.description.tasks.map(({ name }) => name),
    ['first'],
  );
  await started.value.close();
  const again = await findWorker(file);
  assert.ok(again.ok && again.value.hash !== found.value.hash);
});

test('a module in a folder that is a link is refused by name', async () => {
  const inside = mkdtempSync(join(folder, 'linked-'));
  writeFileSync(join(inside, 'other.wasm'), '');
  symlinkSync('other.wasm', join(inside, 'worker.wasm'));
  const found = await findWorker(inside);
  assert.ok(!found.ok && found.error.code === 'worker.path', JSON.stringify(found));
});
