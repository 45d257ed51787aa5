import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { upkeepIn } from './upkeep.ts';

const MADE = '2026-11-22T08:00:00.000Z';
const BACKUP = { made_at: MADE, file: '/elsewhere/node.backup', bytes: 7, sha256: 'ab' };
const AGENT = { agent: 'codex', title: 'Codex', state: 'green' };

test('what was noted is told, what is damaged or more is not', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-upkeep-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const note = (name: string, text: string) => writeFileSync(join(folder, `${name}.json`), text);
  assert.deepEqual(upkeepIn(folder), {});
  note('backup', JSON.stringify({ ...BACKUP, more: 1 }));
  note('probe', JSON.stringify({ made_at: MADE, agents: [{ ...AGENT, more: 1 }] }));
  assert.deepEqual(upkeepIn(folder), { backup: BACKUP, probe: { made_at: MADE, agents: [AGENT] } });
  const damaged = ['', 'null', '7', '{}', JSON.stringify({ ...BACKUP, bytes: -1 })];
  for (const text of damaged) {
    note('backup', text);
    note('probe', JSON.stringify({ made_at: MADE, agents: [{ ...AGENT, state: 'blue' }] }));
    assert.deepEqual(upkeepIn(folder), {}, text);
  }
});
