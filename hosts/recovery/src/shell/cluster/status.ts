import { PostgresLease } from '@ioi/agentgres/postgres';
import { verifierRegistry } from '@ioi/crypto';
import { holdGrant } from '@ioi/law';
import {
  type ClusterAnswer,
  type ClusterJob,
  type ClusterRoster,
  type ClusterStatus,
  type HybridPublicKey,
  isClusterRoster,
  isSuccessionGrant,
  type SharedStore,
  type SuccessionGrant,
} from '@ioi/protocol';
import { Refused } from '../refused.ts';

type Job<K extends ClusterJob['kind']> = Extract<ClusterJob, { kind: K }>;

/** The lease of a store, for as long as the work takes. */
export async function withLease<T>(
  store: SharedStore,
  work: (lease: PostgresLease) => Promise<T>,
): Promise<T> {
  const lease = await PostgresLease.open(store);
  try {
    return await work(lease);
  } finally {
    await lease.close();
  }
}

/** The newest statement of who may succeed; undefined before anybody was admitted. */
async function grantIn(lease: PostgresLease): Promise<SuccessionGrant | undefined> {
  return grantOf(await lease.succession());
}

function grantOf(text: string | undefined): SuccessionGrant | undefined {
  if (text === undefined) return undefined;
  const grant: unknown = JSON.parse(text);
  if (isSuccessionGrant(grant)) return grant;
  throw new Refused('cluster.grant_damaged', 'the store holds no grant where one should be');
}

/** As the owner signed it: a database that somebody else wrote to names nobody. */
export async function heldGrant(
  lease: PostgresLease,
  owner_key: HybridPublicKey,
): Promise<SuccessionGrant | undefined> {
  return (await heldText(lease, owner_key))?.grant;
}

type HeldText = { readonly grant: SuccessionGrant; readonly text: string };

/** With its text as it stands in the store: what is made from it takes the place of this alone. */
export async function heldText(
  lease: PostgresLease,
  owner_key: HybridPublicKey,
): Promise<HeldText | undefined> {
  const text = await lease.succession();
  const grant = grantOf(text);
  if (text === undefined || grant === undefined) return undefined;
  return heldIn(text, grant, owner_key);
}

/** The same of one that is kept here. */
export function heldSeen(text: string, owner_key: HybridPublicKey): HeldText | undefined {
  const grant = grantOf(text);
  return grant && heldIn(text, grant, owner_key);
}

function heldIn(text: string, grant: SuccessionGrant, owner_key: HybridPublicKey): HeldText {
  const held = holdGrant(grant, { node_id: grant.node_id, owner_key }, verifierRegistry());
  if (!held.ok) throw new Refused(held.error.code, held.error.message);
  return { grant, text };
}

/** As the store has it, for whoever looks; undefined where there is none to be read. */
async function rosterIn(lease: PostgresLease): Promise<ClusterRoster | undefined> {
  const text = await lease.roster();
  const roster: unknown = text === undefined ? undefined : JSON.parse(text);
  return isClusterRoster(roster) ? roster : undefined;
}

export function clusterStatus({ store }: Job<'cluster_status'>): Promise<ClusterAnswer> {
  return withLease(store, async (lease) => {
    const held = await lease.lease();
    if (held === undefined) throw notShared();
    const grant = await grantIn(lease);
    const told = await lease.told();
    const domains = told.map(({ domain, size }) => ({ domain_id: domain, size }));
    const { member: writer, term, beat } = held;
    const granted = grant === undefined ? {} : { grant };
    const roster = await rosterIn(lease);
    const rostered = roster === undefined ? {} : { roster };
    const cluster: ClusterStatus = { writer, term, beat, ...granted, ...rostered, domains };
    return { kind: 'cluster', cluster };
  });
}

export function stepDown({ store, place }: Job<'cluster_step_down'>): Promise<ClusterAnswer> {
  return withLease(store, async (lease) => {
    return { kind: 'cluster_stood_down', changed: await lease.stepDown(place) };
  });
}

export function notShared(): Refused {
  return new Refused('cluster.not_shared', 'this store has one node: ioi cluster init');
}
