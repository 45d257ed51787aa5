import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { workerName } from './worker-templates/index.ts';
import { packageLines } from './worker-view.ts';

const vectors = new URL('../../../../protocol/vectors/artifacts.jsonl', import.meta.url);
const [manifest] = readFileSync(vectors, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
  .filter(({ artifact, valid }) => artifact === 'WorkerManifest' && valid)
  .map(({ value }) => value);

test('whoever looks at a package is told by whom it is and what it asks for, safely', () => {
  const address = `sha256:${'0a'.repeat(32)}` as const;
  const files = [{ path: 'worker.py', bytes: encodeUtf8('12345') }];
  const about = 'Sums up. \u001b[2J';
  const lines = packageLines({ address, manifest: { ...manifest, about }, files } as never);
  const text = lines.join('\n');
  assert.match(text, /^ai:\/\/builder-xyz\/research-bot v1\.0\.0, signed by did:ioi:/);
  assert.match(text, /runs worker\.py in python, needs python-3\.11 and 16GB of video memory/);
  assert.match(text, /asks for, and is not given by this:\n {2}capabilities: prim:net\.request/);
  assert.match(text, /by default cap:spend: 0/);
  assert.match(text, /worker\.py \(5 bytes\)/);
  assert.ok(!text.includes('\u001b'));
});

test('whatever a folder is called, its worker has an address', () => {
  assert.equal(workerName('My worker.2'), 'my-worker-2');
  assert.equal(workerName('---'), 'worker');
});
