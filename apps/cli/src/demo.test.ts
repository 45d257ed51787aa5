import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { processesNaming, until } from '@ioi/basis/testing';
import { realAgent } from './testing/real-agents.ts';
import { IOI, killedAfter, newFolder, removeFolder, runIoi } from './testing/run-ioi.ts';

/** A demo verifies hundreds of entries in processes of its own: long, on a busy machine. */
const PATIENCE_MS = 120_000;

/** A folder that is gone after the test, with what still runs in it when an assertion failed. */
function ownFolder(t: TestContext): string {
  const folder = newFolder();
  t.after(() => {
    for (const id of processesNaming(folder)) killIfThere(id);
    removeFolder(folder);
  });
  return folder;
}

function killIfThere(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Verdict, target, path and rule of each act, in order. */
const ACTS = [
  ['ALLOW', 'fs::list', 'workspace', 'list_workspace'],
  ['BLOCK', 'fs::write', 'outside/report.txt', 'no rule: denied'],
  ['ALLOW', 'fs::read', 'workspace/notes.txt', 'read_workspace'],
  ['BLOCK', 'fs::read', 'workspace/.ssh/id_ed25519', 'never_touch_secrets'],
  ['ALLOW', 'fs::write', 'workspace/summary.md', 'write_new_files'],
  ['BLOCK', 'fs::read', 'outside/deploy.pem', 'never_touch_secrets'],
  ['REQUIRE_APPROVAL', 'fs::write', 'workspace/notes.txt', 'ask_before_replacing'],
  ['APPROVED', 'fs::write', 'workspace/notes.txt', 'ask_before_replacing'],
];

function actsIn(stdout: string): string[][] {
  return stdout
    .split('\n')
    .filter((line) => /^ {2}\S.* ms {2}receipt_[0-9a-f]{12}$/.test(line))
    .map((line) => line.trim().split(/ {2,}/).slice(0, 4));
}

test('the demo shows every verdict, verifies, ends by itself and leaves nothing', async (t) => {
  const folder = ownFolder(t);
  // No HOME and no PATH: only where temporary files may go, so that what is left can be seen.
  const { code, stdout, stderr } = await runIoi(['demo', '--once', '--yes'], {
    env: { TMPDIR: folder },
  });
  assert.equal(code, 0, stderr + stdout);
  assert.deepEqual(actsIn(stdout), ACTS);
  assert.match(stdout, /policy\.default_deny: no rule allows it; nearest is write_new_files/);
  assert.match(stdout, /see: IOI_HOME=\S+ ioi why receipt_[0-9a-f]{12}/);
  assert.match(stdout, /approved without asking: this is a demo node/);
  assert.match(stdout, /3 allowed, 3 blocked, 1 approved/);
  assert.match(stdout, /node +node:\/\/local\/[0-9a-f]{32} \(demo\)/);
  assert.match(stdout, /^ {2}PASS {2}[0-9]+ entries verified$/m);
  assert.match(stdout, /"mcpServers"/);
  assert.match(stdout, /^ {2}ioi connect$/m);
  assert.match(stdout, /claude mcp add ioi -e IOI_HOME=\S+ -- \S+ \S+ mcp/);
  assert.equal(stderr, '');
  assert.deepEqual(processesNaming(folder), []);
  const left = readdirSync(folder);
  assert.deepEqual(left, []);
});

test('a kept demo leaves its node, its export and what the agent did, nothing else', async (t) => {
  const folder = ownFolder(t);
  const keep = join(folder, 'kept');
  const ran = await runIoi(['demo', '--once', '--yes', '--keep', keep], { env: {} });
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(existsSync(join(keep, 'outside', 'report.txt')), false);
  assert.ok(existsSync(join(keep, 'workspace', 'summary.md')));
  assert.match(readFileSync(join(keep, 'workspace', 'notes.txt'), 'utf8'), /^Monday: plants/);
  const held = ['--expect', join(keep, 'checkpoint.txt')];
  const verified = await runIoi(['verify', join(keep, 'demo.ioi-export'), ...held], { env: {} });
  assert.equal(verified.code, 0, verified.stdout);
  assert.deepEqual(processesNaming(keep), []);
  const again = await runIoi(['demo', '--once', '--yes', '--keep', keep], { env: {} });
  assert.equal(again.code, 2);
  assert.match(again.stderr, /is not empty/);
});

test('an agent of this machine is stopped at the end of the demo, by its receipts', async (t) => {
  const path = realAgent('codex');
  if (path === undefined) return t.skip('codex is not installed to be tested');
  const folder = ownFolder(t);
  const env = { TMPDIR: folder, PATH: '/usr/bin:/bin' };
  const { code, stdout, stderr } = await runIoi(['demo', '--once', '--yes', '--agent', path], {
    env,
  });
  if (stderr.includes('no sandbox')) return t.skip('no sandbox on this machine: ioi mcp sandbox');
  assert.equal(code, 0, stderr + stdout);
  assert.deepEqual(actsIn(stdout), ACTS);
  assert.match(stdout, /^Codex, in a sandbox, offline/m);
  assert.match(stdout, /^ {2}green +Codex/m);
  assert.match(stdout, /held +a host that no rule allows.* receipt_[0-9a-f]{12}$/m);
  assert.equal(stdout.match(/see: IOI_HOME=\S+ ioi why receipt_/g)?.length, 5);
  assert.match(stdout, /^ {2}PASS {2}[0-9]+ entries verified$/m);
  assert.deepEqual(readdirSync(folder), []);
});

test('without --once the demo serves until Ctrl-C; programs can follow it as JSON', async (t) => {
  const folder = ownFolder(t);
  const keep = join(folder, 'kept');
  mkdirSync(keep);
  const child = spawn(process.execPath, [IOI, 'demo', '--json', '--keep', keep], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  killedAfter(t, child);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until('it has verified', () => /"verified":true.*\n/.test(said), PATIENCE_MS);
  const lines = said
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.flatMap(({ act }) => (act === undefined ? [] : [act.word])),
    ACTS.map(([word]) => word),
  );
  const status = await runIoi(['status', '--json'], { env: { IOI_HOME: join(keep, 'home') } });
  assert.equal(JSON.parse(status.stdout).demo, true);
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  assert.deepEqual(await ended, [0, null]);
  assert.deepEqual(processesNaming(keep), []);
});

/** Runs the demo at a terminal, where a person answers the question. */
async function atTerminal(t: TestContext, folder: string, answer: string) {
  const keep = join(folder, 'kept');
  const command = [process.execPath, IOI, 'demo', '--once', '--keep', keep].join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'dumb', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  killedAfter(t, child);
  let screen = '';
  let isAnswered = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    if (isAnswered || !screen.includes('Approve exactly this?')) return;
    isAnswered = true;
    child.stdin.write(answer);
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, screen: screen.replaceAll('\r\n', '\n'), keep };
}

test('at a terminal a person approves, or denies and the file stays as it was', async (t) => {
  const folder = ownFolder(t);
  const yes = await atTerminal(t, join(folder, 'yes'), 'y\r');
  assert.equal(yes.code, 0, yes.screen);
  assert.match(yes.screen, /APPROVED +fs::write/);
  assert.match(yes.screen, /│ Monday: plants\./);
  const no = await atTerminal(t, join(folder, 'no'), 'n\r');
  assert.equal(no.code, 0, no.screen);
  assert.match(no.screen, /DENIED +fs::write|DENIED/);
  assert.match(readFileSync(join(no.keep, 'workspace', 'notes.txt'), 'utf8'), /water the plants/);
});

test('Ctrl-C at the question leaves neither a process nor an approval', async (t) => {
  const folder = ownFolder(t);
  const { keep } = await atTerminal(t, folder, '\u0003');
  await until('nothing runs', () => processesNaming(keep).length === 0, PATIENCE_MS);
  assert.match(readFileSync(join(keep, 'workspace', 'notes.txt'), 'utf8'), /water the plants/);
});

test('a demo told to stop half way leaves nothing, and touches no folder in use', async (t) => {
  const folder = ownFolder(t);
  const child = spawn(process.execPath, [IOI, 'demo', '--yes'], {
    env: { TMPDIR: folder },
    stdio: 'ignore',
  });
  killedAfter(t, child);
  await until('its node starts', () => processesNaming(folder).length > 0, PATIENCE_MS);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  await until('nothing runs', () => processesNaming(folder).length === 0, PATIENCE_MS);
  assert.deepEqual(readdirSync(folder), []);
  writeFileSync(join(folder, 'mine'), 'x');
  assert.equal((await runIoi(['demo', '--keep', folder], { env: {} })).code, 2);
  assert.ok(existsSync(join(folder, 'mine')));
});
