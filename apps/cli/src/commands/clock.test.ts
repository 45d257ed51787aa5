// A running node whose clock is set: every process of it reads the time through a library that
// adds what a file says. It is loaded in a mount namespace, so nothing of the node knows of it.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { clockCheck } from '../core/doctor/checks.ts';
import { IOI } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const YEAR_S = 365 * 86_400;
const node = new TestNode();
const offset = join(node.folder, 'offset');
const library = join(node.folder, 'clock.so');
/** Each look is a whole command. */
const PATIENCE_MS = 240_000;
let child: ChildProcess | undefined;

const SOURCE = `
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long offset(void) {
  long by = 0;
  FILE *file = fopen("${offset}", "r");
  if (file) { if (fscanf(file, "%ld", &by) != 1) by = 0; fclose(file); }
  return by;
}
int clock_gettime(clockid_t id, struct timespec *at) {
  int ended = syscall(SYS_clock_gettime, id, at);
  if (ended == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += offset();
  return ended;
}
int gettimeofday(struct timeval *at, void *zone) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
`;

/** Over /etc lies one that is gone with the last process of the node. */
const OVER = `${node.folder}/over`;
const LAYERS = `lowerdir=/etc,upperdir=${OVER}/up,workdir=${OVER}/work`;
const SHIFTED = [
  `mount -t tmpfs none "${OVER}"`,
  `mkdir "${OVER}/up" "${OVER}/work"`,
  `mount -t overlay overlay -o "${LAYERS}" /etc`,
  `echo "${library}" > /etc/ld.so.preload`,
  'exec "$@"',
].join(' && ');
const INSIDE = ['--mount', '--propagation', 'private', 'sh', '-c', SHIFTED, 'sh'];

function missing(): string | false {
  if (process.getuid?.() !== 0) return 'a clock is set for a node by root alone';
  if (spawnSync('which', ['gcc']).status !== 0) return 'there is no gcc here';
  mkdirSync(join(node.folder, 'over'));
  const source = join(node.folder, 'clock.c');
  writeFileSync(source, SOURCE);
  writeFileSync(offset, '0');
  const made = spawnSync('gcc', ['-shared', '-fPIC', '-O1', '-o', library, source], {
    encoding: 'utf8',
  });
  if (made.status !== 0) return `no library could be made: ${made.stderr}`;
  writeFileSync(offset, String(YEAR_S));
  const said = spawnSync('unshare', [...INSIDE, 'date', '+%s'], { encoding: 'utf8' });
  writeFileSync(offset, '0');
  const isShifted = Math.abs(Number(said.stdout) - Date.now() / 1000 - YEAR_S) < 600;
  return isShifted ? false : `the time is not shifted here: ${said.stderr}`;
}

const skip = missing();

async function start(): Promise<void> {
  child = spawn('unshare', [...INSIDE, process.execPath, IOI, 'up'], {
    env: { PATH: '/usr/bin:/bin', IOI_HOME: node.home.folder, IOI_NOTIFY: 'off' },
    stdio: 'ignore',
  });
  await until('it answers', async () => (await node.ioi('status')).code === 0, PATIENCE_MS);
}

async function stop(): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  await node.ioi('down');
  await ended;
}

after(async () => {
  await stop();
  await node.close();
});

let rules = 0;

/** Seals something, and tells what Chain Time it got. */
async function sealed(): Promise<number> {
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8'));
  rules += 1;
  const added = {
    rule_id: `none_${rules}`,
    target: `net::none${rules}`,
    action: 'BLOCK',
    conditions: {},
  };
  const path = join(node.folder, 'next.json');
  writeFileSync(path, JSON.stringify({ ...policy, rules: [...policy.rules, added] }));
  const file = ['--passphrase-file', node.passphraseFile];
  const done = await node.ioi('policy', 'activate', path, ...file);
  assert.equal(done.code, 0, done.stderr);
  const { entries } = await node.daemon.log({ limit: 1 });
  return Number(entries[0]?.chain_time);
}

const shift = (seconds: number): void => writeFileSync(offset, String(seconds));

test('a clock that is set while the node runs moves Chain Time on, and never back', {
  skip,
}, async () => {
  assert.equal((await node.init()).code, 0);
  await start();
  const first = await sealed();
  assert.ok(Math.abs(first - Date.now()) < 60_000);
  shift(-YEAR_S);
  const behind = await sealed();
  assert.ok(behind >= first && behind - first < 120_000, `${behind - first}`);
  shift(YEAR_S);
  const ahead = await sealed();
  assert.ok(ahead - first > (YEAR_S - 60) * 1000, `${ahead - first}`);
  shift(0);
  const right = await sealed();
  assert.ok(right >= ahead);
  const told = JSON.parse((await node.ioi('doctor', '--json')).stdout);
  const clock = told.checks.find(({ name }: { name: string }) => name === 'clock');
  assert.deepEqual([clock.state, clock.code], ['warn', 'clock.behind']);
  assert.match(clock.about, /36[45] days behind Chain Time/);
  await stop();
  shift(-YEAR_S);
  await start();
  assert.ok((await sealed()) >= right);
  const out = join(node.folder, 'log.ioi');
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  assert.equal((await node.ioi('verify', out)).code, 0);
});

test('a clock behind Chain Time has a name and a way back', () => {
  const check = clockCheck(1_800_000_000_000, 1_700_000_000_000);
  assert.deepEqual([check.code, check.state], ['clock.behind', 'warn']);
  assert.ok(check.next);
});
