import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PostgresLease } from '@ioi/agentgres/postgres';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { generateHybridKey, type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { identityOf, writeOwner } from '@ioi/guardian/owner';
import { createSealKey } from '@ioi/guardian/shell';
import { grantMessage } from '@ioi/law';
import type { HybridPublicKey } from '@ioi/protocol';
import { dismissMember, MEMBER_KEY, makeMemberKey } from './members.ts';
import { type StandingBy, standBy } from './stand-by.ts';

const skip = whyNoPostgres() ?? false;
const folder = mkdtempSync(join(tmpdir(), 'ioi-stand-by-'));
let server: PostgresServer;
let stores = 0;
before(async () => {
  if (!skip) server = await PostgresServer.start();
});
after(async () => {
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const owner = generateHybridKey();

/** A member that stands by, in a store whose writer stepped down. */
async function standing(grantedBy: HybridKey, granted?: HybridPublicKey) {
  stores += 1;
  const home = join(folder, String(stores));
  const cluster = join(home, 'cluster');
  mkdirSync(cluster, { recursive: true });
  const own = createSealKey(join(cluster, MEMBER_KEY));
  writeFileSync(join(cluster, 'identity.json'), JSON.stringify(identityOf(owner)));
  const store = { url: server.url(), schema: `stand_by${stores}` };
  const lease = await PostgresLease.open(store);
  const place = await lease.found('one', []);
  assert.ok(place);
  const successors = [
    { member: 'one', public_key: owner.publicKey },
    { member: 'two', public_key: granted ?? own.publicKey },
  ];
  const grant = { node_id: `node://local/${'0f'.repeat(16)}`, number: '1', successors };
  const message = grantMessage(grant);
  assert.ok(message.ok);
  const owner_signature = signHybrid(grantedBy, 'SIG_DOMAIN_OPERATION', message.value);
  await lease.saveSuccession(JSON.stringify({ ...grant, owner_signature }));
  await lease.stepDown(place);
  const [guardian, data, into] = ['guardian', 'data', 'next'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  const about = { kind: 'cluster_stand_by', member: 'two', store, cluster } as const;
  const job: StandingBy = { ...about, guardian, data, into, lease_ms: 500 };
  return { job, lease };
}

const silent = (): void => {};

test('a database names nobody: the grant is of the owner who invited', { skip }, async () => {
  const { job, lease } = await standing(generateHybridKey());
  await assert.rejects(standBy(job, silent), { code: 'succession.not_granted' });
  assert.equal((await lease.lease())?.term, 1, 'it did not touch the lease');
  await lease.close();
});

test('whom the owner did not name touches nothing', { skip }, async () => {
  const { job, lease } = await standing(owner, generateHybridKey().publicKey);
  await assert.rejects(standBy(job, silent), { code: 'cluster.not_named' });
  assert.equal((await lease.lease())?.term, 1);
  await lease.close();
});

test('whom the owner dismissed is named no more', { skip }, async () => {
  const { job, lease } = await standing(owner);
  const keys = join(job.cluster, 'keys');
  mkdirSync(keys);
  await writeOwner(keys, { key: owner, identity: identityOf(owner) }, 'open sesame');
  const source = {
    kind: 'key_file',
    path: join(keys, 'owner.key'),
    passphrase: 'open sesame',
  } as const;
  const dismiss = (member: string) =>
    dismissMember({ kind: 'cluster_dismiss', store: job.store, member, owner: source });
  await assert.rejects(dismiss('three'), { code: 'cluster.not_named' });
  assert.deepEqual(await dismiss('two'), { kind: 'cluster_dismissed', left: ['one'] });
  await assert.rejects(standBy(job, silent), { code: 'cluster.not_named' });
  await assert.rejects(dismiss('one'), { code: 'cluster.last' });
  assert.equal((await lease.lease())?.term, 1);
  await lease.close();
});

test('an attempt that broke off stops none after it', { skip }, async () => {
  const { job, lease } = await standing(owner);
  mkdirSync(join(job.into, 'guardian'), { recursive: true });
  createSealKey(join(job.into, 'guardian', 'seal.key'));
  await assert.rejects(standBy(job, silent), { code: 'cluster.other_node' }, 'not of its own key');
  await lease.close();
});

test('a member asks with the key that it has', () => {
  const cluster = join(folder, 'asks');
  const job = { kind: 'cluster_key', member: 'two', cluster } as const;
  assert.deepEqual(makeMemberKey(job), makeMemberKey(job));
});
