import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PostgresLease } from '@ioi/agentgres/postgres';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { identityOf, writeOwner } from '@ioi/guardian/owner';
import { grantMessage } from '@ioi/law';
import type { ClusterRoster, RosterChange } from '@ioi/protocol';
import { changeRoster } from './roster.ts';

const skip = whyNoPostgres() ?? false;
const folder = mkdtempSync(join(tmpdir(), 'ioi-roster-'));
const key = generateHybridKey();
const owner = {
  kind: 'key_file',
  path: join(folder, 'owner.key'),
  passphrase: 'open sesame',
} as const;
let server: PostgresServer;
before(async () => {
  await writeOwner(folder, { key, identity: identityOf(key) }, owner.passphrase);
  if (!skip) server = await PostgresServer.start();
});
after(async () => {
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const replica = (name: string) => {
  const tls_key = `sha256:${name.padEnd(64, '0')}`;
  return { kind: 'replica', replica: { replica: name, tls_key }, replace: false } as RosterChange;
};

test('a roster that was put back names nobody again whom the owner dismissed', {
  skip,
}, async () => {
  const store = { url: server.url(), schema: 'roster' };
  const lease = await PostgresLease.open(store);
  await lease.found('one', []);
  const successors = [{ member: 'one', public_key: key.publicKey }];
  const grant = { node_id: `node://local/${'0f'.repeat(16)}`, number: '1', successors };
  const message = grantMessage(grant);
  assert.ok(message.ok);
  const owner_signature = signHybrid(key, 'SIG_DOMAIN_OPERATION', message.value);
  assert.ok(await lease.saveSuccession(JSON.stringify({ ...grant, owner_signature }), undefined));
  const cluster = join(folder, 'cluster');
  mkdirSync(cluster);
  const change = (to: RosterChange, at = cluster) => {
    return changeRoster({ kind: 'cluster_roster', store, cluster: at, owner, change: to });
  };
  const stored = async () => JSON.parse((await lease.roster()) ?? '{}') as ClusterRoster;
  const names = async () => (await stored()).replicas.map((each) => each.replica);

  await change(replica('a'));
  const old = await lease.roster();
  await change({ kind: 'dismissed', replica: 'a' });
  const newest = await lease.roster();
  for (const putBack of [old, undefined]) {
    const value = putBack === undefined ? 'NULL' : `convert_to('${putBack}', 'UTF8')`;
    await server.query(`UPDATE roster.lease SET roster = ${value}`);
    await assert.rejects(change(replica('b')), (fault: Error & { code: string }) => {
      assert.equal(fault.code, 'roster.superseded');
      assert.match(fault.message, /had roster [01], and 2 was seen here; it was put there again/);
      return true;
    });
    assert.equal(await lease.roster(), newest, 'the newest stands there again');
  }
  // Signed at a node that had not seen the second, on the first.
  await server.query(`UPDATE roster.lease SET roster = convert_to('${old}', 'UTF8')`);
  const unaware = join(folder, 'unaware');
  mkdirSync(unaware);
  await change(replica('e'), unaware);
  assert.deepEqual(await names(), ['a', 'e']);
  await assert.rejects(change(replica('b')), (fault: Error & { code: string }) => {
    assert.equal(fault.code, 'roster.superseded');
    return /had another roster 2, and 2 was seen here/.test(fault.message);
  });
  assert.equal(await lease.roster(), newest, 'one of the same number is none that is newer');
  await change(replica('b'));
  assert.deepEqual(await names(), ['b']);
  assert.equal((await stored()).number, '3');

  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere);
  await change(replica('c'), elsewhere);
  await change(replica('d'));
  assert.deepEqual(await names(), ['b', 'c', 'd'], 'a newer one of another node is taken');
  await lease.close();
});
