import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { processesNaming, testedProgram, until } from '@ioi/basis/testing';

const skip = whyNoPostgres() ?? false;
const IOI = testedProgram('apps/cli/src/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'ioi-members-'));
const passphrase = join(folder, 'passphrase');
const file = ['--passphrase-file', passphrase] as const;
let server: PostgresServer;

type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** A node of its own home, by the command itself. */
class Node {
  readonly home: string;

  constructor(name: string) {
    this.home = join(folder, name);
  }

  /** The process that keeps it running; that of a node that was killed is none. */
  get pid(): number | undefined {
    const path = join(this.home, 'run', 'pid');
    const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
    return pid > 0 && existsSync(`/proc/${pid}`) ? pid : undefined;
  }

  ioi(...args: readonly string[]): Promise<Ran> {
    const env = { ...process.env, IOI_HOME: this.home };
    return new Promise((resolve) => {
      execFile(process.execPath, [IOI, ...args], { env }, (fault, stdout, stderr) => {
        resolve({ code: fault === null ? 0 : Number(fault.code), stdout, stderr });
      });
    });
  }
}

const one = new Node('one');
const two = new Node('two');
before(async () => {
  writeFileSync(passphrase, 'correct horse battery\n', { mode: 0o600 });
  if (!skip) server = await PostgresServer.start();
});
after(async () => {
  await Promise.all([one.ioi('down'), two.ioi('down')]);
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function ok(ran: Promise<Ran>): Promise<string> {
  const { code, stdout, stderr } = await ran;
  assert.equal(code, 0, stderr);
  return stdout;
}

async function answers(node: Node): Promise<boolean> {
  return (await node.ioi('status')).code === 0;
}

/** Runs a node until it is ended; it may stand by. */
function up(node: Node): void {
  const env = { ...process.env, IOI_HOME: node.home };
  const child = spawn(process.execPath, [IOI, 'up'], { env, stdio: 'ignore' });
  child.unref();
}

/** Everything a node consists of, at once. */
function kill(node: Node): void {
  const { pid } = node;
  // First: it would start the others again.
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
  for (const each of processesNaming(node.home)) process.kill(each, 'SIGKILL');
}

async function seqOf(node: Node): Promise<number> {
  const status = JSON.parse(await ok(node.ioi('cluster', 'status', '--json')));
  return status.domains[0].size;
}

test('a node that stands by takes over from one that is killed, and gives way again', {
  skip,
}, async () => {
  await ok(one.ioi('init', ...file));
  const config = JSON.parse(readFileSync(join(one.home, 'node.json'), 'utf8'));
  const store = { kind: 'postgres', url: server.url() };
  writeFileSync(join(one.home, 'node.json'), JSON.stringify({ ...config, store }));
  const alone = await one.ioi('cluster', 'status');
  assert.equal(alone.code, 2);
  assert.match(alone.stderr, /this node is alone/);
  await ok(one.ioi('up', '--detach'));
  await ok(one.ioi('domain', 'open', 'market.example'));
  await ok(one.ioi('down'));
  const wrong = join(folder, 'wrong');
  writeFileSync(wrong, 'another battery\n', { mode: 0o600 });
  const refused = await one.ioi('cluster', 'init', '--member', 'one', '--passphrase-file', wrong);
  assert.notEqual(refused.code, 0);
  await ok(one.ioi('cluster', 'init', '--member', 'one', ...file));
  rmSync(join(one.home, 'cluster', 'member.json'));
  await ok(one.ioi('cluster', 'init', '--member', 'one', ...file));
  await ok(one.ioi('up', '--detach'));
  const request = join(folder, 'request.json');
  const invitation = join(folder, 'invitation.json');
  await ok(two.ioi('cluster', 'request', '--member', 'two', '--out', request));
  await ok(one.ioi('cluster', 'admit', request, '--out', invitation, ...file));
  await ok(two.ioi('cluster', 'join', invitation));
  up(two);
  await until('it stands by', () => two.pid);
  const before = await seqOf(two);
  assert.equal(await answers(two), false);
  kill(one);
  await until('the other writes', () => answers(two));
  const told = JSON.parse(await ok(two.ioi('cluster', 'status', '--json')));
  assert.equal(told.writer, 'two');
  assert.equal(told.term, 2);
  assert.ok(told.domains[0].size > before, 'it said so in the log');
  assert.match(await ok(two.ioi('domain', 'list')), /market\.example/);
  const log = join(folder, 'log.ioi');
  await ok(two.ioi('export', '--out', log));
  assert.match(await ok(two.ioi('verify', log)), /epoch/);
  up(one);
  await until('it stands by', () => one.pid);
  await ok(two.ioi('cluster', 'step-down'));
  await until('the first writes again', () => answers(one));
  const again = await one.ioi('cluster', 'step-down', '--json');
  assert.equal(again.code, 0, again.stderr);
});
