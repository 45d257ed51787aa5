import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresLease, Told } from '@ioi/agentgres/postgres';
import { keyId } from '@ioi/crypto';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { createSealKey, GuardianStore, readSealKey, SealStore } from '@ioi/guardian/shell';
import { grantMessage, keys, logNameOf, saysTheSame } from '@ioi/law';
import type {
  ClusterAnswer,
  ClusterJob,
  ClusterPlace,
  HybridPublicKey,
  Invitation,
  MemberRequest,
  SuccessionGrant,
} from '@ioi/protocol';
import type { SealedHead } from '../appoint.ts';
import { makeFolder, writeDurably } from '../files.ts';
import { openOwner } from '../owner.ts';
import { Refused } from '../refused.ts';
import { keepSeen, seenIn } from './seen.ts';
import { heldGrant, heldSeen, heldText, notShared, withLease } from './status.ts';

type Job<K extends ClusterJob['kind']> = Extract<ClusterJob, { kind: K }>;

/** In the folder of a member; it signs for the seal key of each takeover, and nothing else. */
export const MEMBER_KEY = 'member.key';
/** In the data of a node that may write, so that both are replaced together. */
export const PLACE_FILE = 'place.json';
const STORE = /\.db$/;
const SEEN_FILE = 'succession.json';

export function makeMemberKey({ member, cluster }: Job<'cluster_key'>): ClusterAnswer {
  makeFolder(cluster);
  const path = join(cluster, MEMBER_KEY);
  // One that was made before the rest of a command failed is as good.
  const { publicKey: public_key } = existsSync(path) ? readSealKey(path) : createSealKey(path);
  return { kind: 'cluster_key', own: { member, public_key } };
}

/** Makes the store of a stopped node one that several share; the node is the first to write. */
export async function foundCluster(job: Job<'cluster_found'>): Promise<ClusterAnswer> {
  const owner = await openOwner(job.owner);
  const { node, told } = sealedIn(job.guardian);
  if (keyId(node.owner_key) !== owner.key.keyId) {
    throw new Refused('restore.other_owner', "this is not the key of the node's owner");
  }
  return withLease(job.store, async (lease) => {
    const grant = signGrant(owner.key, node, { number: '1', successors: [job.own] });
    const founded = await lease.found(job.own.member, told, JSON.stringify(grant));
    const place = founded ?? (await foundBefore(lease, job.own, owner.key.publicKey));
    if (place === undefined) {
      throw new Refused('cluster.exists', 'several nodes share this store already');
    }
    if ((await lease.told()).length === 0) {
      throw new Refused('cluster.other_store', 'the logs of this node are not in that store');
    }
    rmSync(join(job.data, PLACE_FILE), { force: true });
    writeDurably(join(job.data, PLACE_FILE), JSON.stringify(place));
    return { kind: 'cluster_founded', place };
  });
}

/** The place of this very node, of which an attempt that broke off told it nothing. */
async function foundBefore(
  lease: PostgresLease,
  { member, public_key }: MemberRequest,
  owner: HybridPublicKey,
): Promise<ClusterPlace | undefined> {
  const held = await lease.lease();
  const grant = held?.member === member && held.term === 1 && (await heldGrant(lease, owner));
  if (!grant) return undefined;
  const isNamed = grant.successors.some((each) => keyId(each.public_key) === keyId(public_key));
  return isNamed ? { member, term: 1 } : undefined;
}

/** What a guardian sealed last of its own log and of each domain beside it. */
function sealedIn(guardian: string): { node: SealedHead; told: Told[] } {
  const store = new GuardianStore(join(guardian, 'guardian.db'));
  try {
    const node = store.seals.get<SealedHead>(keys.node);
    const own = toldOf(store.seals);
    if (!node || !own) throw new Refused('cluster.empty', 'this node has sealed nothing yet');
    const folder = join(guardian, 'domains');
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => STORE.test(name)) : [];
    return { node, told: [own, ...names.flatMap((name) => toldAt(join(folder, name)))] };
  } finally {
    store.close();
  }
}

function toldAt(path: string): Told[] {
  const seals = SealStore.open(path);
  try {
    const told = toldOf(seals);
    return told === undefined ? [] : [told];
  } finally {
    seals.close();
  }
}

function toldOf(seals: SealStore): Told | undefined {
  const head = seals.get<SealedHead>(keys.node);
  const row = seals.sealRow();
  if (!head || !row) return undefined;
  return { domain: logNameOf(head).domain_id, size: row.size, note: row.note };
}

/** The owner names another node that may succeed; it is given what it needs to stand by. */
export async function admitMember(job: Job<'cluster_admit'>): Promise<ClusterAnswer> {
  const owner = await openOwner(job.owner);
  const { member, public_key } = job.wanted;
  const invitation: Invitation = {
    format: 'ioi-invitation/1',
    member,
    store: job.store,
    owner_key: readFileSync(join(job.guardian, 'owner.key'), 'utf8'),
    identity: readFileSync(join(job.guardian, 'identity.json'), 'utf8'),
  };
  return withLease(job.store, async (lease) => {
    const held = await newest(lease, job.cluster, owner.key.publicKey);
    const { grant: before } = held;
    const found = before.successors.find((each) => each.member === member);
    const had = found && keyId(found.public_key);
    const isOther = had !== undefined && had !== keyId(public_key);
    if (isOther && !job.replace) {
      const message = `${member} is named already, with the key ${had}`;
      throw new Refused('cluster.name_taken', message);
    }
    const others = before.successors.filter((each) => each !== found);
    const named = isOther ? { member, public_key, replaces: had } : { member, public_key };
    const successors = [...others, isOther ? named : (found ?? named)];
    await save(lease, job.cluster, nextGrant(owner.key, before, successors), held.text);
    return { kind: 'cluster_admitted', invitation, ...(isOther ? { replaced: had } : {}) };
  });
}

/** The owner names it no more, which counts from the first takeover by the new list on. */
export async function dismissMember(job: Job<'cluster_dismiss'>): Promise<ClusterAnswer> {
  const owner = await openOwner(job.owner);
  return withLease(job.store, async (lease) => {
    const held = await newest(lease, job.cluster, owner.key.publicKey);
    const { grant: before } = held;
    const successors = before.successors.filter((each) => each.member !== job.member);
    if (successors.length === before.successors.length) {
      throw new Refused('cluster.not_named', `the owner did not name ${job.member}`);
    }
    if (successors.length === 0) throw new Refused('cluster.last', 'nobody would be left');
    await save(lease, job.cluster, nextGrant(owner.key, before, successors), held.text);
    return { kind: 'cluster_dismissed', left: successors.map((each) => each.member) };
  });
}

/**
 * What stands in the store, where no later one was seen here. A store that was put back would have
 * whom the owner dismissed named again by the next change: the later is put there, and told.
 */
async function newest(lease: PostgresLease, cluster: string, owner_key: HybridPublicKey) {
  const held = await heldText(lease, owner_key);
  if (held === undefined) throw notShared();
  const text = seenIn(cluster, SEEN_FILE);
  const seen = text === undefined ? undefined : heldSeen(text, owner_key);
  const { node_id, number } = held.grant;
  if (seen === undefined || seen.grant.node_id !== node_id) return held;
  if (BigInt(number) > BigInt(seen.grant.number)) return held;
  // Of two with one number the owner signed one on a store that was put back.
  const isFork = number === seen.grant.number;
  if (isFork && saysTheSame(held.grant, seen.grant)) return held;
  const had = `the store had ${isFork ? 'another ' : ''}grant ${number}`;
  const what = `${had}, and ${seen.grant.number} was seen here`;
  const isBack = await lease.saveSuccession(seen.text, held.text);
  const done = isBack ? 'it was put there again' : 'another was put there meanwhile';
  throw new Refused('succession.superseded', `${what}; ${done}`);
}

/** Two that were signed at once would name the same number, and one of them would be lost. */
async function save(
  lease: PostgresLease,
  cluster: string,
  grant: SuccessionGrant,
  from: string,
): Promise<void> {
  const text = JSON.stringify(grant);
  if (await lease.saveSuccession(text, from)) return keepSeen(cluster, SEEN_FILE, text);
  const message = 'who may take over was changed meanwhile: the same command again';
  throw new Refused('cluster.changed_meanwhile', message);
}

type Naming = Pick<SuccessionGrant, 'number' | 'successors'>;

function nextGrant(
  owner: HybridKey,
  before: SuccessionGrant,
  successors: Naming['successors'],
): SuccessionGrant {
  const number = String(BigInt(before.number) + 1n);
  return signGrant(owner, before, { number, successors });
}

function signGrant(
  owner: HybridKey,
  { node_id }: Pick<SuccessionGrant, 'node_id'>,
  { number, successors }: Naming,
): SuccessionGrant {
  const grant = { node_id, number, successors: [...successors] };
  const message = grantMessage(grant);
  if (!message.ok) throw new Refused(message.error.code, message.error.message);
  return { ...grant, owner_signature: signHybrid(owner, 'SIG_DOMAIN_OPERATION', message.value) };
}
