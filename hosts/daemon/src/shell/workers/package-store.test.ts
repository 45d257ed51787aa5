import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { PackageStore } from './package-store.ts';
import { isAtLeast, needsMet } from './requirements.ts';
import { sweepUnpacked, unpackWorker } from './unpacked-worker.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-packages-'));
const NODE = `node://local/${'0f'.repeat(16)}`;
const bytes = new TextEncoder().encode('a package');

after(() => rmSync(folder, { recursive: true }));

function pathOf(digest: string): string {
  return join(folder, `${digest.slice('sha256:'.length)}.worker`);
}

test('a package is read as what its digest says, or not at all', () => {
  const store = new PackageStore(folder);
  const digest = store.keep(bytes);
  assert.equal(digest, digestBytes(bytes));
  const read = store.read(digest);
  assert.deepEqual(read.ok && read.value, bytes);
  writeFileSync(pathOf(digest), 'something else');
  const harmed = store.read(digest);
  assert.equal(!harmed.ok && harmed.error.code, 'worker.package_damaged');
  assert.equal(store.keep(bytes), digest);
  assert.ok(store.read(digest).ok);
  const missing = store.read(digestBytes('nothing'));
  assert.equal(!missing.ok && missing.error.code, 'worker.package_missing');
});

test('what a stop left half written goes, what is installed stays, the rest has a day', () => {
  const store = new PackageStore(folder);
  const [installed, looked, forgotten] = ['one', 'two', 'three'].map((text) => {
    return store.keep(new TextEncoder().encode(text));
  }) as [`sha256:${string}`, `sha256:${string}`, `sha256:${string}`];
  writeFileSync(`${pathOf(installed)}.new`, 'half');
  const old = new Date(Date.now() - 3 * 24 * 60 * 60 * 1000);
  for (const digest of [installed, forgotten]) utimesSync(pathOf(digest), old, old);
  store.sweep(new Set([installed]), Date.now());
  assert.ok(store.has(installed) && store.has(looked) && !store.has(forgotten));
  assert.ok(!readdirSync(folder).some((name) => name.endsWith('.new')));
});

test('files that are not those that were signed are in no folder to start from', () => {
  const file = { path: 'src/worker.py', bytes: new TextEncoder().encode('print()') };
  const manifest = { id: 'ai://a/b', package: { type: 'tar', digest: digestBytes('other') } };
  const opened = { address: digestBytes('x'), manifest, files: [file] };
  const left = () => readdirSync(tmpdir()).filter((name) => name.includes(NODE.slice(-16)));
  const refused = unpackWorker(opened as never, NODE);
  assert.equal(!refused.ok && refused.error.code, 'worker.package_damaged');
  assert.deepEqual(left(), []);
  // What a kill left of another run of this node is swept at its next start.
  const stale = mkdtempSync(join(tmpdir(), `ioi-worker-${NODE.slice(-16)}-`));
  writeFileSync(join(stale, 'worker.py'), '');
  sweepUnpacked(NODE);
  assert.deepEqual(left(), []);
});

test('what a worker needs is held against what this machine has', async () => {
  assert.ok(isAtLeast('3.13.1', '3.11') && !isAtLeast('3.10.9', '3.11'));
  assert.ok(
    !isAtLeast('4.0.0', '3.11') && isAtLeast('26.10.0', '26') && !isAtLeast('26.1.0', '27'),
  );
  const entry = { language: 'typescript', file: 'worker.ts' } as const;
  const met = (framework: string) =>
    needsMet({ entry, requirements: { framework }, model_requirements: { routes: ['a'] } }, {});
  const [runtime, route] = await met('node-999');
  assert.deepEqual([runtime?.met, route?.met], ['no', 'unknown']);
  assert.equal((await met('node-20'))[0]?.met, 'yes');
  const large = await needsMet({ entry, requirements: { vram_min: '999999GB' } }, {});
  assert.notEqual(large[0]?.met, 'yes');
});
