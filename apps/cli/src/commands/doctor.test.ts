import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Check } from '../core/doctor/checks.ts';
import { runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();

before(async () => {
  assert.equal((await node.init()).code, 0);
});

after(() => node.close());

async function doctor() {
  const env = { HOME: node.folder, PATH: '/usr/bin:/bin' };
  const ran = await node.ioiWith(env, 'doctor', '--json');
  const { state, checks } = JSON.parse(ran.stdout) as { state: string; checks: Check[] };
  const of = (name: string) => checks.find((each) => each.name === name);
  return { code: ran.code, state, checks, of };
}

test('without a node, and with one that is down, it says what to run', async () => {
  const none = await runIoi(['doctor'], { env: { IOI_HOME: join(node.folder, 'nowhere') } });
  assert.equal(none.code, 4);
  assert.match(none.stdout, /^fail +node[\s\S]*next: ioi init --workspace DIR/);
  const { code, state, of } = await doctor();
  assert.deepEqual([code, state, of('node')?.next], [4, 'fail', 'ioi up --detach']);
  assert.equal(of('modes')?.state, 'ok');
});

test('a node that is up is looked at whole, each line with its next step', async () => {
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  const first = await doctor();
  assert.deepEqual([first.code, first.state], [0, 'warn']);
  assert.equal(first.of('policy')?.next, 'ioi policy activate FILE');
  assert.equal(first.of('guardian')?.state, 'ok');
  assert.ok(first.checks.every(({ state, next }) => state === 'ok' || next !== undefined));
  const names = first.checks.map(({ name }) => name);
  for (const name of ['vault', 'sandbox', 'clock', 'modes', 'disk', 'agents']) {
    assert.ok(names.includes(name), name);
  }
  assert.equal((await node.activate()).code, 0);
  assert.equal((await doctor()).of('policy')?.state, 'ok');
});

test('an agent without the node is named, and so is what others may enter', async (t) => {
  writeFileSync(join(node.folder, '.claude.json'), '{}');
  chmodSync(node.home.data, 0o755);
  t.after(() => chmodSync(node.home.data, 0o700));
  const { code, state, of } = await doctor();
  assert.deepEqual([code, state, of('modes')?.state], [1, 'fail', 'fail']);
  assert.equal(of('modes')?.next, `chmod go= ${node.home.data}`);
  assert.match(of('agents')?.about ?? '', /Claude Code is not connected/);
  assert.equal(of('agents')?.next, 'ioi connect claude-code');
});
