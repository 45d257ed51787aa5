import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Home } from './home.ts';
import { NodeConfigEditor } from './node-config.ts';

test('what was written is taken back, unless somebody else has written since', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const nodeConfig = join(folder, 'node.json');
  const before = '{ "format": "ioi-node/1", "servers": [] }';
  writeFileSync(nodeConfig, before);
  const home = { nodeConfig } as Home;
  const mine = new NodeConfigEditor(home);
  assert.equal(mine.undo(), false, 'nothing was written');
  mine.write([{ name: 'mine', command: 'x' }]);
  assert.equal(mine.undo(), true);
  assert.equal(readFileSync(nodeConfig, 'utf8'), before);
  const late = new NodeConfigEditor(home);
  late.write([{ name: 'late', command: 'x' }]);
  const other = new NodeConfigEditor(home);
  other.write([...other.servers, { name: 'other', command: 'y' }]);
  assert.equal(late.undo(), false);
  assert.match(readFileSync(nodeConfig, 'utf8'), /"other"/);
});
