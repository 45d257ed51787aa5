import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AGENTS } from '../core/connect/agents.ts';
import { AgentConfig, placesOf } from './agent-config.ts';

test('what lies in the way of new settings is neither followed nor kept', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'ioi-agent-'));
  t.after(() => rmSync(home, { recursive: true }));
  const agent = AGENTS.find(({ id }) => id === 'claude-code');
  assert.ok(agent);
  const path = join(home, '.claude.json');
  const victim = join(home, 'victim');
  writeFileSync(path, '{}', { mode: 0o640 });
  writeFileSync(victim, 'mine', { mode: 0o644 });
  symlinkSync(victim, `${path}.ioi-new`);
  new AgentConfig(agent, placesOf({ HOME: home })).replace(Buffer.from('{"a":1}'));
  assert.equal(readFileSync(victim, 'utf8'), 'mine');
  assert.equal(readFileSync(path, 'utf8'), '{"a":1}');
  assert.equal(statSync(path).mode & 0o777, 0o640);
});
