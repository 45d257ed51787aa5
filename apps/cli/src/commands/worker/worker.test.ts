import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { newFolder, type Ran, removeFolder, runIoi } from '../../testing/run-ioi.ts';

const folder = newFolder();
const key = join(folder, 'publisher.key');
const passphrase = join(folder, 'passphrase');
const secret = ['--passphrase-file', passphrase];

function ioi(...args: string[]): Promise<Ran> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder };
  return runIoi(args, { env, cwd: folder });
}

async function good(...args: string[]): Promise<string> {
  const ran = await ioi(...args);
  assert.equal(ran.code, 0, `${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout;
}

before(async () => {
  writeFileSync(passphrase, 'correct horse battery\n', { mode: 0o600 });
  await good('domain', 'key', 'new', key, ...secret);
});

after(() => removeFolder(folder));

test('a worker in Python is made, packed, looked at and unpacked', async () => {
  const [at, out] = [join(folder, 'My worker'), join(folder, 'python.worker')];
  await good('worker', 'init', at);
  const packed = await good('worker', 'pack', at, '--key', key, '--out', out, ...secret);
  assert.match(packed, /ai:\/\/local\/my-worker v0\.1\.0, tasks count/);
  const { manifest, files } = JSON.parse(await good('worker', 'inspect', out, '--json'));
  assert.deepEqual(manifest.tasks[0].output_schema, { type: 'integer' });
  assert.match(manifest.authority, /^did:ioi:[0-9a-f]{64}$/);
  const copy = join(folder, 'copy');
  await good('worker', 'unpack', out, copy);
  const names = files.map(({ path }: { path: string }) => path);
  assert.ok(names.includes('worker.py') && names.includes('ioi_sdk/__main__.py'), names.join());
  for (const path of names) {
    assert.deepEqual(readFileSync(join(copy, path)), readFileSync(join(at, path)), path);
  }
  const bytes = readFileSync(out);
  const [old, put] = [Buffer.from('agent.fs.read(path)'), Buffer.from('agent.fs.list(path)')];
  put.copy(bytes, bytes.indexOf(old));
  writeFileSync(`${out}.bad`, bytes);
  const inspected = await ioi('worker', 'inspect', `${out}.bad`, '--json');
  assert.equal(inspected.code, 12, inspected.stderr);
  assert.match(inspected.stderr, /package\.digest_mismatch/);
  const draft = join(at, 'worker.json');
  writeFileSync(draft, readFileSync(draft, 'utf8').replace('"version"', '"versoin"'));
  const refused = await ioi('worker', 'pack', at, '--key', key, '--out', `${out}.no`);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /worker\.json:3:\d+: `versoin` means nothing here.+`version`/);
});

test('a worker in TypeScript is made and packed; one that does not start is not', async () => {
  const [at, out] = [join(folder, 'other'), join(folder, 'typescript.worker')];
  await good('worker', 'init', at, '--language', 'typescript');
  assert.match((await ioi('worker', 'init', at)).stderr, /is not empty/);
  const packed = await good('worker', 'pack', at, '--key', key, '--out', out, ...secret);
  assert.match(packed, /ai:\/\/local\/other v0\.1\.0, tasks count/);
  writeFileSync(join(at, 'worker.ts'), "import './nothing-of-this-name.ts';\n");
  const silent = await ioi('worker', 'pack', at, '--key', key, '--out', `${out}.no`);
  assert.equal(silent.code, 2);
  assert.match(silent.stderr, /ERR_MODULE_NOT_FOUND/);
});
