import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PostgresLease } from '@ioi/agentgres/postgres';
import { PostgresServer, whyNoPostgres } from '@ioi/agentgres/testing';
import { keyId, verifierRegistry } from '@ioi/crypto';
import { generateHybridKey, type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { identityOf, writeOwner } from '@ioi/guardian/owner';
import { createSealKey } from '@ioi/guardian/shell';
import { grantMessage, holdGrant } from '@ioi/law';
import type { HybridPublicKey, SuccessionGrant } from '@ioi/protocol';
import { admitMember, dismissMember, MEMBER_KEY, makeMemberKey } from './members.ts';
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
  assert.ok(await lease.saveSuccession(JSON.stringify({ ...grant, owner_signature }), undefined));
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

/** The folder with the owner's key file, and how it is opened. */
async function ownerIn({ cluster }: StandingBy) {
  const guardian = join(cluster, 'keys');
  mkdirSync(guardian);
  await writeOwner(guardian, { key: owner, identity: identityOf(owner) }, 'open sesame');
  const path = join(guardian, 'owner.key');
  return { guardian, source: { kind: 'key_file', path, passphrase: 'open sesame' } as const };
}

const silent = (): void => {};
const at = ({ store, cluster }: StandingBy) => ({ store, cluster });

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

test('a name keeps its key unless the owner says that another replaces it', {
  skip,
}, async () => {
  const { job, lease } = await standing(owner);
  const { guardian, source } = await ownerIn(job);
  const named = async () => JSON.parse((await lease.succession()) ?? '') as SuccessionGrant;
  const before = await named();
  const [, two] = before.successors;
  assert.ok(two);
  const other = generateHybridKey().publicKey;
  const admit = (public_key: HybridPublicKey, replace: boolean) => {
    const about = { kind: 'cluster_admit', ...at(job), guardian, owner: source } as const;
    return admitMember({ ...about, wanted: { member: 'two', public_key }, replace });
  };
  await assert.rejects(admit(other, false), { code: 'cluster.name_taken' });
  assert.deepEqual(await named(), before, 'nothing was signed');
  await admit(two.public_key, false);
  assert.deepEqual((await named()).successors, before.successors, 'the same key needs no word');
  const answer = await admit(other, true);
  const replaces = keyId(two.public_key);
  assert.equal(answer.kind === 'cluster_admitted' && answer.replaced, replaces);
  const after = await named();
  assert.deepEqual(after.successors[1], { member: 'two', public_key: other, replaces });
  const trust = { node_id: after.node_id, owner_key: owner.publicKey };
  assert.ok(holdGrant(after, trust, verifierRegistry()).ok, 'the owner signed for it');
  await lease.close();
});

test('of several changes at once to who may take over none is lost', { skip }, async () => {
  const { job, lease } = await standing(owner);
  const { guardian, source } = await ownerIn(job);
  const names = ['three', 'four', 'five'];
  const asked = names.map((member) => {
    const wanted = { member, public_key: generateHybridKey().publicKey };
    const about = { kind: 'cluster_admit', ...at(job), guardian, owner: source } as const;
    return admitMember({ ...about, wanted, replace: false });
  });
  const ended = await Promise.allSettled(asked);
  const admitted = names.filter((_, at) => ended[at]?.status === 'fulfilled');
  for (const each of ended) {
    if (each.status === 'rejected') assert.equal(each.reason.code, 'cluster.changed_meanwhile');
  }
  const { successors } = JSON.parse((await lease.succession()) ?? '') as SuccessionGrant;
  const named = successors.map(({ member }) => member).filter((each) => names.includes(each));
  assert.ok(admitted.length > 0);
  assert.deepEqual(named.toSorted(), admitted.toSorted());
  assert.equal(await lease.saveSuccession('{}', '{}'), false, 'made from another');
  await lease.close();
});

test('whom the owner dismissed is named no more', { skip }, async () => {
  const { job, lease } = await standing(owner);
  const { source } = await ownerIn(job);
  const dismiss = (member: string) =>
    dismissMember({ kind: 'cluster_dismiss', ...at(job), member, owner: source });
  await assert.rejects(dismiss('three'), { code: 'cluster.not_named' });
  assert.deepEqual(await dismiss('two'), { kind: 'cluster_dismissed', left: ['one'] });
  await assert.rejects(standBy(job, silent), { code: 'cluster.not_named' });
  await assert.rejects(dismiss('one'), { code: 'cluster.last' });
  assert.equal((await lease.lease())?.term, 1);
  await lease.close();
});

test('a grant that was put back names nobody again whom the owner dismissed', {
  skip,
}, async () => {
  const { job, lease } = await standing(owner);
  const { guardian, source } = await ownerIn(job);
  const old = await lease.succession();
  assert.ok(old);
  const about = { ...at(job), owner: source };
  await dismissMember({ kind: 'cluster_dismiss', ...about, member: 'two' });
  const newest = await lease.succession();
  assert.ok(await lease.saveSuccession(old, newest));
  const three = { member: 'three', public_key: generateHybridKey().publicKey };
  const admit = () => {
    return admitMember({
      kind: 'cluster_admit',
      ...about,
      guardian,
      wanted: three,
      replace: false,
    });
  };
  await assert.rejects(admit(), { code: 'succession.superseded' });
  assert.equal(await lease.succession(), newest, 'the newest stands there again');
  assert.ok(await lease.saveSuccession(old, newest));
  const unaware = join(job.cluster, 'unaware');
  mkdirSync(unaware);
  const elsewhere = { ...about, cluster: unaware, guardian, wanted: three, replace: false };
  await admitMember({ kind: 'cluster_admit', ...elsewhere });
  await assert.rejects(admit(), { code: 'succession.superseded' }, 'signed on the old one');
  assert.equal(await lease.succession(), newest, 'one of the same number is none that is newer');
  await admit();
  const { successors } = JSON.parse((await lease.succession()) ?? '') as SuccessionGrant;
  assert.deepEqual(
    successors.map(({ member }) => member),
    ['one', 'three'],
  );
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
