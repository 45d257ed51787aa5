import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Told } from '@ioi/agentgres/postgres';
import { keyId } from '@ioi/crypto';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { createSealKey, GuardianStore, readSealKey, SealStore } from '@ioi/guardian/shell';
import { grantMessage, keys, logNameOf } from '@ioi/law';
import type {
  ClusterAnswer,
  ClusterJob,
  Invitation,
  MemberRequest,
  SuccessionGrant,
} from '@ioi/protocol';
import type { SealedHead } from '../appoint.ts';
import { makeFolder, writeDurably } from '../files.ts';
import { openOwner } from '../owner.ts';
import { Refused } from '../refused.ts';
import { heldGrant, notShared, withLease } from './status.ts';

type Job<K extends ClusterJob['kind']> = Extract<ClusterJob, { kind: K }>;

/** In the folder of a member; it signs for the seal key of each takeover, and nothing else. */
export const MEMBER_KEY = 'member.key';
/** In the data of a node that may write, so that both are replaced together. */
export const PLACE_FILE = 'place.json';
const STORE = /\.db$/;

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
    const place = await lease.found(job.own.member, told);
    if (place === undefined) {
      throw new Refused('cluster.exists', 'several nodes share this store already');
    }
    if ((await lease.told()).length === 0) {
      throw new Refused('cluster.other_store', 'the logs of this node are not in that store');
    }
    await lease.saveSuccession(JSON.stringify(grant));
    writeDurably(join(job.data, PLACE_FILE), JSON.stringify(place));
    return { kind: 'cluster_founded', place };
  });
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
    const before = await heldGrant(lease, owner.key.publicKey);
    if (before === undefined) throw notShared();
    const others = before.successors.filter((each) => each.member !== member);
    const successors = [...others, { member, public_key }];
    const number = String(BigInt(before.number) + 1n);
    const grant = signGrant(owner.key, before, { number, successors });
    await lease.saveSuccession(JSON.stringify(grant));
    return { kind: 'cluster_admitted', invitation };
  });
}

type Naming = Pick<SuccessionGrant, 'number'> & { readonly successors: readonly MemberRequest[] };

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
