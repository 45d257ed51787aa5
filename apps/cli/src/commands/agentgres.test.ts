import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { type Summary, verify } from '@ioi/verifier';
import { connectAgent } from '../demo/agent.ts';
import { homeAt } from '../shell/home.ts';
import { recover } from '../shell/recovery.ts';
import { decideReplacement, replacementSteps, withPart } from '../shell/replacement.ts';
import { IOI, runIoi } from '../testing/run-ioi.ts';
import { PASSPHRASE, TestNode } from '../testing/test-node.ts';

const nodes: TestNode[] = [];
after(async () => {
  for (const node of nodes) await node.close();
});

/** A node with an active policy, running. */
async function running(): Promise<TestNode> {
  const node = new TestNode();
  nodes.push(node);
  assert.equal((await node.init()).code, 0);
  await up(node);
  assert.equal((await node.activate()).code, 0);
  return node;
}

async function up(node: TestNode): Promise<void> {
  const started = await node.ioi('up', '--detach');
  assert.equal(started.code, 0, started.stderr);
}

/** An export of a running node. */
async function exported(node: TestNode, name: string): Promise<string> {
  const path = join(node.folder, name);
  const done = await node.ioi('export', '--out', path);
  assert.equal(done.code, 0, done.stderr);
  return path;
}

async function remembered(node: TestNode, name: string): Promise<string> {
  const path = join(node.folder, name);
  writeFileSync(path, (await node.ioi('checkpoint')).stdout);
  return path;
}

/** What a verification of the running node's export says. */
async function summaryOf(node: TestNode): Promise<Summary> {
  const path = await exported(node, `${performance.now()}.ioi`);
  const report = verify([encodeUtf8(readFileSync(path, 'utf8'))]);
  assert.ok(report.ok, JSON.stringify(report.findings));
  return report.summary;
}

const withPassphrase = (node: TestNode) => ['--passphrase-file', node.passphraseFile];

function restore(node: TestNode, backup: string, ...flags: readonly string[]) {
  return node.ioi('agentgres', 'restore', backup, ...withPassphrase(node), ...flags);
}

function handover(node: TestNode, ...flags: readonly string[]) {
  return node.ioi('agentgres', 'handover', ...withPassphrase(node), ...flags);
}

const asideOf = (node: TestNode): string => {
  const names = readdirSync(node.home.setAside).sort();
  return join(node.home.setAside, names.at(-1) ?? '');
};

test('a restored backup is a new epoch that says what was lost; what waited ends', async () => {
  const node = await running();
  const notes = join(node.workspace, 'notes.txt');
  const agent = await connectAgent(node.home);
  const call = agent.call('write_file', { path: notes, content: 'new\n' });
  const item = await node.waiting();
  const id = item.request_hash;
  const backup = await exported(node, 'backup.ioi');
  const early = await remembered(node, 'early.txt');
  assert.equal((await node.ioi('approve', id, ...withPassphrase(node))).code, 0);
  await call;
  await agent.close();
  const late = await remembered(node, 'late.txt');
  const whileUp = await restore(node, backup);
  assert.equal(whileUp.code, 2);
  assert.match(whileUp.stderr, /the node runs/);
  await node.ioi('down');

  const restored = await restore(node, backup);
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(restored.stderr, /lost +\d+ entries, sealed after the backup/);
  assert.match(restored.stderr, /boundary\/action\.receipt/);
  assert.match(restored.stdout, /goes on in epoch 1 after \d+ entries/);
  await up(node);
  assert.deepEqual(await node.guardian.pending(), [], 'it may have been done in what was lost');
  assert.match((await node.ioi('show', id)).stdout, /cancelled/i);
  const summary = await summaryOf(node);
  assert.equal(summary.epochs[0]?.reason, 'restore');
  assert.equal(summary.actions.pending, 0);
  assert.equal(summary.policies.length, 1, 'the policy is the one of the backup');
  assert.equal((await node.ioi('checkpoint', '--since', early)).code, 0);
  const gone = await node.ioi('checkpoint', '--since', late);
  assert.equal(gone.code, 12);
  assert.match(gone.stdout, /expect\.other_epoch/);
});

test('another seal key goes on; the guardian before cannot over this log', async () => {
  const node = await running();
  const before = await remembered(node, 'before.txt');
  await node.ioi('down');
  const wrong = join(node.folder, 'wrong');
  writeFileSync(wrong, 'not the passphrase\n');
  const refused = await node.ioi('agentgres', 'handover', '--passphrase-file', wrong);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /wrong passphrase/);
  await up(node);
  await node.ioi('down');
  const handed = await handover(node, '--json');
  assert.equal(handed.code, 0, handed.stderr);
  assert.equal(JSON.parse(handed.stdout).epoch, '1');
  await up(node);
  assert.equal((await node.ioi('checkpoint', '--since', before)).code, 0);
  assert.deepEqual(
    (await summaryOf(node)).epochs.map(({ reason }) => reason),
    ['handover'],
  );
  await node.ioi('down');
  const aside = asideOf(node);
  renameSync(node.home.guardian, join(node.folder, 'newer'));
  cpSync(join(aside, 'guardian'), node.home.guardian, { recursive: true });
  const old = await node.ioi('up', '--detach');
  assert.notEqual(old.code, 0);
  assert.match(old.stderr, /log\.seal_rolled_back/);
});

test('a whole node goes on elsewhere; the one before makes but a fork that shows', async () => {
  const node = await running();
  await node.ioi('down');
  const elsewhere = join(node.folder, 'elsewhere');
  const handed = await handover(node, '--to', elsewhere);
  assert.equal(handed.code, 0, handed.stderr);
  assert.equal((await node.ioi('up', '--detach')).code, 2, 'here is no node any more');
  const moved = { IOI_HOME: elsewhere };
  assert.equal((await node.ioiWith(moved, 'up', '--detach')).code, 0);
  const checkpoint = join(node.folder, 'moved.txt');
  writeFileSync(checkpoint, (await node.ioiWith(moved, 'checkpoint')).stdout);
  await node.ioiWith(moved, 'down');
  const aside = asideOf(node);
  for (const name of ['guardian', 'data']) {
    cpSync(join(aside, name), join(node.home.folder, name), { recursive: true });
  }
  await up(node);
  const fork = await exported(node, 'fork.ioi');
  assert.equal((await node.ioi('verify', fork)).code, 0, 'alone it looks like any other');
  const held = await node.ioi('verify', fork, '--expect', checkpoint);
  assert.equal(held.code, 12);
  assert.match(held.stdout, /expect\.other_log/);
});

test('without its machine a node is restored from a backup and the owner’s key file', async () => {
  const node = await running();
  const backup = await exported(node, 'backup.ioi');
  const owner = join(node.folder, 'owner.key');
  copyFileSync(join(node.home.guardian, 'owner.key'), owner);
  await node.ioi('down');
  const fresh = { IOI_HOME: join(node.folder, 'fresh') };
  const there = (...args: readonly string[]) => node.ioiWith(fresh, ...args);
  const keyless = await there('agentgres', 'restore', backup, ...withPassphrase(node));
  assert.equal(keyless.code, 2);
  assert.match(keyless.stderr, /owner-key/);
  const bad = join(node.folder, 'bad.ioi');
  writeFileSync(bad, readFileSync(backup, 'utf8').replace('boundary/genesis', 'boundary/genesiz'));
  const damaged = await there('agentgres', 'restore', bad, ...withPassphrase(node));
  assert.equal(damaged.code, 12);
  const key = ['--owner-key', owner];
  const restored = await there('agentgres', 'restore', backup, ...key, ...withPassphrase(node));
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(restored.stderr, /nothing was sealed here/);
  assert.equal((await there('up', '--detach')).code, 0);
  const status = await there('status');
  assert.match(status.stdout, /policy +workspace version 1/);
  await there('down');
  const other = await running();
  await other.ioi('down');
  const config = JSON.parse(readFileSync(other.home.nodeConfig, 'utf8'));
  const elsewhere = { ...config, store: { kind: 'postgres', url: 'postgresql:///x' } };
  writeFileSync(other.home.nodeConfig, JSON.stringify(elsewhere));
  assert.match((await restore(other, backup)).stderr, /keeps its logs in a database/);
  writeFileSync(other.home.nodeConfig, JSON.stringify(config));
  const foreign = await restore(other, backup);
  assert.equal(foreign.code, 2);
  assert.match(foreign.stderr, /the backup is of node:/);
});

test('between any two steps of a replacement there is a node to start, and one only', async () => {
  const node = await running();
  await node.ioi('down');
  const { guardian, data } = node.home;
  const counted = await withPart(node.home.next, async (into) => {
    const job = { guardian, data, into, passphrase: PASSPHRASE, withLog: true };
    await recover({ kind: 'handover', ...job }, 'made', () => {});
    const copy = copyOf(node, 'undecided');
    assert.deepEqual(await epochsIn(node, copy), [], 'the old one, until it is decided');
    decideReplacement(node.home, into, new Date(0));
    return [...replacementSteps(homeAt(copyOf(node, 'counting')))].length;
  });
  assert.ok(counted >= 5);
  for (let done = 0; done <= counted; done += 1) {
    const copy = copyOf(node, `after-${done}`);
    let at = 0;
    for (const step of replacementSteps(homeAt(copy))) {
      if (at === done) break;
      step();
      at += 1;
    }
    assert.deepEqual(await epochsIn(node, copy), ['1'], `after ${done} steps`);
  }
});

test('however a restore is killed, the node starts again and its log verifies', async () => {
  const node = await running();
  const backup = await exported(node, 'backup.ioi');
  await node.ioi('down');
  const startedAt = performance.now();
  assert.equal((await restore(node, backup)).code, 0);
  const wholeMs = performance.now() - startedAt;
  for (const part of [0.4, 0.6, 0.8, 0.9, 0.97]) {
    const args = ['agentgres', 'restore', backup, ...withPassphrase(node)];
    const child = spawn(process.execPath, [IOI, ...args], {
      env: { IOI_HOME: node.home.folder },
      stdio: 'ignore',
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), wholeMs * part);
    await once(child, 'exit');
    clearTimeout(timer);
    await up(node);
    await summaryOf(node);
    await node.ioi('down');
  }
});

function copyOf(node: TestNode, name: string): string {
  const copy = join(node.folder, name);
  cpSync(node.home.folder, copy, { recursive: true });
  return copy;
}

/** Epochs that the log of a node says, once it is started. */
async function epochsIn(node: TestNode, folder: string): Promise<string[]> {
  const env = { IOI_HOME: folder };
  const started = await runIoi(['up', '--detach'], { env });
  assert.equal(started.code, 0, started.stderr);
  const out = join(folder, 'log.ioi');
  await node.ioiWith(env, 'export', '--out', out);
  await node.ioiWith(env, 'down');
  const report = verify([encodeUtf8(readFileSync(out, 'utf8'))]);
  assert.ok(report.ok, JSON.stringify(report.findings));
  return report.summary.epochs.map(({ epoch }) => epoch);
}
