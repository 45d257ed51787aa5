import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Agent, connectAgent } from '../demo/agent.ts';
import { readVersion } from '../shell/installation.ts';
import { IOI, killedAfter, runIoi } from '../testing/run-ioi.ts';
import { PASSPHRASE, TestNode } from '../testing/test-node.ts';

const node = new TestNode();
let agent: Agent;
const notes = join(node.workspace, 'notes.txt');
const withPassphrase = ['--passphrase-file', node.passphraseFile];

before(async () => {
  assert.equal((await node.init()).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  const activated = await node.activate();
  assert.equal(activated.code, 0, activated.stderr);
  agent = await connectAgent(node.home);
});

after(async () => {
  await agent.close();
  await node.close();
});

/** Lets the agent ask to replace the notes; resolves with its id once it waits. */
async function asksToReplace(content: string): Promise<{ id: string; call: Promise<unknown> }> {
  const call = agent.call('write_file', { path: notes, content });
  const item = await node.waiting();
  return { id: item.request_hash, call };
}

test('what waits is shown from the guardian, and an approval performs exactly that', async () => {
  const { id, call } = await asksToReplace('new\n\u001b[2Jhidden');
  const inbox = await node.ioi('inbox');
  assert.equal(inbox.code, 0);
  for (const part of [notes, '│ new', '\\u{1b}[2Jhidden', 'ask_before_replacing', id]) {
    assert.ok(inbox.stdout.includes(part), part);
  }
  assert.equal(inbox.stdout.includes('\u001b'), false);
  const listed = JSON.parse((await node.ioi('inbox', '--json')).stdout);
  assert.equal(listed.pending[0].request_hash, id);
  const short = id.slice('sha256:'.length, 'sha256:'.length + 12);
  const approved = await node.ioi('approve', short, ...withPassphrase);
  assert.equal(approved.code, 0, approved.stderr);
  assert.match(approved.stdout, /^approved [0-9a-f]{12}: completed, receipt_/);
  assert.ok(approved.stderr.includes(notes));
  await call;
  assert.equal(readFileSync(notes, 'utf8'), 'new\n\u001b[2Jhidden');
  const again = await node.ioi('approve', short, ...withPassphrase);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /nothing waits under/);
});

test('a wrong passphrase approves nothing, and --yes only a demo node', async () => {
  const { id, call } = await asksToReplace('never\n');
  const wrong = join(node.folder, 'wrong');
  writeFileSync(wrong, 'not the passphrase\n');
  const refused = await node.ioi('approve', id, '--passphrase-file', wrong);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /wrong passphrase/);
  const yes = await node.ioi('approve', id, '--yes');
  assert.equal(yes.code, 3);
  assert.match(yes.stderr, /not a demo node/);
  const denied = await node.ioi('deny', id, '--reason', 'not today', ...withPassphrase);
  assert.equal(denied.code, 0, denied.stderr);
  await call;
  assert.notEqual(readFileSync(notes, 'utf8'), 'never\n');
  const shown = await node.ioi('show', id);
  assert.match(shown.stdout, /DENIED/);
  assert.match(shown.stdout, /not today/);
  const why = await node.ioi('why', id);
  assert.match(why.stdout, /ask_before_replacing/);
});

test('a block is explained by rule, field and what was seen', async () => {
  const answer = await agent.call('read_text_file', { path: join(node.workspace, '.env') });
  assert.equal(answer.code, 'policy.blocked');
  const page = await node.daemon.log({ limit: 5 });
  const log = await node.ioi('log', '-n', '5', '--plain');
  const row = log.stdout.split('\n').find((line) => line.includes('\tBLOCK\t')) ?? '';
  assert.equal(log.stdout.trimEnd().split('\n').length, Math.min(5, page.size));
  const receipt = row.split('\t').at(-1) ?? '';
  assert.match(receipt, /^receipt_[0-9a-f]{12}$/);
  const why = await node.ioi('why', receipt);
  assert.equal(why.code, 0, why.stderr);
  assert.match(why.stdout, /policy\.blocked: rule never_touch_secrets, decided by allow_paths/);
  assert.match(why.stdout, /\.env/);
  const explained = JSON.parse((await node.ioi('why', receipt, '--json')).stdout);
  assert.equal(explained.rule_id, 'never_touch_secrets');
});

test('entries are searched by what stands in them, and by the beginning of an id', async () => {
  const found = await node.ioi('search', '.ENV', 'never_touch', '--json');
  assert.equal(found.code, 0, found.stderr);
  const [entry, ...others] = found.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(others, []);
  const hash = entry.events[0].receipt.body.request_hash;
  const byHash = await node.ioi('search', hash.slice(7, 23), '--plain');
  assert.match(byHash.stdout, /\tBLOCK\t/);
  const none = await node.ioi('search', 'nothing of the kind');
  assert.deepEqual([none.code, none.stdout], [0, '']);
  assert.match(none.stderr, /nothing was found/);
  assert.equal((await node.ioi('search', 'ab')).code, 2);
});

test('metrics are printed, and replace a file that node_exporter reads, whole', async () => {
  const printed = await node.ioi('metrics');
  assert.equal(printed.code, 0, printed.stderr);
  assert.match(printed.stdout, /^ioi_build_info\{version="[^"]+",node_id="node:[^"]+"\} 1$/m);
  assert.match(printed.stdout, /^ioi_denials_total\{code="policy.blocked"\} [1-9]/m);
  assert.match(JSON.parse((await node.ioi('metrics', '--json')).stdout).text, /^# HELP ioi_/);
  const folder = join(node.folder, 'textfile');
  mkdirSync(folder);
  const file = join(folder, 'ioi.prom');
  writeFileSync(file, 'old');
  assert.equal((await node.ioi('metrics', '--textfile', file)).code, 0);
  assert.match(readFileSync(file, 'utf8'), /^# HELP ioi_build_info [\s\S]*\n$/);
  assert.equal(statSync(file).mode & 0o777, 0o644);
  assert.deepEqual(readdirSync(folder), ['ioi.prom']);
  const nameless = await node.ioi('metrics', '--textfile', join(folder, 'ioi.txt'));
  assert.equal(nameless.code, 2);
  assert.match(nameless.stderr, /does not end in \.prom/);
  const nowhere = await node.ioi('metrics', '--textfile', join(folder, 'none', 'ioi.prom'));
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /was not written/);
});

test('an export verifies elsewhere, is not overwritten, and a change is refused', async () => {
  const file = join(node.folder, 'log.ioi');
  const remembered = join(node.folder, 'checkpoint.txt');
  const checkpoint = await node.ioi('checkpoint');
  assert.match(checkpoint.stdout, /^ioi\.local\/[0-9a-f]{32}\n[0-9]+\n/);
  assert.equal((checkpoint.stdout.match(/^— /gm) ?? []).length, 2);
  writeFileSync(remembered, checkpoint.stdout);
  assert.equal((await node.ioi('export', '--out', file)).code, 0);
  const refused = await node.ioi('export', '--out', file);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /is there already/);
  assert.equal((await node.ioi('export', '--out', file, '--force')).code, 0);
  const { node_id: nodeId } = await node.daemon.status();
  // Another machine: no home, no node, only the file.
  const elsewhere = { env: { IOI_HOME: join(node.folder, 'nothing') } };
  const held = ['--node', nodeId, '--expect', remembered];
  const good = await runIoi(['verify', file, ...held], elsewhere);
  assert.equal(good.code, 0, good.stdout);
  assert.match(good.stdout, /^PASS {2}[0-9]+ entries verified$/m);
  const alone = await runIoi(['verify', file], elsewhere);
  assert.equal(alone.code, 0);
  assert.match(alone.stdout, /the keys come from the file itself/);
  const piped = await node.ioi('export', '--out', '-');
  assert.equal((await runIoi(['verify', '-'], { ...elsewhere, input: piped.stdout })).code, 0);
  const bytes = readFileSync(file);
  const at = bytes.indexOf('never_touch_secrets');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const bad = await runIoi(['verify', file, ...held], elsewhere);
  assert.equal(bad.code, 12);
  assert.match(bad.stdout, /^FAIL/m);
  const other = `node://local/${'0'.repeat(32)}`;
  const stranger = await runIoi(['verify', '-', '--node', other], {
    ...elsewhere,
    input: piped.stdout,
  });
  assert.equal(stranger.code, 12);
  assert.match(stranger.stdout, /genesis\.unexpected_node/);
});

test('a policy is checked with places, tested by its examples, shown as it decides', async () => {
  const file = join(node.folder, 'broken.json');
  writeFileSync(
    file,
    `{"policy_id":"p","rules":[{"target":"fs::read",
      "conditions":{"alow_paths":["/a"]},
      "action":"ALOW"}]}`,
  );
  const checked = await node.ioi('policy', 'check', file);
  assert.equal(checked.code, 2);
  assert.match(checked.stderr, new RegExp(`${file}:2:\\d+: .*alow_paths`));
  assert.match(checked.stderr, /did you mean `ALLOW`/);
  const wrong = join(node.folder, 'wrong.json');
  const rule = {
    rule_id: 'r',
    target: 'fs::read',
    conditions: { allow_paths: ['/a'] },
    action: 'ALLOW',
    match: [{ path: '/b' }],
  };
  writeFileSync(wrong, JSON.stringify({ policy_id: 'p', rules: [rule] }));
  const tested = await node.ioi('policy', 'test', wrong);
  assert.equal(tested.code, 1);
  assert.match(tested.stdout, /rule r should match and does not/);
  const activated = await node.ioi('policy', 'activate', wrong, ...withPassphrase);
  assert.equal(activated.code, 2);
  assert.match(activated.stderr, /examples in .* do not hold/);
  const shown = await node.ioi('policy', 'show');
  assert.match(shown.stdout, /^policy workspace version 1/);
  assert.match(shown.stdout, /ask_before_replacing/);
  const same = await node.activate();
  assert.equal(same.code, 2);
  assert.match(same.stderr, /active already/);
});

test('a second policy says that it tightens, shows what changes, and then decides', async () => {
  const file = join(node.folder, 'second.json');
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8'));
  policy.rules = policy.rules.filter(
    ({ rule_id: id }: { rule_id: string }) => id !== 'create_folders',
  );
  writeFileSync(file, JSON.stringify(policy));
  const second = await node.ioi('policy', 'activate', file, ...withPassphrase);
  assert.equal(second.code, 0, second.stderr);
  assert.match(second.stderr, /tightens: no approval needed/);
  assert.match(second.stderr, / {2}- ALLOW fs::mkdir .*create_folders/);
  const answer = await agent.call('create_directory', { path: join(node.workspace, 'new') });
  assert.equal(answer.code, 'policy.default_deny');
  assert.match((await node.ioi('policy', 'show')).stdout, /version 2/);
});

test('a policy that widens says so with a request that it lets go further', async () => {
  const file = join(node.folder, 'wider.json');
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8'));
  policy.rules.push({
    target: 'net::fetch',
    conditions: {},
    action: 'ALLOW',
    rule_id: 'fetch_all',
  });
  writeFileSync(file, JSON.stringify(policy));
  const wider = await node.ioi('policy', 'activate', file, ...withPassphrase);
  assert.equal(wider.code, 0, wider.stderr);
  assert.match(wider.stderr, /counts as widening: some requests go further/);
  assert.match(wider.stderr, /was BLOCK \(no rule matches\), becomes ALLOW/);
});

test('the policy is found in the log where it was activated elsewhere', async () => {
  rmSync(node.home.policies, { recursive: true });
  const shown = await node.ioi('policy', 'show', '--json');
  assert.equal(shown.code, 0, shown.stderr);
  assert.equal(JSON.parse(shown.stdout).rules.policy_id, 'workspace');
});

test('every command without its node says so, with the next command and exit 4', async () => {
  const env = { IOI_HOME: join(node.folder, 'nowhere') };
  const commands = [
    ['status'],
    ['inbox'],
    ['log'],
    ['why', 'abcdef'],
    ['checkpoint'],
    ['mcp'],
    ['metrics'],
  ];
  for (const args of commands) {
    const { code, stderr, stdout } = await runIoi(args, { env });
    assert.equal(code, 4, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, /^ioi: there is no node in .*nowhere\n {2}next: ioi init/);
  }
  const json = await runIoi(['status', '--json'], { env });
  assert.equal(json.stderr.trimEnd().split('\n').length, 1);
  assert.deepEqual(JSON.parse(json.stderr).error.exit, 'unreachable');
});

test('what is not understood is one sentence, exit 2 and a way on', async () => {
  const attempts = [
    ['--no-such'],
    ['statsu'],
    ['approve'],
    ['approve', 'a', 'b'],
    ['log', '-n', 'many'],
    ['up', '--detatch'],
    ['completion', 'tcsh'],
    ['policy', 'frobnicate'],
    [],
  ];
  for (const args of attempts) {
    const { code, stderr } = await node.ioi(...args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, /^ioi: .+\n {2}next: ioi /m);
  }
  assert.match((await node.ioi('statsu')).stderr, /Did you mean status\?/);
  const json = await node.ioi('up', '--no-such', '--json');
  assert.equal(JSON.parse(json.stderr).error.code, 'usage.invalid');
});

test('help, version and exit codes answer on standard output', async () => {
  const version = readVersion();
  for (const args of [['--version'], ['-V'], ['status', '--version']]) {
    const { code, stdout } = await node.ioi(...args);
    assert.equal(code, 0);
    assert.equal(stdout, `${version}\n`);
  }
  const help = await node.ioi('--help');
  assert.equal(help.code, 0);
  assert.match(help.stdout, /approve \[options\] <id>/);
  assert.match((await node.ioi('help', 'policy')).stdout, /activate/);
  const codes = await node.ioi('help', 'exit-codes');
  assert.match(codes.stdout, /^ 12 {2}unverified/m);
  assert.equal((await node.ioi('completion', 'bash')).code, 0);
});

test('a reader that goes away ends a command quietly', async (t) => {
  const follow = spawn(process.execPath, [IOI, 'log', '--follow'], {
    env: { IOI_HOME: node.home.folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  killedAfter(t, follow);
  let said = '';
  follow.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(follow.stdout, 'data');
  const ended = once(follow, 'close');
  follow.stdout.destroy();
  await agent.call('list_directory', { path: node.workspace });
  await ended;
  assert.equal(said, '');
});

test('the passphrase is nowhere in the node folder, which others may not enter', async () => {
  const names = readdirSync(node.home.folder, { recursive: true, encoding: 'utf8' });
  for (const name of names) {
    const path = join(node.home.folder, name);
    const stat = statSync(path);
    if (stat.isFile()) assert.equal(readFileSync(path).includes(PASSPHRASE), false, name);
  }
  assert.equal(statSync(node.home.folder).mode & 0o777, 0o700);
});

test('what can be asked over HTTP is told as a table, and as the document', async () => {
  const shown = await node.ioi('api');
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /^METHOD +PATH +SUMMARY\n/);
  assert.match(shown.stdout, /\nGET +\/v1\/why\/\{id\} +Why a request was decided as it was\n/);
  const { openapi, paths } = JSON.parse((await node.ioi('api', '--json')).stdout);
  assert.equal(openapi, '3.1.0');
  assert.ok(paths['/v1/domains/{name}/objects/{class}'].get);
});

test('when the node stops, its agent loses the connection, and one line says so', async (t) => {
  const bridge = spawn(process.execPath, [IOI, 'mcp'], {
    env: { IOI_HOME: node.home.folder },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  killedAfter(t, bridge);
  let said = '';
  bridge.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  bridge.stdin.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
  await once(bridge.stdout, 'data');
  const ended = once(bridge, 'close');
  assert.equal((await node.ioi('down')).code, 0);
  const [code] = (await ended) as [number];
  assert.equal(code, 4);
  assert.equal(said, 'ioi: the node closed the connection\n  next: ioi status\n');
});
