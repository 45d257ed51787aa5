import { deepEqual, equal, match } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

const MAIN = join(import.meta.dirname, 'main.ts');
const scratch = mkdtempSync(join(tmpdir(), 'conformance-'));
after(() => rmSync(scratch, { recursive: true }));

type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

function conformance(...args: string[]): Ended {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
}

function material(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(scratch, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

test('runs without material are skipped and nothing failed', () => {
  const nowhere = ['--vectors', join(scratch, 'nowhere'), '--scenarios', ''];
  const runs = [
    'jcs',
    'json-test-suite',
    'merkle',
    'tlog',
    'wycheproof',
    'agentdojo',
    'mcp',
    'a2a',
  ];
  for (const run of runs) {
    const { status, stdout } = conformance(run, ...nowhere);
    equal(status, 0, run);
    match(stdout, new RegExp(`^${run}: skipped`, 'm'));
  }
});

test('cases that hold and cases that do not are told apart', () => {
  const good = material('good', {
    'jcs/input/a.json': '{"b":1,"a":2}',
    'jcs/output/a.json': '{"a":2,"b":1}',
    'jcs/outhex/a.txt': '7b 22 61 22 3a 32 2c 22 62 22 3a 31 7d',
  });
  equal(conformance('jcs', '--vectors', good).status, 0);
  const bad = material('bad', {
    'jcs/input/a.json': '{"b":1,"a":2}',
    'jcs/output/a.json': '{"b":1,"a":2}',
    'jcs/outhex/a.txt': '7b7d',
  });
  const { status, stdout, stderr } = conformance('jcs', '--json', '--vectors', bad);
  equal(status, 1);
  const figures = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { figure: string });
  const failed = figures.find((each) => each.figure === 'failed');
  equal(JSON.stringify(failed), '{"run":"jcs","figure":"failed","value":3,"unit":"cases"}');
  match(stderr, /failed a\.json: output/);
});

test('a text that must be refused and one that must not are both noticed', () => {
  const folder = material('suite', {
    'json-test-suite/parsing/y_array_empty.json': '[]',
    'json-test-suite/parsing/y_not_really.json': '[1,]',
    'json-test-suite/parsing/n_not_really.json': '[1]',
    'json-test-suite/parsing/i_either.json': '[1e999]',
  });
  const { status, stdout } = conformance('json-test-suite', '--vectors', folder);
  equal(status, 1);
  match(stdout, /4 cases, 2 failed/);
  match(stdout, /y_not_really\.json: canon\.syntax/);
  match(stdout, /n_not_really\.json: accepted/);
});

test('a proof that should hold and does not is noticed', () => {
  const hash = Buffer.alloc(32).toString('base64');
  const claim = { leafIdx: 0, treeSize: 2, root: hash, leafHash: hash, proof: [hash] };
  const folder = material('proofs', {
    'merkle/inclusion/0/happy.json': JSON.stringify({ ...claim, desc: 'x', wantErr: false }),
    'merkle/inclusion/0/sad.json': JSON.stringify({ ...claim, desc: 'y', wantErr: true }),
  });
  const { status, stdout } = conformance('merkle', '--vectors', folder);
  equal(status, 1);
  match(stdout, /2 cases, 1 failed\n {2}failed {4}inclusion\/0\/happy\.json/);
});

test('a signature that should hold and does not is noticed on each platform', () => {
  const tests = [
    { tcId: 1, msg: '', sig: '00'.repeat(64), result: 'valid' },
    { tcId: 2, msg: '', sig: '00'.repeat(64), result: 'invalid' },
  ];
  const testGroups = [{ publicKey: { pk: '00'.repeat(32) }, tests }];
  const folder = material('signatures', {
    'wycheproof/ed25519_test.json': JSON.stringify({ numberOfTests: 2, testGroups }),
  });
  const { status, stdout } = conformance('wycheproof', '--vectors', folder);
  equal(status, 1);
  match(stdout, /4 cases, 2 failed/);
  match(stdout, /ed25519 1 node/);
  match(stdout, /ed25519 1 browser/);
});

test('a checkpoint that its log did not sign is noticed, by either name of the run', () => {
  const root = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
  const signature = Buffer.alloc(68);
  signature.writeUInt32BE(0x33d7b496);
  const line = `\u2014 example.com/log/testdata ${signature.toString('base64')}`;
  const folder = material('logs', {
    'tessera-log/checkpoint.0': `example.com/log/testdata\n0\n${root}\n\n${line}\n`,
  });
  for (const name of ['tlog', 'tessera-log']) {
    const { status, stdout } = conformance(name, '--vectors', folder);
    equal(status, 1);
    match(stdout, /^tlog: \d+ cases, 1 failed\n {2}failed {4}checkpoint\.0$/m);
  }
});

test('a folder without cases is no success', () => {
  mkdirSync(join(scratch, 'empty', 'jcs'), { recursive: true });
  const { status, stdout } = conformance('jcs', '--vectors', join(scratch, 'empty'));
  equal(status, 1);
  match(stdout, /no cases were found/);
});

test('a name that is no run is refused with those that are', () => {
  const { status, stderr } = conformance('nonsense');
  equal(status, 2);
  const [, names = ''] = /<([^>]*)>/.exec(stderr) ?? [];
  deepEqual(names.split('|'), [
    ...['bypass', 'escape', 'escape-overlay', 'faults', 'jcs', 'journey', 'json-test-suite'],
    ...['merkle', 'secrets', 'self-approval', 'tlog', 'wycheproof', 'a2a', 'agentdojo', 'mcp'],
    'all',
  ]);
});
