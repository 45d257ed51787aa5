import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TestBucket } from '@ioi/agentgres/testing';
import { until } from '@ioi/basis/testing';
import { NodeWithAgent } from '@ioi/cli/testing';

const bucket = await TestBucket.start();
const folder = mkdtempSync(join(tmpdir(), 'bucket-'));
const credentials = join(folder, 'credentials.json');
const SECRET = 'wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY';
const keys = { access_key_id: 'AKIDEXAMPLE', secret_access_key: SECRET };
writeFileSync(credentials, JSON.stringify(keys), { mode: 0o600 });
const { endpoint } = bucket;
const place = { kind: 's3', endpoint, region: 'eu-west-1', bucket: 'ours', prefix: 'node-1/' };
const artifacts = { ...place, credentials: `file:${credentials}`, local_bytes: 0 };
const own = new NodeWithAgent(undefined, { artifacts });
const { node } = own;
const LONG = 'marker '.repeat(30_000);
after(() => {
  bucket.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Overview = { readonly bucket: { readonly stored: { readonly count: number } } };

test('a node keeps what was written in a bucket, shows it, and forgets it there too', async () => {
  const path = join(node.workspace, 'long.txt');
  const written = await own.agent.call('write_file', { path, content: LONG });
  assert.equal(written.isError, false);
  await until('it is there', () => bucket.objects.size === 1);
  const objects = join(node.home.data, 'artifacts', 'objects');
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
