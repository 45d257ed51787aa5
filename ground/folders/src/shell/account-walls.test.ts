import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openOnTheWay, tryWalls } from './account-walls.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'ioi-walls-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  chmodSync(made, 0o755);
  return made;
}

/** What an account that is nobody's finds of what is root's. */
function asNobody(walls: object): { opened: string[]; untried: string[] } {
  const at = JSON.stringify(new URL('./account-walls.ts', import.meta.url).href);
  const given = JSON.stringify(walls);
  const look = `console.log(JSON.stringify(walls.tryWalls(${given})))`;
  const script = `import(${at}).then((walls) => ${look})`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--eval', script], {
    uid: NOBODY,
    gid: NOBODY,
    cwd: '/',
    encoding: 'utf8',
  });
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout);
}

test('what opens to this account is named, and root is told that nothing was tried', (t) => {
  const at = folder(t);
  const [closed, open] = [join(at, 'closed'), join(at, 'open')];
  for (const path of [closed, open]) writeFileSync(path, 'x', { mode: 0o600 });
  chmodSync(open, 0o666);
  const uids = [process.getuid?.() ?? 0];
  const own = tryWalls({ uids, closed: [closed], unwritable: [] });
  if (!isRoot) {
    assert.ok(own.opened.includes(closed));
    return t.skip('from another account it is tried by root alone');
  }
  assert.deepEqual([own.opened, own.untried.length], [[], 1]);
  const walls = { uids: [0], closed: [closed, open], unwritable: [closed, open] };
  assert.deepEqual(asNobody(walls), { opened: [open, `${open}, for writing`], untried: [] });
  const none = asNobody({ uids: [4_000_000], closed: [], unwritable: [] });
  assert.deepEqual(none, { opened: [], untried: ['no process of account 4000000 is shown here'] });
});

test('the folder by which another could take the place is named', { skip: !isRoot }, (t) => {
  const at = folder(t);
  const [middle, deep] = [join(at, 'a'), join(at, 'a', 'b')];
  mkdirSync(deep, { recursive: true });
  assert.equal(openOnTheWay(deep), undefined);
  chmodSync(middle, 0o777);
  assert.equal(openOnTheWay(deep), middle);
  chmodSync(middle, 0o1777);
  assert.equal(openOnTheWay(deep), undefined);
  assert.equal(openOnTheWay(middle), middle);
  chmodSync(middle, 0o755);
  const link = join(at, 'link');
  symlinkSync(deep, link);
  assert.equal(openOnTheWay(link), undefined);
  chownSync(middle, NOBODY, NOBODY);
  assert.equal(openOnTheWay(link), middle);
  chownSync(middle, 0, 0);
  lchownSync(link, NOBODY, NOBODY);
  assert.equal(openOnTheWay(link), link);
});
