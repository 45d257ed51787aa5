import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { newFolder, removeFolder } from '../testing/run-ioi.ts';
import { homeAt, makePrivateFolder } from './home.ts';
import { runningPid, takeLock } from './lock.ts';

const MODULE = new URL('./lock.ts', import.meta.url).href;
const HOME = new URL('./home.ts', import.meta.url).href;

/** Another process that takes the lock and holds it until it is killed. */
function holder(folder: string) {
  const program = `
    import { takeLock } from ${JSON.stringify(MODULE)};
    import { homeAt } from ${JSON.stringify(HOME)};
    const lock = takeLock(homeAt(${JSON.stringify(folder)}));
    console.log(lock ? 'held' : 'refused');
    setInterval(() => lock.release, 1000);`;
  const flags = ['--input-type=module', '-e', program];
  return spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('one process holds the lock, is named to others, and frees it by its death', async () => {
  const folder = newFolder();
  const home = homeAt(folder);
  const other = holder(folder);
  const [said] = (await once(other.stdout, 'data')) as [Buffer];
  after(() => other.kill('SIGKILL'));
  assert.equal(said.toString().trim(), 'held');
  assert.equal(takeLock(home), undefined);
  assert.equal(runningPid(home), other.pid);
  other.kill('SIGKILL');
  await once(other, 'exit');
  await until('the lock is free', () => runningPid(home) === undefined);
  const lock = takeLock(home);
  assert.ok(lock !== undefined);
  lock.release();
  assert.equal(runningPid(home), undefined);
  removeFolder(folder);
});

test('a pid that nobody holds the lock for means nothing', () => {
  const folder = newFolder();
  const home = homeAt(folder);
  makePrivateFolder(home.run);
  for (const text of [String(process.pid), '1', '-1', 'x', '']) {
    writeFileSync(join(home.run, 'pid'), text);
    assert.equal(runningPid(home), undefined);
  }
  removeFolder(folder);
});
