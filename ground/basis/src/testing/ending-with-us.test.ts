import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { endingWithUs } from './ending-with-us.ts';
import { processesNaming } from './processes.ts';
import { until } from './until.ts';

const MODULE = new URL('./ending-with-us.ts', import.meta.url).href;

/** Starts something that names the folder and something that its run/pid names; says so, waits. */
function holder(folder: string) {
  const script = `
    import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    const { endingWithUs } = await import(${JSON.stringify(MODULE)});
    endingWithUs(${JSON.stringify(folder)});
    const options = { stdio: 'ignore', detached: true };
    const [named, kept] = [
      spawn('/bin/sh', ['-c', 'sleep 600; :', ${JSON.stringify(folder)}], options),
      spawn('/bin/sh', ['-c', 'sleep 600; :'], {
        ...options, env: { ...process.env, IOI_HOME: ${JSON.stringify(folder)} },
      }),
    ];
    writeFileSync(${JSON.stringify(join(folder, 'one', 'run', 'pid'))}, String(kept.pid));
    console.log(kept.pid);
    setInterval(() => {}, 1000);
  `;
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function isGone(pid: number): boolean {
  return !existsSync(`/proc/${pid}`);
}

test('the id of something that is not ours, and the second of two ends, harm nobody', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-ending-'));
  mkdirSync(join(folder, 'one', 'run'), { recursive: true });
  const other = spawn('/bin/sleep', ['600'], { stdio: 'ignore' });
  const child = holder(folder);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  writeFileSync(join(folder, 'one', 'run', 'pid'), `${other.pid}\n`);
  child.kill('SIGKILL');
  await until('all of it is gone', () => Promise.resolve(!existsSync(folder)));
  assert.equal(other.signalCode, null);
  other.kill();
  process.kill(Number(said.toString()));
  const spare = endingWithUs(folder);
  spare();
  await until('the watcher is gone', () => Promise.resolve(processesNaming(folder).length === 0));
  spare();
});

for (const signal of ['SIGKILL', 'SIGINT', 'SIGTERM'] as const) {
  test(`what was started for a run ends with it, when ${signal} ends it`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ioi-ending-'));
    mkdirSync(join(folder, 'one', 'run'), { recursive: true });
    const child = holder(folder);
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const kept = Number(said.toString());
    child.kill(signal);
    await once(child, 'exit');
    await until('all of it is gone', () => {
      return Promise.resolve(isGone(kept) && !existsSync(folder));
    });
    assert.deepEqual(processesNaming(folder), []);
  });
}

test('a watcher that was sent away leaves everything', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-ending-'));
  writeFileSync(join(folder, 'kept'), '');
  endingWithUs(folder)();
  await until('the watcher is gone', () => Promise.resolve(processesNaming(folder).length === 0));
  assert.ok(existsSync(join(folder, 'kept')));
  rmSync(folder, { recursive: true });
});
