import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { until } from '../testing/index.ts';

const MODULE = JSON.stringify(new URL('./when-left.ts', import.meta.url).href);
const CHILD = `import { whenLeft } from ${MODULE};
  whenLeft(() => process.exit(0)); setInterval(() => {}, 1000); console.log(process.pid);`;
const PARENT = `import { spawn } from 'node:child_process';
  spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(CHILD)}],
    { stdio: ['pipe', 'inherit', 'inherit'] });
  setInterval(() => {}, 1000);`;

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a process whose starter was killed ends too', async () => {
  const args = ['--input-type=module', '-e', PARENT];
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(String(line));
  assert.ok(pid > 0 && runs(pid));
  parent.kill('SIGKILL');
  await until('it is gone', () => !runs(pid));
});

test('one that was started without a pipe goes on', async () => {
  const later = `${CHILD} setTimeout(() => console.log('still here'), 300);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', later], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  // Nothing more comes of one that ends where it reads the end of its empty input.
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (line === 'still here') child.kill('SIGKILL');
  }
  assert.equal(said.at(-1), 'still here');
});

test('one that is done ends, though whoever started it is there', async () => {
  const done = `import { whenLeft } from ${MODULE}; whenLeft(() => process.exit(3));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', done], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});
