import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { WEB_SERVER } from '@ioi/law';
import type { RunSummary } from '@ioi/protocol';
import { EchoServer } from '../testing/echo-server.ts';
import { runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';

const SECRET = 'planted-4b81e07c95d2f36a';
const node = new TestNode();
const file = ['--passphrase-file', node.passphraseFile];
const rules = ['net::fetch', 'net::http::post'].map((target) => ({
  rule_id: target.replaceAll('::', '_'),
  target,
  action: 'ALLOW',
  conditions: { allow_domains: ['127.0.0.1'] },
}));
let server: EchoServer;
let missing: string | undefined;

before(async () => {
  server = await EchoServer.start();
  assert.equal((await node.init()).code, 0);
  const config = join(node.home.folder, 'node.json');
  // As the first secret of such a place writes it; then the node starts again.
  const extra = { pending_answer_ms: 300, run_credentials: true };
  const own = JSON.parse(readFileSync(config, 'utf8'));
  writeFileSync(config, JSON.stringify({ ...own, ...extra }));
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  const policy = { policy_id: 'web', defaults: 'deny_all', rules };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  assert.equal((await node.activate()).code, 0);
  const { available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout);
  if (!available) missing = 'no sandbox on this machine: ioi mcp sandbox';
});

after(async () => {
  server.close();
  await node.close();
});

async function put(name: string, about: readonly string[], secret = SECRET): Promise<void> {
  const secretFile = join(node.folder, 'secret');
  writeFileSync(secretFile, secret, { mode: 0o600 });
  const where = ['--origin', `http://${server.host}`, '--file', secretFile];
  const ran = await node.ioi('wallet', 'secret', 'set', name, ...about, ...where, ...file);
  assert.equal(ran.code, 0, ran.stderr);
}

/** A script in a sandbox that may go to `$URL`, and what became of it; undefined if skipped. */
async function inside(t: TestContext, script: string, ...options: string[]) {
  if (missing !== undefined) {
    t.skip(missing);
    return undefined;
  }
  const env = { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin' };
  const where = ['--host', server.host, '--host', '127.0.0.2:9', ...options];
  // This machine is left out of proxies, but for what is tried here.
  const words = `URL=http://${server.host}; export NO_PROXY= no_proxy=; exec 2>&1; ${script}`;
  const ran = await runIoi(['run', '--json', ...where, '--', 'sh', '-c', words], {
    env,
    cwd: node.workspace,
  });
  const line = ran.stderr.split('\n').find((each) => each.startsWith('{"run":'));
  return { ...ran, run: (JSON.parse(line ?? '{}') as { run?: RunSummary }).run };
}

const KEY = '--credential=web-key=API_KEY';

/** In no spelling, whole or in part. */
function assertUnread(bytes: string): void {
  for (let at = 0; at + 10 <= SECRET.length; at += 1) {
    const piece = Buffer.from(SECRET.slice(at, at + 10));
    const percent = piece.toString('hex').replaceAll(/../g, '%$&');
    const base64 = piece.toString('base64').slice(0, 12);
    for (const each of [piece.toString(), piece.toString('hex'), percent, base64]) {
      assert.ok(!bytes.includes(each), `${each} in ${bytes}`);
    }
  }
}

/** What the program waits for is granted, for as long as the test lasts. */
async function granted(): Promise<void> {
  const { requests } = JSON.parse((await node.ioi('wallet', 'requests', '--json')).stdout);
  const id = requests[0]?.authority_request_id;
  const lease = ['--lease', '--resource', `http://${server.host}/**`, '--calls', '100'];
  const ran = await node.ioi('wallet', 'grant', String(id), ...lease, '--for', '1h', ...file);
  assert.equal(ran.code, 0, ran.stderr);
}

test('what is missing, locked or bound elsewhere is refused before a start', async (t) => {
  if (missing !== undefined) return t.skip(missing);
  const run = (...options: string[]) =>
    node.ioi('run', ...options, '--', 'sh', '-c', 'echo started');
  const refused = async (code: string, ...options: string[]) => {
    const ran = await run(...options);
    assert.match(ran.stderr, new RegExp(code));
    assert.match(ran.stderr, /ioi wallet/);
    assert.doesNotMatch(ran.stdout, /started/);
  };
  await refused('no secret named nothing', '--credential', 'nothing');
  await put('mail', ['--kind', 'bearer', '--server', 'mail']);
  await refused('is for mail at', '--credential', 'mail');
  await node.ioi('wallet', 'lock');
  await refused('locked', '--credential', 'mail');
  assert.equal((await node.ioi('wallet', 'unlock', ...file)).code, 0);
});

test('a request with a placeholder takes a grant, then has the secret', async (t) => {
  await put('web-key', ['--kind', 'bearer', '--server', WEB_SERVER]);
  const post = 'curl -sS -m 30 -H "Authorization: Bearer $API_KEY" -d x $URL/do';
  const first = await inside(t, `echo "$API_KEY"; ${post}`, KEY);
  if (first === undefined) return;
  assert.match(first.stdout, /^sk-ioi-[0-9a-f]{40}\n/, first.stderr);
  assert.match(first.stdout, /"status":425/);
  assert.equal(server.seen.length, 0);
  await granted();
  const ran = await inside(t, `${post}; curl -sS -m 30 -i -u "me:$API_KEY" $URL/read`, KEY);
  const [sent, read] = server.seen;
  assert.deepEqual([sent?.what, sent?.headers.authorization], ['POST /do', `Bearer ${SECRET}`]);
  const pair = `Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}`;
  assert.deepEqual([read?.what, read?.headers.authorization], ['GET /read', pair]);
  assert.match(ran?.stdout ?? '', /\[redacted\]/);
  assertUnread(String(ran?.stdout));
  assert.equal(ran?.run?.verdicts.allowed, 2);
  const shown = await node.ioi('show', ran?.run?.receipts[0] ?? '', '--json');
  assert.match(shown.stdout, /"authority_grant_id":"grant_/);
  assertUnread(shown.stdout);
});

test('of what comes back the secret is taken out, in pieces and packed as well', async (t) => {
  const get = (path: string) => `curl -sS -m 30 -i -H "x-api-key: $API_KEY" $URL${path}`;
  const ran = await inside(t, `${get('/stream')}; ${get('/gzip')}; ${get('/plain')}`, KEY);
  if (ran === undefined) return;
  assert.equal(server.seen.at(-1)?.headers['x-api-key'], SECRET);
  assert.match(ran.stdout, /data: \[redacted\]\n\ndata: over/);
  assertUnread(ran.stdout);
});

test('a placeholder elsewhere, in a URL, a body or another header sends nothing', async (t) => {
  const before = server.seen.length;
  const key = '-H "x-api-key: $API_KEY"';
  const ran = await inside(
    t,
    [
      `curl -sS -m 30 ${key} http://127.0.0.2:9/`,
      'curl -sS -m 30 "$URL/?key=$API_KEY"',
      'curl -sS -m 30 -d "$API_KEY" $URL/',
      'curl -sS -m 30 -A "$API_KEY" $URL/',
    ].join('; '),
    KEY,
  );
  if (ran === undefined) return;
  for (const code of ['elsewhere', 'in_url', 'in_body', 'header']) {
    assert.match(ran.stdout, new RegExp(`"code":"web.placeholder_${code}"`), ran.stdout);
  }
  assert.equal(server.seen.length, before);
  assert.equal(ran.run?.verdicts.refused, 4);
});

test('the secret is in no export, and a request without it stays plain', async (t) => {
  const ran = await inside(t, 'curl -sS -m 30 $URL/own', KEY);
  if (ran === undefined) return;
  assert.equal(server.seen.at(-1)?.headers.authorization, undefined);
  const exported = join(node.folder, 'export.jsonl');
  assert.equal((await node.ioi('export', '--out', exported)).code, 0);
  assertUnread(readFileSync(exported, 'utf8'));
  const verified = await node.ioi('verify', exported);
  assert.match(verified.stdout, /PASS/, verified.stdout);
});
