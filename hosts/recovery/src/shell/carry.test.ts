import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GuardianStore } from '@ioi/guardian/shell';
import { carryFiles } from './carry.ts';

function foldersIn(root: string) {
  const folders = { guardian: join(root, 'guardian'), data: join(root, 'data') };
  for (const each of Object.values(folders)) mkdirSync(each, { recursive: true });
  return folders;
}

test('what people keep beside the log goes along, and nothing that is there is replaced', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'ioi-carry-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [from, to] = [foldersIn(join(root, 'from')), foldersIn(join(root, 'to'))];
  mkdirSync(join(from.data, 'workflows'));
  mkdirSync(join(from.data, 'projections'));
  writeFileSync(join(from.data, 'workflows', 'weekly.json'), '{}');
  writeFileSync(join(from.data, 'projections', 'rows.db'), 'folded again');
  writeFileSync(join(from.data, 'pins.json'), 'before');
  writeFileSync(join(to.data, 'pins.json'), 'there already');
  writeFileSync(join(from.guardian, 'seal.key'), 'made anew');
  const store = new GuardianStore(join(to.guardian, 'guardian.db'));
  carryFiles(from, to, store);
  store.close();
  assert.equal(readFileSync(join(to.data, 'workflows', 'weekly.json'), 'utf8'), '{}');
  assert.equal(readFileSync(join(to.data, 'pins.json'), 'utf8'), 'there already');
  assert.ok(!existsSync(join(to.data, 'projections')));
  assert.ok(!existsSync(join(to.guardian, 'seal.key')));
});
