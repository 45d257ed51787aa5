import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { digestOf } from '@ioi/canon';
import type { RunSummary } from '@ioi/protocol';
import { addFetchServer, readPage } from '../testing/fetch-server.ts';
import { type Ran, runIoi } from '../testing/run-ioi.ts';
import { TestNode } from '../testing/test-node.ts';
import { WebServer } from '../testing/web-server.ts';

const node = new TestNode();
let server: WebServer | undefined;
let missing: string | undefined;

const rules = [
  { rule_id: 'read', target: 'net::fetch', action: 'ALLOW' },
  { rule_id: 'git', target: 'net::http::post', action: 'ALLOW' },
  { rule_id: 'socket', target: 'net::http::websocket', action: 'ALLOW' },
  { rule_id: 'push', target: 'net::git::push', action: 'ALLOW' },
  { rule_id: 'ask_put', target: 'net::http::put', action: 'REQUIRE_APPROVAL' },
];
const policy = {
  policy_id: 'web',
  defaults: 'deny_all',
  rules: [
    ...rules.map((each) => ({ ...each, conditions: { allow_domains: ['127.0.0.2'] } })),
    {
      rule_id: 'ask_to_force',
      target: 'net::git::push',
      conditions: { allow_commands: ['git push --force **', 'git push --delete **'] },
      action: 'REQUIRE_APPROVAL',
    },
  ],
};

before(async () => {
  server = await WebServer.start(node.folder);
  assert.equal((await node.init()).code, 0);
  const config = join(node.home.folder, 'node.json');
  const own = JSON.parse(readFileSync(config, 'utf8'));
  writeFileSync(config, JSON.stringify({ ...own, pending_answer_ms: 300 }));
  addFetchServer(node, server?.certificateFile ?? '');
  const trusted = { NODE_EXTRA_CA_CERTS: server?.certificateFile ?? '' };
  const up = await node.ioiWith(trusted, 'up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  writeFileSync(node.home.policy, JSON.stringify(policy));
  const activated = await node.activate();
  assert.equal(activated.code, 0, activated.stderr);
  const { available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout);
  if (!available) missing = 'no sandbox on this machine: ioi mcp sandbox';
  if (server === undefined) missing = 'nobody makes certificates on this machine: openssl';
});

after(async () => {
  server?.close();
  await node.close();
});

/** A script in a sandbox, to which `$URL` is the only host; undefined where it is skipped. */
async function inside(t: TestContext, script: string, ...options: string[]) {
  if (missing !== undefined || server === undefined) {
    t.skip(missing);
    return undefined;
  }
  const env = { IOI_HOME: node.home.folder, PATH: '/usr/bin:/bin' };
  const where = ['--host', server.host, '--read', dirname(process.execPath), ...options];
  const words = `URL=https://${server.host}; NODE=${process.execPath}; ${script}`;
  const args = ['run', '--json', ...where, '--', 'sh', '-c', words];
  const ran = await runIoi(args, { env, cwd: node.workspace });
  return { ...ran, run: summaryIn(ran) };
}

function summaryIn({ stderr }: Ran): RunSummary {
  const line = stderr.split('\n').find((each) => each.startsWith('{"run":'));
  assert.ok(line, stderr);
  return (JSON.parse(line) as { run: RunSummary }).run;
}

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

/** Each asks for `$URL/NAME`, as its own kind trusts and goes out. */
const CLIENTS: Readonly<Record<string, string>> = {
  curl: 'curl -sS -m 20 $URL/curl',
  node: `$NODE -e "fetch('$URL/node').then((r) => r.text()).then(console.log)"`,
  python3: `python3 -c "import urllib.request as u; print(u.urlopen('$URL/python3').read())"`,
};

for (const [name, command] of Object.entries(CLIENTS)) {
  test(`what ${name} asks for over TLS is decided, performed and receipted`, async (t) => {
    if (name !== 'node' && !has(`/usr/bin/${name}`)) return t.skip(`${name} is not here`);
    const ran = await inside(t, command);
    if (ran === undefined) return;
    assert.match(ran.stdout, new RegExp(`answer to GET /${name}`), ran.stderr);
    assert.equal(ran.run.verdicts.allowed, 1);
    assert.deepEqual(Object.values(ran.run.reached), [1]);
    const { coverage } = ran.run;
    assert.deepEqual([coverage.http, coverage.files], ['mediated', 'recorded']);
    const shown = await node.ioi('show', ran.run.receipts[0] ?? '', '--json');
    assert.match(shown.stdout, new RegExp(`"url":"https://127[^"]*/${name}"`));
    assert.match(shown.stdout, /rrsa_domain_binding/);
  });
}

test('one read by MCP, by a shell and in code has one target and one form', async (t) => {
  const ran = await inside(
    t,
    `curl -sS -m 20 $URL/one; ${CLIENTS['node']?.replace('/node', '/one')}`,
  );
  if (ran === undefined) return;
  const url = `https://${server?.host}/one`;
  const read = await readPage(node, url, 'GET');
  assert.match(JSON.stringify(read), /answer to GET \/one/);
  const log = await node.ioi('log', '-n', '100', '--json');
  const entries = log.stdout.split('\n').filter((line) => line !== '');
  const digests = entries.flatMap((line) => {
    const { request } = JSON.parse(line).payload;
    if (request?.params?.url !== url) return [];
    const { _meta, ...params } = request.params;
    const digest = digestOf({ target: request.target, params });
    return digest.ok ? [digest.value] : [];
  });
  assert.equal(digests.length, 3, log.stdout);
  assert.equal(new Set(digests).size, 1);
});

test('a WebSocket is an act that lasts as long as it does', async (t) => {
  const script = [
    "const socket = new WebSocket(process.env.URL.replace('https', 'wss') + '/socket');",
    "socket.onmessage = ({ data }) => console.log('heard', data);",
    "socket.onclose = ({ code }) => console.log('closed', code);",
    "socket.onerror = ({ message }) => console.log('error', message);",
  ];
  const ran = await inside(t, `export URL; $NODE -e "${script.join(' ')}"`);
  if (ran === undefined) return;
  assert.match(ran.stdout, /heard hello\nclosed 1000/, ran.stderr);
  assert.deepEqual([ran.run.verdicts.allowed, ran.run.receipts.length], [1, 1]);
  const shown = await node.ioi('show', ran.run.receipts[0] ?? '', '--json');
  assert.match(shown.stdout, /"target":"net::http::websocket"/);
});

test('what no rule allows is refused by name, and reaches nobody', async (t) => {
  const ran = await inside(t, 'curl -sS -m 20 -X DELETE $URL/a; curl -sS -m 20 https://b.example/');
  if (ran === undefined) return;
  assert.match(ran.stdout, /"code":"policy.default_deny"/);
  assert.match(ran.stderr, /response 403/);
  const { blocked, refused, allowed } = ran.run.verdicts;
  assert.deepEqual([blocked, refused, allowed], [1, 1, 0]);
  assert.ok(!server?.seen.some((each) => each.startsWith('DELETE')));
});

test('what a person has to approve waits, and is done once', async (t) => {
  const put = 'curl -sS -m 20 -X PUT -d paid $URL/pay';
  const ran = await inside(t, put);
  if (ran === undefined) return;
  assert.match(ran.stdout, /"status":425[^}]*"rule_id":"ask_put"/);
  const [, id = ''] = /"request_id":"(sha256:[0-9a-f]+)"/.exec(ran.stdout) ?? [];
  const done = () => server?.seen.filter((each) => each.startsWith('PUT')).length;
  assert.equal(done(), 0);
  const file = ['--passphrase-file', node.passphraseFile];
  const approved = await node.ioi('approve', id, ...file);
  assert.equal(approved.code, 0, approved.stderr);
  const again = await inside(t, put);
  assert.match(again?.stdout ?? '', /answer to PUT \/pay/);
  assert.equal(done(), 1);
});

test('a credential that a program sends stands in no log', async (t) => {
  const ran = await inside(t, 'curl -sS -m 20 -H "Authorization: Bearer planted-7f3a" $URL/own');
  if (ran === undefined) return;
  assert.ok(server?.seen.includes('GET /own Bearer planted-7f3a 0'));
  const exported = join(node.folder, 'export.jsonl');
  assert.equal((await node.ioi('export', '--out', exported)).code, 0);
  assert.doesNotMatch(readFileSync(exported, 'utf8'), /planted-7f3a/);
  const verified = await node.ioi('verify', exported);
  assert.match(verified.stdout, /PASS/, verified.stdout);
});

test('git clones and pushes over the door, each request an act', async (t) => {
  if (!has('/usr/bin/git')) return t.skip('git is not here');
  const own = '-c user.name=t -c user.email=t@t.example';
  const make = [
    'git init -q made && cd made',
    `git ${own} commit -q --allow-empty -m one`,
    `git clone -q --bare . ${join(node.folder, 'far.git')}`,
    `git -C ${join(node.folder, 'far.git')} config http.receivepack true`,
  ];
  const made = spawnSync('sh', ['-c', make.join(' && ')], { cwd: node.folder });
  assert.equal(made.status, 0, String(made.stderr));
  const work = [
    'git config --global http.postBuffer 65536',
    'git clone -q $URL/far.git near && cd near && head -c 100000 /dev/urandom > bytes',
    `git add bytes && git ${own} commit -q -m two && git push -q origin HEAD:refs/heads/new`,
    'git ls-remote origin',
  ];
  const ran = await inside(t, work.join(' && '));
  if (ran === undefined) return;
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /refs\/heads\/new/);
  assert.ok(ran.run.verdicts.allowed >= 5 && ran.run.verdicts.blocked === 0);
  assert.ok(server?.seen.some((each) => /POST \/far.git\/git-receive-pack - [1-9]/.test(each)));
  const pushed = await paramsOf(ran.run, 'net::git::push');
  const [update] = pushed.updates;
  assert.deepEqual([update?.ref, update?.change], ['refs/heads/new', 'create']);
  const { receipts, ...commits } = pushed.commits;
  assert.deepEqual(commits, { count: 1, ids: [update?.new], unsigned: 1, unreceipted: 0 });
  assert.deepEqual(
    receipts.map((each) => each.commits),
    [1],
  );
  assert.equal(pushed.repository, `https://${server?.host}/far.git`);
  const rewrite = [
    `cd near && git ${own} commit -q --amend -m three`,
    'git push -q --force origin HEAD:refs/heads/new',
    'git push -q origin :refs/heads/new',
  ];
  const held = await inside(t, rewrite.join(' ; '));
  assert.match(held?.stderr ?? '', /425/);
  assert.equal(held?.run.verdicts.pending, 2);
  const bare = ['-C', join(node.folder, 'far.git'), 'rev-parse', 'refs/heads/new'];
  assert.equal(String(spawnSync('git', bare).stdout).trim(), update?.new);
});

type Pushed = {
  readonly repository: string;
  readonly updates: readonly { ref: string; new: string; change: string }[];
  readonly commits: { readonly receipts: readonly { readonly commits: number }[] };
};

/** The parameters of the first act of a run with that target. */
async function paramsOf({ receipts }: RunSummary, target: string): Promise<Pushed> {
  for (const id of receipts) {
    const { entries } = JSON.parse((await node.ioi('show', id, '--json')).stdout);
    for (const { payload } of entries) {
      if (payload.request?.target === target) return payload.request.params;
    }
  }
  throw new Error(`no act of ${target}`);
}

test('a program finds the certificate it trusts, and no key', async (t) => {
  const script = 'cat $SSL_CERT_FILE; ls -A $(dirname $SSL_CERT_FILE); touch $SSL_CERT_FILE.x';
  const ran = await inside(
    t,
    `${script}; test $NODE_EXTRA_CA_CERTS = $GIT_SSL_CAINFO && echo same`,
  );
  if (ran === undefined) return;
  assert.match(ran.stdout, /BEGIN CERTIFICATE/);
  assert.match(ran.stdout, /^ca\.pem$/m);
  assert.match(ran.stdout, /^same$/m);
  assert.doesNotMatch(ran.stdout, /PRIVATE/);
  assert.match(ran.stderr, /Read-only file system/);
});

test('a program that goes around the door goes nowhere', async (t) => {
  const ran = await inside(t, "curl -sS -m 3 --noproxy '*' -k $URL/around; true");
  if (ran === undefined) return;
  assert.doesNotMatch(ran.stdout, /answer/);
  assert.ok(!server?.seen.some((each) => each.includes('/around')));
});
