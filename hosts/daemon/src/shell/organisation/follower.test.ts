import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { err, ok } from '@ioi/basis';
import { loadPolicy } from '@ioi/law';
import { notesPolicy, smallLog, TestOrganisation } from '@ioi/law/testing';
import type { ActionRules } from '@ioi/protocol';
import type { HeadReader } from '../head-reader.ts';
import { KeptFile } from '../mcp/kept-file.ts';
import type { Writer } from '../writer.ts';
import { OrganisationFollower } from './follower.ts';
import { sealBundle } from './seal-bundle.ts';

const key_id = `sha256:${'1'.repeat(64)}`;
const followed = { source: '/srv/rules', key_id, every_ms: 2_000, failures: 0 };

/** One on whose node that key is pinned, and what it did. */
function following(t: TestContext, file: KeptFile) {
  const logged: string[] = [];
  const looks: string[] = [];
  const reader = { get: () => ({ pinned: { key_id } }), chainTime: () => 0 };
  const follower = new OrganisationFollower({
    file,
    reader: reader as unknown as HeadReader,
    writer: {} as Writer,
    log: (message) => logged.push(message),
    fetchFrom: async (source) => {
      looks.push(source);
      return err({ code: 'organisation.unreachable', message: 'away' });
    },
  });
  t.after(() => follower.stop());
  return { follower, looks, logged };
}

function kept(t: TestContext, value: unknown): KeptFile {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-follower-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'organisation.json'), JSON.stringify(value));
  return new KeptFile(join(folder, 'organisation.json'));
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

test('a disk that is full for a while does not end the looking', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const file = kept(t, followed);
  let isFull = true;
  t.mock.method(file, 'write', () => {
    if (isFull) throw new Error('ENOSPC');
  });
  const { follower, looks, logged } = following(t, file);
  follower.start();
  t.mock.timers.tick(1);
  await settled();
  assert.deepEqual([looks.length, logged.length], [1, 1]);
  isFull = false;
  t.mock.timers.tick(4_000);
  await settled();
  assert.equal(looks.length, 2);
  assert.equal(follower.status()?.failures, 1);
});

test('a kept file of another shape is put aside, and nothing is looked for', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const value of [{}, 7, [], { ...followed, every_ms: 0 }, { ...followed, failures: -1 }]) {
    const file = kept(t, value);
    const { follower, looks } = following(t, file);
    follower.start();
    t.mock.timers.tick(10_000);
    await settled();
    assert.equal(follower.status(), undefined);
    assert.deepEqual(looks, []);
    assert.ok(!existsSync(file.path));
  }
  const { follower } = following(t, kept(t, null));
  follower.start();
  assert.equal(follower.status(), undefined);
});

test('of layers that contradict each other nothing is taken, and it is said where', async (t) => {
  const organisation = new TestOrganisation(smallLog());
  const wanted = { source: '/srv/rules', key_id: organisation.keyId };
  const sealed: object[] = [];
  const held = { version: '1', bundle_hash: key_id };
  const reader = {
    get: (key: unknown) => (JSON.stringify(key).includes('bundle') ? held : { pinned: wanted }),
    chainTime: () => organisation.agent.node.chainTime,
  };
  const loaded = loadPolicy(JSON.stringify({ ...notesPolicy, rules: contradicting }));
  assert.ok(loaded.ok);
  const { rules } = loaded.value;
  const { bundle } = organisation.bundle(rules, { version: '2' });
  const follower = new OrganisationFollower({
    file: kept(t, { ...followed, ...wanted }),
    reader: reader as unknown as HeadReader,
    writer: { submit: (each: object) => sealed.push(each) } as unknown as Writer,
    log: () => {},
    fetchFrom: async () => ok({ public_key: organisation.key.publicKey, bundle, rules }),
  });
  t.after(() => follower.stop());
  follower.start();
  const looked = await follower.refresh();
  assert.ok(!looked.ok);
  assert.match(
    `${looked.error.code} ${looked.error.message}`,
    /^bundle\.contradictory \/rules\/1: /,
  );
  assert.equal(follower.status()?.failed?.code, 'bundle.contradictory');
  const writer = {} as Writer;
  const brought = await sealBundle({ writer, reader: {} as HeadReader }, { bundle, rules });
  assert.equal(brought.ok ? '' : brought.error.code, 'bundle.contradictory');
  assert.deepEqual(sealed, []);
});

const contradicting: ActionRules['rules'] = [
  { rule_id: 'read', target: 'fs::read', conditions: {}, action: 'ALLOW' },
  { rule_id: 'no_read', target: 'fs::read', conditions: {}, action: 'BLOCK' },
];
