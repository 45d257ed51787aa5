import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentsIn, isBackedUp, partsBeyond, spansOf } from './backup-file.ts';
import { FRAME_BYTES } from './sealed-file.ts';

const part = (path: string, bytes = 1) => ({ path, bytes, sha256: 'a'.repeat(64) });
const listed = (...parts: readonly object[]) => ({
  contents: { format: 'ioi-backup/1', did: 'did:ioi:x', made_at: '', parts },
  signature: {},
});

test('no part of a backup lands outside its folder', () => {
  assert.ok(contentsIn(listed(part('log.ioi'), part('guardian/domains/a.db'))));
  for (const path of [
    '../log.ioi',
    '/etc/passwd',
    'guardian/../../x',
    'guardian/.ssh',
    'guardian//x',
    'home/',
    'run/pid',
    'data/a\u0000b',
    'data/a\\b',
    'home/..',
  ]) {
    assert.equal(contentsIn(listed(part('log.ioi'), part(path))), undefined, path);
  }
  for (const name of ['my policy.json', 'Règles.toml', '規則.toml', 'a..b', '(1)']) {
    assert.ok(contentsIn(listed(part('log.ioi'), part(`home/policies/${name}`))), name);
  }
  assert.equal(contentsIn(listed(part('data/x'))), undefined, 'no log');
  assert.equal(contentsIn(listed(part('log.ioi'), part('log.ioi'))), undefined, 'twice');
  assert.equal(contentsIn(listed(part('log.ioi', -1))), undefined);
  assert.equal(contentsIn(undefined), undefined);
});

test('keys, caches and what is folded again stay out of a backup', () => {
  for (const path of ['guardian/seal.key', 'guardian/owner.key', 'guardian/phrase.key']) {
    assert.ok(!isBackedUp(path), path);
  }
  const folded = ['data/log.db', 'data/heads.db', 'data/domains/a/tree.bin'];
  for (const path of [...folded, 'data/projections/a.db', 'guardian/vault.db-wal']) {
    assert.ok(!isBackedUp(path), path);
  }
  const kept = ['guardian/vault.db', 'data/artifacts/artifact-keys', 'data/domains/a/log.db'];
  assert.ok(!isBackedUp('data/worker-packages/aa.worker.new'));
  for (const path of [...kept, 'data/mcp-pins.json', 'data/worker-packages/aa.worker']) {
    assert.ok(isBackedUp(path), path);
  }
});

test('what a file lacks is told by the parts that reach beyond its end', () => {
  const { contents } =
    contentsIn(listed(part('log.ioi', FRAME_BYTES), part('data/a', 10), part('data/b', 10))) ??
    assert.fail('not whole');
  const spans = spansOf(contents, 100);
  assert.deepEqual(partsBeyond(spans, 0), ['log.ioi', 'data/a', 'data/b']);
  assert.deepEqual(partsBeyond(spans, 1), ['log.ioi', 'data/a', 'data/b'], 'its list comes first');
  assert.deepEqual(partsBeyond(spans, 2), []);
  const [log = assert.fail('no log'), ...others] = spans;
  const huge = { ...log, to: Number.MAX_SAFE_INTEGER };
  assert.deepEqual(partsBeyond([...others, huge], 2), ['log.ioi'], 'whatever size is claimed');
});
