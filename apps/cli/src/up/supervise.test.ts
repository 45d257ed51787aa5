import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { processesNaming, until } from '@ioi/basis/testing';
import { findSockets } from '../shell/home.ts';
import { runningPid } from '../shell/lock.ts';
import { IOI, killedAfter } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

/** Processes of a node by what they run. */
function pidOf(node: TestNode, part: string): number | undefined {
  return processesNaming(node.folder).find((pid) => {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return line.includes(`hosts/${part}/src/main.`);
  });
}

async function madeNode(homeName?: string): Promise<TestNode> {
  const node = new TestNode(homeName);
  after(() => node.close());
  assert.equal((await node.init()).code, 0);
  return node;
}

async function answers(node: TestNode): Promise<boolean> {
  try {
    await node.daemon.status(500);
    return true;
  } catch {
    return false;
  }
}

test('up and down: ready, one at a time, private, and nothing is left', async () => {
  const node = await madeNode();
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  assert.match(up.stdout, /^ioi is up: node:\/\/local\/[0-9a-f]{32}, filesystem: 14 tools/);
  const second = await node.ioi('up');
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`process ${runningPid(node.home)} runs it`));
  assert.equal((await node.ioi('up', '--detach')).code, 1);
  for (const path of Object.values(findSockets(node.home))) {
    assert.equal(statSync(path).mode & 0o777, 0o600);
  }
  assert.equal(statSync(node.home.run).mode & 0o777, 0o700);
  const guardian = pidOf(node, 'guardian') ?? 0;
  const flags = readFileSync(`/proc/${guardian}/cmdline`, 'utf8').split('\0');
  assert.ok(flags.includes('--permission'));
  assert.ok(flags.includes(`--allow-fs-write=${node.home.guardian}`));
  assert.equal(readFileSync(`/proc/${guardian}/environ`, 'utf8').includes('IOI_HOME'), false);
  const down = await node.ioi('down');
  assert.equal(down.code, 0, down.stderr);
  assert.deepEqual(processesNaming(node.folder), []);
  assert.deepEqual(
    readdirSync(node.home.run).filter((name) => name.endsWith('.sock') || name === 'pid'),
    [],
  );
  assert.match((await node.ioi('down')).stdout, /not running/);
});

test('when the guardian or the daemon dies, both are started again', async () => {
  const node = await madeNode();
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  for (const part of ['guardian', 'daemon']) {
    const guardian = pidOf(node, 'guardian') ?? 0;
    const daemon = pidOf(node, 'daemon') ?? 0;
    process.kill(part === 'guardian' ? guardian : daemon, 'SIGKILL');
    await until('both are new', () => {
      const [now, other] = [pidOf(node, 'guardian'), pidOf(node, 'daemon')];
      return ![undefined, guardian].includes(now) && ![undefined, daemon].includes(other);
    });
    await until('it answers again', () => answers(node));
  }
  const log = readFileSync(join(node.home.logs, 'up.log'), 'utf8');
  assert.match(log, /the guardian ended; starting again in 1 s/);
  assert.match(log, /ended; starting again in 2 s/);
});

test('when the supervisor is killed, nothing goes on without it, and up works again', async () => {
  const node = await madeNode();
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  process.kill(runningPid(node.home) ?? 0, 'SIGKILL');
  await until('all are gone', () => processesNaming(node.folder).length === 0);
  const status = await node.ioi('status');
  assert.equal(status.code, 4);
  assert.match(status.stderr, /the node is not running/);
  const again = await node.ioi('up', '--detach');
  assert.equal(again.code, 0, again.stderr);
});

test('a daemon that asks for a person is not restarted, and its last words are shown', async () => {
  const node = await madeNode();
  writeFileSync(node.home.nodeConfig, '{"format":"ioi-node/1","servers":[{"nme":"x"}]}');
  const up = await node.ioi('up');
  assert.equal(up.code, 1);
  assert.match(up.stderr, /asks for a person/);
  assert.match(up.stderr, /config\.invalid/);
  assert.match(up.stderr, /nme is not known/);
  const detached = await node.ioi('up', '--detach');
  assert.equal(detached.code, 1);
  assert.match(detached.stderr, /did not start/);
  assert.match(detached.stderr, /nme is not known/);
  assert.deepEqual(processesNaming(node.folder), []);
});

test('a node whose folder was removed is not started again, nor made anew', async () => {
  const node = await madeNode();
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  const [supervisor, guardian] = [runningPid(node.home) ?? 0, pidOf(node, 'guardian') ?? 0];
  rmSync(node.home.folder, { recursive: true });
  process.kill(guardian, 'SIGKILL');
  await until('the supervisor is gone', () => !existsSync(`/proc/${supervisor}`));
  assert.deepEqual(processesNaming(node.folder), []);
  assert.deepEqual([node.home.logs, node.home.data, node.home.guardian].filter(existsSync), []);
});

test('a home whose path is too long for sockets works all the same', async () => {
  const node = await madeNode('long'.repeat(40));
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  const { daemon } = findSockets(node.home);
  assert.ok(daemon.length <= 100 && existsSync(daemon));
  assert.equal((await node.ioi('status')).code, 0);
  assert.equal((await node.ioi('down')).code, 0);
  assert.equal(existsSync(join(daemon, '..')), false);
});

test('in the foreground it says when it is ready, and Ctrl-C ends everything', async (t) => {
  const node = await madeNode();
  const child = spawn(process.execPath, [IOI, 'up'], {
    env: { IOI_HOME: node.home.folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  killedAfter(t, child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  assert.match(said.toString(), /^ioi is up: node:/);
  child.kill('SIGINT');
  const [code] = (await once(child, 'exit')) as [number];
  assert.equal(code, 0);
  assert.deepEqual(processesNaming(node.folder), []);
});
