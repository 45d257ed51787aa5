import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { processesNaming, until } from '@ioi/basis/testing';
import { runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';
import { WebServer } from '../testing/web-server.ts';

const MIB = 1024 * 1024;
const node = new TestNode();
let server: WebServer | undefined;
let missing: string | undefined;
const conditions = { allow_domains: ['127.0.0.2'] };

before(async () => {
  server = await WebServer.start(node.folder);
  assert.equal((await node.init()).code, 0);
  const trusted = { NODE_EXTRA_CA_CERTS: server?.certificateFile ?? '' };
  const up = await node.ioiWith(trusted, 'up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  const { available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout);
  if (!available) missing = 'no sandbox on this machine: ioi mcp sandbox';
  if (server === undefined) missing = 'nobody makes certificates on this machine: openssl';
});

after(async () => {
  server?.close();
  await node.close();
});

async function adopt(rules: readonly object[], more: object = {}): Promise<void> {
  const policy = { policy_id: 'large', defaults: 'deny_all', rules, ...more };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  const activated = await node.activate();
  assert.equal(activated.code, 0, activated.stderr);
}

async function inside(t: TestContext, script: string) {
  if (missing !== undefined || server === undefined) {
    t.skip(missing);
    return undefined;
  }
  const env = { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin' };
  const where = ['--host', server.host, '--read', dirname(process.execPath)];
  const words = `URL=https://${server.host}; ${script}`;
  return runIoi(['run', '--json', ...where, '--', 'sh', '-c', words], { env, cwd: node.workspace });
}

/** The most that the daemon ever had in memory. */
function mostMemory(): number {
  const daemon = processesNaming(node.folder).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('hosts/daemon/src/main.'),
  );
  assert.ok(daemon !== undefined);
  return (
    Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${daemon}/status`, 'utf8'))?.[1]) * 1024
  );
}

const READ = { rule_id: 'read', target: 'net::fetch', conditions, action: 'ALLOW' };
const POST = { rule_id: 'post', target: 'net::http::post', conditions, action: 'ALLOW' };
const send = (size: number, seconds = 60): string =>
  `head -c ${size} /dev/urandom > sent; sha256sum sent; ` +
  `curl -sS -m ${seconds} --data-binary @sent -H "Expect:" $URL/large/up`;
const spooled = (): string[] => readdirSync(join(node.home.folder, 'data', 'bodies'));

test('a download and an upload that fit no memory go through in constant memory', async (t) => {
  await adopt([READ, POST]);
  const warm = await inside(t, 'curl -sS -m 60 $URL/x');
  if (warm === undefined) return;
  assert.equal(warm.code, 0, warm.stderr);
  const before = mostMemory();
  const down = await inside(t, `curl -sS -m 100 $URL/large/${160 * MIB} | wc -c`);
  assert.match(down?.stdout ?? '', new RegExp(`^${160 * MIB}$`, 'm'));
  const up = await inside(t, send(160 * MIB));
  const [digest] = /^[0-9a-f]{64}/.exec(up?.stdout ?? '') ?? [];
  assert.match(up?.stdout ?? '', new RegExp(`^${digest} ${160 * MIB}$`, 'm'));
  const grown = mostMemory() - before;
  assert.ok(grown < 120 * MIB, `it took ${Math.round(grown / MIB)} MiB more`);
  // Named by what it is in the log, kept by that name, and nowhere else any more.
  const shown = await node.ioi('log', '-n', '30', '--json');
  assert.ok(shown.stdout.includes(`"$stream":"sha256:${digest}"`), shown.stdout);
  await until('it is nowhere else', () => spooled().length === 0 || undefined);
  const kept = await node.ioi('data', 'show', 'class:body', '--json');
  assert.match(kept.stdout, new RegExp(`sha256:${digest}`));
});

test('a rule that reads texts lets nothing through that it does not read', async (t) => {
  const block = { ...POST, rule_id: 'no_secrets', action: 'BLOCK' };
  const looks = { ...block, conditions: { ...conditions, block_text_pattern: 'secret-[0-9]+' } };
  await adopt([POST, looks]);
  const ran = await inside(t, send(9 * MIB));
  if (ran === undefined) return;
  assert.match(ran.stdout, /no_secrets reads texts, of up to 8388608 bytes/);
  const short = await inside(t, 'curl -sS -m 60 --data-binary harmless $URL/large/up');
  assert.match(short?.stdout ?? '', /[0-9a-f]{64} 8$/m);
});

test('what leaves is inspected, or does not leave', async (t) => {
  const egress = [{ target: 'net::*', deny: ['email'] }];
  await adopt([POST], { egress });
  const ran = await inside(t, send(9 * MIB));
  if (ran === undefined) return;
  assert.match(ran.stdout, /web\.body_not_read[\s\S]*8388608 bytes/);
});

test('whoever asks for a person is answered once, however long what it sends is', async (t) => {
  await adopt([{ ...POST, rule_id: 'ask', action: 'REQUIRE_APPROVAL' }]);
  const running = inside(t, send(9 * MIB));
  if (missing !== undefined) return void (await running);
  const pending = await node.waiting();
  assert.equal(spooled().length, 1);
  const file = ['--passphrase-file', node.passphraseFile];
  const approved = await node.ioi('approve', pending.request_hash, ...file);
  assert.equal(approved.code, 0, approved.stderr);
  const ran = await running;
  assert.match(ran?.stdout ?? '', new RegExp(`^[0-9a-f]{64} ${9 * MIB}$`, 'm'));
  await until('nothing is left', () => spooled().length === 0 || undefined);
  // One that leaves while it waits leaves nothing behind either, once it is decided.
  await inside(t, send(9 * MIB, 4));
  const { request_hash: left } = await node.waiting();
  assert.equal(spooled().length, 1);
  const denied = await node.ioi('deny', left, ...file);
  assert.equal(denied.code, 0, denied.stderr);
  await until('nothing is left of it', () => spooled().length === 0 || undefined);
});
