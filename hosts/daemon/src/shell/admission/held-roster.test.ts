import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { rosterMessage } from '@ioi/law';
import { HeldRoster } from './held-roster.ts';

const folder = mkdtempSync(join(tmpdir(), 'ioi-held-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const key = generateHybridKey();
const node_id = `node://local/${'0f'.repeat(16)}`;

function signed(number: string, ...names: readonly string[]): string {
  const replicas = names.map((replica) => {
    return { replica, tls_key: `sha256:${replica.padEnd(64, '0')}` } as const;
  });
  const roster = { node_id, number, writers: [], replicas };
  const message = rosterMessage(roster);
  assert.ok(message.ok);
  const owner_signature = signHybrid(key, 'SIG_DOMAIN_OPERATION', message.value);
  return JSON.stringify({ ...roster, owner_signature });
}

test('after a roster no older is taken, nor another of its number, nor after a restart', () => {
  const path = join(folder, 'roster.json');
  const open = () => new HeldRoster({ path, whose: () => ({ node_id, owner_key: key.publicKey }) });
  const first = open();
  assert.equal(first.take(signed('2', 'b')), true);
  const kept = readFileSync(path, 'utf8');
  for (const held of [first, open()]) {
    for (const other of [signed('1', 'a', 'b'), signed('2', 'a', 'b')]) {
      assert.equal(held.take(other), false);
      assert.equal(held.wrong?.code, 'roster.superseded');
      assert.equal(readFileSync(path, 'utf8'), kept);
    }
  }
  assert.equal(first.take(signed('3', 'a')), true);
  assert.equal(first.wrong, undefined);
});
