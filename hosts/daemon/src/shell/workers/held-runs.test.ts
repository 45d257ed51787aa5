import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KeptFile } from '../mcp/kept-file.ts';
import { HeldRuns } from './held-runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-held-runs-'));
after(() => rmSync(folder, { recursive: true }));

test('a run that is held is held for whoever reads the file next, until it goes on', () => {
  const path = join(folder, 'held.json');
  const held = new HeldRuns(new KeptFile(path));
  assert.ok(!held.has('run_1') && !held.isLost);
  held.set('run_1', true);
  held.set('run_2', true);
  held.set('run_1', false);
  const next = new HeldRuns(new KeptFile(path));
  assert.ok(!next.has('run_1') && next.has('run_2') && !next.isLost);
});

test('a file that cannot be read is never taken for one in which no run is held', () => {
  for (const text of ['', '{', '{"run_1":true}', '[1]']) {
    const path = join(folder, 'damaged.json');
    writeFileSync(path, text);
    assert.ok(new HeldRuns(new KeptFile(path)).isLost, text);
  }
});
