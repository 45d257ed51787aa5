import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { GuardianStore } from '@ioi/guardian/shell';
import { carryFiles, carryPackages } from './carry.ts';

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

test('packages of workers go along as they were signed for, and others are named', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'ioi-carry-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [from, to] = [join(root, 'from'), join(root, 'to')];
  assert.deepEqual(carryPackages(from, to), []);
  const own = join(from, 'worker-packages');
  mkdirSync(own, { recursive: true });
  const digest = digestBytes('whole');
  const name = `${digest.slice('sha256:'.length)}.worker`;
  const damaged = 'b'.repeat(64);
  writeFileSync(join(own, name), 'whole');
  writeFileSync(join(own, `${damaged}.worker`), 'something else');
  writeFileSync(join(own, `${name}.new`), 'who');
  assert.deepEqual(carryPackages(from, to), [`sha256:${damaged}`]);
  assert.deepEqual(readdirSync(join(to, 'worker-packages')), [name]);
  assert.equal(readFileSync(join(to, 'worker-packages', name), 'utf8'), 'whole');
});
