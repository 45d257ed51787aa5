import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TestBucket } from '@ioi/agentgres/testing';
import { processesNaming, until } from '@ioi/basis/testing';
import { NodeWithAgent } from '@ioi/cli/testing';

const bucket = await TestBucket.start();
const folder = mkdtempSync(join(tmpdir(), 'bucket-'));
const credentials = join(folder, 'credentials.json');
const SECRET = 'wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY';
const keys = { access_key_id: 'AKIDEXAMPLE', secret_access_key: SECRET };
writeFileSync(credentials, JSON.stringify(keys), { mode: 0o600 });
const { endpoint } = bucket;
const place = { kind: 's3', endpoint, region: 'eu-west-1', bucket: 'ours', prefix: 'node-1/' };
const sizes = { local_bytes: 0, spool_bytes: 1_000_000 };
const artifacts = { ...place, ...sizes, credentials: `file:${credentials}` };
const own = new NodeWithAgent(undefined, { artifacts });
const { node } = own;
const LONG = 'marker '.repeat(30_000);
after(() => {
  bucket.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Overview = { readonly bucket: { readonly stored: { readonly count: number } } };

const objects = join(node.home.data, 'artifacts', 'objects');

test('what there is no room for is refused by name, and nothing of it is done', async () => {
  const path = join(node.workspace, 'longer.txt');
  const refused = await own.agent.call('write_file', { path, content: LONG.repeat(6) });
  assert.deepEqual(refused, { isError: true, code: 'artifact.spool_full' });
  assert.equal(existsSync(path), false);
  assert.deepEqual(readdirSync(objects), []);
  const short = { path: join(node.workspace, 'short.txt'), content: 'short' };
  assert.equal((await own.agent.call('write_file', short)).isError, false);
});

test('what was approved and cannot be read is not performed, and told so', async () => {
  const path = join(node.workspace, 'short.txt');
  const asked = own.agent.call('write_file', { path, content: LONG });
  const { request_hash: hash } = await node.waiting();
  await until('it is there', () => bucket.objects.size === 1 && readdirSync(objects).length === 0);
  bucket.behave = (_request, response) => void response.writeHead(503).end();
  const file = ['--passphrase-file', node.passphraseFile];
  const approved = await node.ioi('approve', hash, ...file);
  bucket.behave = (_request, _response, honest) => honest();
  assert.match(approved.stdout, /failed/, 'it is approved, and failed');
  const { isError, code } = await asked;
  assert.equal(isError, true);
  assert.equal(code, 'execution.failed_before_effect');
  assert.equal(readFileSync(path, 'utf8'), 'short');
  assert.equal((await node.ioi('data', 'forget', 'class:content', '--yes')).code, 0);
  await until('it is gone', () => bucket.objects.size === 0);
});

type Away = { readonly place: string; readonly count: number; readonly digests: readonly string[] };

test('a backup names what stands in the bucket alone, and a restored node reads it', async () => {
  const content = `restored ${LONG}`;
  const path = join(node.workspace, 'restored.txt');
  assert.equal((await own.agent.call('write_file', { path, content })).isError, false);
  await until('it is there', () => bucket.objects.size === 1 && readdirSync(objects).length === 0);
  const file = join(folder, 'node.backup');
  const made = await node.ioi('backup', '--to', file, '--json');
  assert.equal(made.code, 0, made.stderr);
  const { away } = JSON.parse(made.stdout) as { away: Away };
  assert.equal(away.count, 1);
  assert.equal(away.place, `${endpoint}/ours/node-1/`);
  const kept = await node.ioi('data', 'show', 'class:content', '--plain');
  assert.ok(kept.stdout.includes(String(away.digests[0])), kept.stdout);
  assert.equal((await node.ioi('down')).code, 0);
  const home = join(node.folder, 'restored');
  const restored = (...args: readonly string[]) => node.ioiWith({ IOI_HOME: home }, ...args);
  const owner = ['--owner-key', join(node.home.guardian, 'owner.key')];
  const secret = ['--passphrase-file', node.passphraseFile];
  const done = await restored('restore', file, ...owner, ...secret);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stderr, /1 contents .* stand in .*ours\/node-1\/ alone, not in the backup/);
  try {
    bucket.behave = (_request, response) => void response.writeHead(403).end();
    assert.equal((await restored('up', '--detach')).code, 0);
    await until('it is told', async () => {
      return /bucket\.denied/.test((await restored('doctor')).stdout);
    });
    bucket.behave = (_request, _response, honest) => honest();
    const shown = await restored('data', 'show', 'class:content', '--content');
    assert.match(shown.stdout, /restored marker/, shown.stderr);
  } finally {
    await restored('down');
    bucket.behave = (_request, _response, honest) => honest();
  }
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  await own.connect();
});

/** Everything of the node, at once. */
function kill(): void {
  const supervisor = Number(readFileSync(join(node.home.folder, 'run', 'pid'), 'utf8'));
  // First: it would start the others again.
  process.kill(supervisor, 'SIGKILL');
  for (const each of processesNaming(node.home.folder)) process.kill(each, 'SIGKILL');
}

test('of what was acknowledged nothing is lost where the node is killed', async () => {
  const rounds = ['one', 'two'];
  for (const round of rounds) {
    const write = (name: string) => {
      const path = join(node.workspace, `${name}.txt`);
      return own.agent.call('write_file', { path, content: `killed-${name} ${LONG}` });
    };
    assert.equal((await write(round)).isError, false);
    const broken = write(`late-${round}`).catch(() => {});
    kill();
    await broken;
    assert.equal((await node.ioi('up', '--detach')).code, 0);
    await own.connect();
  }
  await until('all are there', () => readdirSync(objects).length === 0);
  const { stdout, stderr } = await node.ioi('data', 'show', 'class:content', '--content');
  for (const round of rounds) assert.match(stdout, new RegExp(`killed-${round} marker`), stderr);
  assert.equal((await node.ioi('data', 'forget', 'class:content', '--yes')).code, 0);
  await until('all are gone', () => bucket.objects.size === 0);
});

test('a node keeps what was written in a bucket, shows it, and forgets it there too', async () => {
  const path = join(node.workspace, 'long.txt');
  const written = await own.agent.call('write_file', { path, content: LONG });
  assert.equal(written.isError, false);
  await until('it is there', () => bucket.objects.size === 1);
  await until('it is not here', () => readdirSync(objects).length === 0);
  assert.equal([...bucket.objects.values()][0]?.includes('marker'), false);
  const shown = await node.ioi('data', 'show', '--json');
  assert.equal((JSON.parse(shown.stdout) as Overview).bucket.stored.count, 1, shown.stdout);
  assert.match((await node.ioi('data', 'show')).stdout, /^bucket +http.*\n +1 \(.*there/m);
  assert.match((await node.ioi('doctor')).stdout, /bucket .*ours\/node-1\//);
  const content = await node.ioi('data', 'show', 'class:content', '--content');
  assert.match(content.stdout, /marker/, content.stderr);
  bucket.behave = (_request, response) => void response.writeHead(403).end();
  const forgotten = await node.ioi('data', 'forget', 'class:content', '--yes');
  assert.equal(forgotten.code, 0, forgotten.stderr);
  const again = await node.ioi('data', 'show');
  assert.match(again.stdout, /bucket\.denied|1 to be removed there/);
  assert.equal(again.stdout.includes(SECRET), false);
});
