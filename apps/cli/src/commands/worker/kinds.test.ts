import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { TestNode } from '../../testing/test-node.ts';

const node = new TestNode();
const signed = ['--passphrase-file', node.passphraseFile];
const key = join(node.folder, 'publisher.key');
let how: readonly string[] = [];

const ioi = (...args: readonly string[]) =>
  node.ioiWith({ PATH: process.env['PATH'] ?? '' }, ...args);

async function good(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await ioi(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr} ${stdout}`);
  return stdout;
}

before(async () => {
  await good('init', '--workspace', node.workspace, ...signed);
  await good('up', '--detach');
  const conditions = { allow_paths: [node.workspace] };
  const rules = [{ rule_id: 'read', target: 'fs::read', action: 'ALLOW', conditions }];
  const policy = { policy_id: 'kinds', defaults: 'deny_all', rules };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  await good('policy', 'activate', node.home.policy, ...signed);
  await good('domain', 'key', 'new', key, ...signed);
  writeFileSync(join(node.workspace, 'notes.txt'), 'one two three');
  const { available } = JSON.parse(await good('mcp', 'sandbox', '--json'));
  how = available ? [] : ['--unconfined'];
});

after(() => node.close());

const pack = (folder: string, out: string) => [
  ...['worker', 'pack', folder, '--key', key, '--out', out],
  ...signed,
];

/** Of its draft, some members put otherwise. */
function redraft(folder: string, change: object): void {
  const path = join(folder, 'worker.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }));
}

/** From its folder to a run of what was installed, and an update that asks for more. */
async function fromMadeToRun(folder: string, output: unknown): Promise<void> {
  const name = basename(folder);
  const out = join(node.folder, `${name}.worker`);
  const packed = JSON.parse(await good(...pack(folder, out), '--json'));
  const { address, manifest, files } = JSON.parse(await good('worker', 'inspect', out, '--json'));
  assert.equal(address, packed.address);
  const entry = files.find(({ path }: { path: string }) => path === manifest.entry.file);
  const bytes = readFileSync(join(folder, manifest.entry.file));
  assert.equal(entry.digest, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  // Nothing is left of its folder: what was installed is what runs.
  rmSync(join(folder, manifest.entry.file));
  const { worker, review } = JSON.parse(await good('worker', 'install', out, '--json', ...signed));
  assert.equal(worker.package, address);
  assert.ok(review.words.includes('+ prim:fs.read'), review.words.join());
  const input = ['--input', '{"path":"notes.txt"}', '--workspace', node.workspace, ...how];
  const ran = JSON.parse(await good('worker', 'run', name, ...input, '--json'));
  assert.deepEqual([ran.envelope.state, ran.output], ['completed', output]);
  assert.equal(ran.envelope.worker_id, `worker://${worker.authority}/${worker.manifest_hash}`);
  assert.ok(ran.invocation && ran.completion.satisfied);
  writeFileSync(join(folder, manifest.entry.file), bytes);
  redraft(folder, {
    version: 'v0.2.0',
    capabilities_required: ['prim:fs.read', 'prim:net.request'],
  });
  await good(...pack(folder, `${out}.2`));
  const updated = JSON.parse(await good('worker', 'install', `${out}.2`, '--json', ...signed));
  assert.ok(updated.review.words.includes('+ prim:net.request'), updated.review.words.join());
  assert.ok(!updated.review.words.includes('+ prim:fs.read'));
  assert.equal(updated.review.step_up, true);
}

test('a worker in one file is made, tested, packed, installed and run', () => whole('guest', 3));
test('a worker in WebAssembly is made, tested, packed, installed and run', () =>
  whole('wasm', 'one two three'));

async function whole(language: string, output: unknown): Promise<void> {
  const folder = join(node.folder, language);
  await good('worker', 'init', folder, '--language', language);
  await good('worker', 'test', folder, '--workspace', node.workspace);
  const once = ['--once', '--input', '{"path":"notes.txt"}', '--workspace', node.workspace];
  assert.match(await good('worker', 'dev', folder, ...once), /output/);
  await fromMadeToRun(folder, output);
}

/** A wheel of one module, as `pip wheel` makes it. */
function addWheel(folder: string, text: string): void {
  mkdirSync(join(folder, 'wheels'));
  writeFileSync(join(folder, 'counted.py'), text);
  const wheel = 'wheels/counted-1.0-py3-none-any.whl';
  execFileSync('python3', ['-m', 'zipfile', '-c', wheel, 'counted.py'], { cwd: folder });
  rmSync(join(folder, 'counted.py'));
}

test('a worker in Python imports the wheels that it brings, locked by their digests', async () => {
  const folder = join(node.folder, 'wheeled');
  await good('worker', 'init', folder);
  const ran = join(node.folder, 'ran');
  const loaded = `try: open(${JSON.stringify(ran)}, 'w').close()\nexcept OSError: pass\n`;
  addWheel(folder, `${loaded}def words(text):\n    return len(text.split())\n`);
  const file = join(folder, 'worker.py');
  const text = readFileSync(file, 'utf8');
  const uses = text.replace('len(agent.fs.read(path).split())', 'words(agent.fs.read(path))');
  writeFileSync(file, `from counted import words\n${uses}`);
  const out = join(node.folder, 'unlocked.worker');
  const { code, stderr } = await ioi(...pack(folder, out), '--json');
  assert.equal(code, 2);
  assert.match(stderr, /package\.wheel_not_locked/);
  assert.ok(!existsSync(ran), 'what is not locked is not run');
  const [line] = /counted==1\.0 --hash=sha256:[0-9a-f]{64}/.exec(stderr) ?? [];
  writeFileSync(join(folder, 'requirements.lock'), `${line}\n`);
  await fromMadeToRun(folder, 3);
});

const BUNDLE = `import { count } from 'word-count-of-nobody';
`;

test('what is not bundled into a worker of JavaScript is missing when it is packed', async () => {
  const folder = join(node.folder, 'bundled');
  await good('worker', 'init', folder, '--language', 'typescript');
  const installed = join(folder, 'node_modules', 'word-count-of-nobody');
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'index.js'), 'exports.count = (text) => text.split(" ").length;\n');
  const source = join(folder, 'worker.ts');
  const plain = readFileSync(source, 'utf8');
  writeFileSync(source, BUNDLE + plain);
  const refused = await ioi(...pack(folder, join(node.folder, 'unbundled.worker')));
  assert.match(refused.stderr, /word-count-of-nobody/);
  assert.equal(refused.code, 2);
  // As a bundler writes it: one file of JavaScript, beside no other package.
  const types = /<\{ path: string \}>/;
  rmSync(source);
  writeFileSync(join(folder, 'worker.mjs'), plain.replace(types, ''));
  redraft(folder, { entry: { language: 'typescript', file: 'worker.mjs' } });
  await fromMadeToRun(folder, 3);
});

test('a package that was changed, or says what cannot be, is not installed', async () => {
  const bytes = readFileSync(join(node.folder, 'guest.worker'));
  const bad = join(node.folder, 'bad.worker');
  const at = bytes.indexOf('agent.fs.read');
  writeFileSync(
    bad,
    Buffer.concat([bytes.subarray(0, at), Buffer.from('agent.fs.list'), bytes.subarray(at + 13)]),
  );
  const changed = await ioi('worker', 'install', bad, '--json', ...signed);
  assert.match(changed.stderr, /package\.digest_mismatch/);
  const forged = Buffer.from(bytes);
  const place = bytes.indexOf('"ed25519":"', bytes.indexOf('"signature":{')) + 20;
  forged[place] = forged[place] === 65 ? 66 : 65;
  writeFileSync(bad, forged);
  const other = await ioi('worker', 'install', bad, '--json', ...signed);
  assert.match(other.stderr, /package\.bad_signature/);
  const folder = join(node.folder, 'wasm');
  for (const [change, code] of [
    [{ requirements: { framework: 'node-26' } }, 'manifest.impossible_requirement'],
    [{ requirements: { vram_min: '999999GB' } }, 'worker.requirement_unmet'],
    [{ code: 'eval()' }, 'manifest.unknown_field'],
    [{ entry: { language: 'guest', file: 'worker.wasm' } }, 'manifest.impossible_requirement'],
  ] as const) {
    const draft = readFileSync(join(folder, 'worker.json'));
    redraft(folder, { version: 'v0.3.0', ...change });
    rmSync(bad, { force: true });
    const packed = await ioi(...pack(folder, bad), '--json');
    const end =
      packed.code === 0 ? await ioi('worker', 'install', bad, '--json', ...signed) : packed;
    assert.notEqual(end.code, 0);
    assert.ok(end.stderr.includes(code), `${code}: ${end.stderr}`);
    writeFileSync(join(folder, 'worker.json'), draft);
  }
  writeFileSync(join(folder, 'worker.wasm'), 'no module');
  const none = await ioi(...pack(folder, join(node.folder, 'none.worker')), '--json');
  assert.match(none.stderr, /guest\.(syntax|no_task)/);
  assert.equal(
    (await ioi('worker', 'list', '--json')).stdout.match(/"state":"installed"/g)?.length,
    4,
  );
});
