import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import { IOI, runIoi } from '../testing/run-ioi.ts';
import { serviceClass } from '../testing/sample-market.ts';
import { TestNode } from '../testing/test-node.ts';

const node = new TestNode();
const witnessFolder = join(node.folder, 'witness');
const elsewhere = { env: { IOI_HOME: join(node.folder, 'nothing') } };
let serving: ChildProcess;
let keys: string[];
let wanted: string[];

before(async () => {
  const data = ['--data', witnessFolder];
  const made = await node.ioi('witness', 'init', ...data, '--name', 'w.example/1', '--json');
  assert.equal(made.code, 0, made.stderr);
  keys = JSON.parse(made.stdout).keys;
  wanted = keys.flatMap((key) => ['--witness', key]);
  assert.equal((await node.init()).code, 0);
  const url = await serve('--trust-on-first-use');
  const config = JSON.parse(readFileSync(node.home.nodeConfig, 'utf8'));
  config.witnesses = [{ name: 'one', url, key: keys, required: true }];
  writeFileSync(node.home.nodeConfig, JSON.stringify(config));
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
  assert.equal((await node.activate()).code, 0);
  await until('it is cosigned', isCosigned);
});

after(async () => {
  await node.close();
  serving.kill();
});

/** Starts the witness on a free port; its url. */
async function serve(...flags: string[]): Promise<string> {
  const place = ['--data', witnessFolder, '--listen', '127.0.0.1:0'];
  const args = [IOI, 'witness', 'serve', ...place, ...flags, '--json'];
  serving = spawn(process.execPath, args, {
    env: elsewhere.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(serving.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return (JSON.parse(said.toString()) as { url: string }).url;
}

async function isCosigned(): Promise<boolean> {
  const { log } = await node.daemon.status();
  return log.witnessed?.size === log.size;
}

test('a node says who cosigned its log, and whom a witness has to know', async () => {
  const status = await node.ioi('status');
  assert.match(status.stdout, /^ {2}witness {4}one, required: cosigned, [0-9]+ entries at 2/m);
  const key = await node.ioi('witness', 'log-key');
  assert.match(key.stdout, /^(ioi\.local\/[0-9a-f]{32})=\1\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+\n$/);
  const { code } = await runIoi(['witness', 'log-key'], elsewhere);
  assert.equal(code, 4);
});

test('a witness tells which logs grow, which are quiet, and that as findings', async () => {
  const logs = (...more: string[]) =>
    runIoi(['witness', 'logs', '--data', witnessFolder, ...more], elsewhere);
  const well = await logs('--json');
  assert.equal(well.code, 0, well.stderr);
  const [log] = JSON.parse(well.stdout).logs;
  assert.deepEqual([log.state, log.size], ['well', Number((await node.daemon.status()).log.size)]);
  await until('it is quiet for a second', async () => {
    return (await logs('--quiet-after', '1s')).code === 4;
  });
  assert.match((await logs('--quiet-after', '1s')).stdout, /^ioi\.local\/\S+ +quiet /m);
  const told = await logs('--quiet-after', '1s', '--ocsf');
  const finding = JSON.parse(told.stdout);
  assert.deepEqual([finding.class_uid, finding.finding_info.types], [2004, ['node.quiet']]);
  assert.equal((await logs('--quiet-after', 'soon')).code, 2);
});

test('every domain is cosigned, and status says which and how far', async () => {
  assert.equal((await node.ioi('domain', 'open', 'market.example')).code, 0);
  const define = ['domain', 'submit', 'market.example', 'objects/class.define', '--payload'];
  assert.equal((await node.ioi(...define, JSON.stringify(serviceClass))).code, 0);
  const { domains } = node.daemon;
  await until('the market is cosigned', async () => {
    const { witnessed, size } = await domains.status('market.example');
    return witnessed?.size === size;
  });
  const status = await node.ioi('witness', 'status', '--plain');
  const lines = status.stdout.trimEnd().split('\n');
  assert.equal(lines.length, 2, status.stdout);
  assert.match(lines[1] ?? '', /^market\.example\tone\tyes\t([0-9]+)\t\1\t2/);
  const listed = await node.ioi('domain', 'list');
  assert.match(listed.stdout, /^market\.example .* all /m);
  const shown = await node.ioi('domain', 'show', 'market.example');
  assert.match(shown.stdout, /^ {2}witness {5}one, required: cosigned, [0-9]+ entries at 2/m);
  const key = await node.ioi('witness', 'log-key', '--domain', 'market.example');
  assert.match(key.stdout, /^(ioi\.local\/[0-9a-f]{32}\/market\.example)=\1\+/);
  const file = join(node.folder, 'market.ioi');
  const saved = await node.ioi('domain', 'export', 'market.example', file);
  assert.match(saved.stdout, /market\.ioi\.witnessed, signed by its witnesses/);
  const good = await runIoi(['verify', file, ...wanted], elsewhere);
  assert.equal(good.code, 0, good.stdout);
  assert.match(good.stdout, /^witnessed +([0-9]+) of \1 entries, by w\.example\/1 at 2/m);
});

test('an export is verified with what witnesses cosigned beside it', async () => {
  const file = join(node.folder, 'log.ioi');
  const exported = await node.ioi('export', '--out', file);
  assert.match(exported.stdout, /log\.ioi\.witnessed, signed by its witnesses/);
  const good = await runIoi(['verify', file, ...wanted], elsewhere);
  assert.equal(good.code, 0, good.stdout);
  assert.match(good.stdout, /^witnessed +([0-9]+) of \1 entries, by w\.example\/1 at 2/m);
  const json = await runIoi(['verify', file, ...wanted, '--json'], elsewhere);
  assert.equal(JSON.parse(json.stdout).witnessed.cosigners[0].split(' ')[0], 'w.example/1');
  assert.equal((await runIoi(['verify', file], elsewhere)).code, 0);
  // Cosigned by nobody, or by somebody else.
  const checkpoint = join(node.folder, 'checkpoint.txt');
  writeFileSync(checkpoint, (await node.ioi('checkpoint')).stdout);
  const alone = await runIoi(['verify', file, ...wanted, '--witnessed', checkpoint], elsewhere);
  assert.equal(alone.code, 12);
  assert.match(alone.stdout, /witness\.missing/);
  writeFileSync(checkpoint, (await node.ioi('checkpoint', '--witnessed')).stdout);
  const piped = { ...elsewhere, input: readFileSync(file, 'utf8') };
  const given = await runIoi(['verify', '-', ...wanted, '--witnessed', checkpoint], piped);
  assert.equal(given.code, 0, given.stdout);
});

test('witnesses that are not named well are a usage error', async () => {
  const file = join(node.folder, 'log.ioi');
  const cases = [
    ['--witness', 'nobody'],
    ['--witnesses-needed', '1'],
    ['--witnessed', file],
    [...wanted, '--witnesses-needed', '2'],
    [...wanted, '--witnesses-needed', '0'],
    [...wanted, '--witnesses-needed', 'all'],
    [...wanted, '--witnessed', join(node.folder, 'nothing')],
  ];
  for (const args of cases) {
    const { code, stderr } = await runIoi(['verify', file, ...args], elsewhere);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, /^ioi: /);
  }
  const piped = await runIoi(['verify', '-', ...wanted], elsewhere);
  assert.equal(piped.code, 2);
});

test('a node whose home was rolled back stops, is not restarted, and proves why', async () => {
  assert.equal((await node.ioi('down')).code, 0);
  const backup = join(node.folder, 'backup');
  cpSync(node.home.folder, backup, { recursive: true });
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  const policy = JSON.parse(readFileSync(node.home.policy, 'utf8'));
  const second = join(node.folder, 'second.json');
  writeFileSync(second, JSON.stringify({ ...policy, rules: policy.rules.slice(1) }));
  const passphrase = ['--passphrase-file', node.passphraseFile];
  assert.equal((await node.ioi('policy', 'activate', second, ...passphrase)).code, 0);
  await until('it is cosigned', isCosigned);
  const { node_id: nodeId } = await node.daemon.status();
  assert.equal((await node.ioi('down')).code, 0);
  rmSync(node.home.folder, { recursive: true });
  cpSync(backup, node.home.folder, { recursive: true });
  const up = await node.ioi('up');
  assert.equal(up.code, 1);
  assert.match(up.stderr, /asks for a person/);
  assert.match(up.stderr, /log\.rolled_back/);
  const faults = join(node.home.data, 'faults');
  assert.ok(existsSync(faults));
  const [name = ''] = readdirSync(faults);
  const checking = ['witness', 'check', join(faults, name)];
  const checked = await runIoi([...checking, ...wanted, '--node', nodeId], elsewhere);
  assert.equal(checked.code, 0, checked.stdout);
  assert.match(
    checked.stdout,
    /^PASS .* went on with [0-9]+ entries of .*, [0-9]+ s after a witness/,
  );
  const unbelieved = await runIoi(checking, elsewhere);
  assert.equal(unbelieved.code, 12);
  assert.match(unbelieved.stdout, /^FAIL {2}witness\.missing/);
  assert.equal((await runIoi(['witness', 'check', second], elsewhere)).code, 12);
  assert.equal((await runIoi(['witness', 'check', 'none'], elsewhere)).code, 2);
});

test('a witness that lost what it promised does not serve', async () => {
  serving.kill();
  await once(serving, 'exit');
  const place = ['--data', witnessFolder, '--listen', '127.0.0.1:0'];
  rmSync(join(witnessFolder, 'witness.db'));
  const lost = await runIoi(['witness', 'serve', ...place, '--json'], elsewhere);
  assert.equal(lost.code, 1);
  assert.equal(JSON.parse(lost.stderr).error.code, 'witness.state_missing');
  const again = ['witness', 'init', '--data', witnessFolder, '--name', 'w.example/1', '--json'];
  const made = await runIoi(again, elsewhere);
  assert.equal(JSON.parse(made.stderr).error.code, 'witness.state_exists');
  const nowhere = ['witness', 'serve', '--data', witnessFolder, '--listen', 'here'];
  assert.equal((await runIoi(nowhere, elsewhere)).code, 2);
});
