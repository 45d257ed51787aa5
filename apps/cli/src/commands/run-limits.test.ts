import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { type Ran, runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
let isMissing = true;

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  isMissing = !JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout).available;
});

after(() => node.close());

async function inside(t: TestContext, script: string, ...options: string[]) {
  if (isMissing) {
    t.skip('no sandbox on this machine: ioi mcp sandbox');
    return undefined;
  }
  const env = { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin' };
  const args = ['run', '--json', ...options, '--', 'sh', '-c', script];
  return runIoi(args, { env, cwd: node.workspace });
}

function limitsIn({ stderr }: Ran): Record<string, unknown> {
  const line = stderr.split('\n').find((each) => each.startsWith('{"run":'));
  assert.ok(line, stderr);
  return JSON.parse(line).run.limits;
}

test('a program that has processes without end is ended with all of them', async (t) => {
  // It ends by itself after a while, whatever holds it.
  const bomb = 'n=0; while [ $n -lt 400 ]; do sleep 30 & n=$((n+1)); done; wait';
  const ran = await inside(t, bomb, '--processes', '100');
  if (ran === undefined) return;
  assert.match(ran.stderr, /it had \d+ processes, and 100 are allowed|Cannot fork/);
  assert.notEqual(ran.code, 0);
});

test('a program that takes memory without end gets no more than it may have', async (t) => {
  // Each holds what came last, until no more can come.
  const one = '(head -c 40000000 /dev/zero; sleep 120) | tail -c 40000000 > /dev/null';
  const many = `for n in 1 2 3 4 5 6; do ${one} & done; wait`;
  const ran = await inside(t, many, '--memory', '150M');
  if (ran === undefined) return;
  assert.match(ran.stderr, /it had \d+ MiB of memory, and 150 MiB are allowed/);
  assert.equal(ran.code, 137);
});

test('what holds is said, and what was asked for is what holds', async (t) => {
  const options = ['--memory', '1G', '--processes', '200', '--files', '99', '--processor', '7'];
  const ran = await inside(t, 'ulimit -n; ulimit -t; ulimit -d', ...options);
  if (ran === undefined) return;
  const { held_by: holds, ...limits } = limitsIn(ran);
  assert.deepEqual(limits, {
    memory: 2 ** 30,
    processes: 200,
    openFiles: 99,
    processorSeconds: 7,
  });
  if ((holds as { openFiles: string }).openFiles !== 'kernel') return;
  assert.equal(ran.stdout, '99\n7\n1048576\n');
});

test('a limit that is none is refused', async (t) => {
  for (const option of [
    ['--memory', 'much'],
    ['--processes', '0'],
    ['--files', '-1'],
  ]) {
    const ran = await inside(t, 'true', ...option);
    if (ran === undefined) return;
    assert.equal(ran.code, 2, ran.stderr);
    assert.match(ran.stderr, /takes a (size|count)/);
  }
});
