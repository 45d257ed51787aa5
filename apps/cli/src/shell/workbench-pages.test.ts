import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { mustBuild } from './workbench-pages.ts';

test('pages are built where a text that goes into them is newer, and only in a checkout', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'ioi-pages-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, 'apps', 'workbench');
  const put = (path: string, seconds: number): void => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    utimesSync(file, seconds, seconds);
  };
  put('apps/workbench/dist/index.html', 100);
  assert.equal(mustBuild(folder), false, 'a published package');
  put('apps/workbench/index.html', 10);
  put('apps/workbench/src/main.tsx', 10);
  put('law/src/core/shown.ts', 10);
  put('law/src/core/shown.test.ts', 200);
  assert.equal(mustBuild(folder), false);
  for (const path of ['law/src/core/shown.ts', 'apps/workbench/src/styles.css']) {
    put(path, 200);
    assert.equal(mustBuild(folder), true, path);
    put(path, 10);
  }
  rmSync(join(folder, 'dist'), { recursive: true });
  assert.equal(mustBuild(folder), true);
});
