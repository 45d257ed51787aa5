import { verifierRegistry } from '@ioi/crypto';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { holdRoster, rosterMessage } from '@ioi/law';
import {
  type ClusterAnswer,
  type ClusterJob,
  type ClusterRoster,
  isClusterRoster,
  type RosterChange,
} from '@ioi/protocol';
import { openOwner } from '../owner.ts';
import { Refused } from '../refused.ts';
import { heldGrant, notShared, withLease } from './status.ts';

type Job = Extract<ClusterJob, { kind: 'cluster_roster' }>;
type Parts = Pick<ClusterRoster, 'writers' | 'replicas'>;

/** The owner says who may speak with whom from now on. */
export async function changeRoster({ store, owner, change }: Job): Promise<ClusterAnswer> {
  const { key } = await openOwner(owner);
  return withLease(store, async (lease) => {
    const grant = await heldGrant(lease, key.publicKey);
    if (grant === undefined) throw notShared();
    const { node_id } = grant;
    const text = await lease.roster();
    const before = text === undefined ? undefined : heldRoster(text, { node_id, key });
    const { writers = [], replicas = [], number = '0' } = before ?? {};
    const next = String(BigInt(number) + 1n);
    const changed = changedParts({ writers, replicas }, change);
    const roster = signRoster(key, { node_id, number: next, ...changed });
    if (await lease.saveRoster(JSON.stringify(roster), text)) {
      return { kind: 'cluster_rostered', roster };
    }
    const message = 'the roster was changed meanwhile: the same command again';
    throw new Refused('cluster.changed_meanwhile', message);
  });
}

function heldRoster(text: string, { node_id, key }: { node_id: string; key: HybridKey }) {
  const whose = { node_id, owner_key: key.publicKey };
  const held = holdRoster(JSON.parse(text), whose, verifierRegistry());
  if (!held.ok) throw new Refused(held.error.code, held.error.message);
  return held.value;
}

function changedParts({ writers, replicas }: Parts, change: RosterChange): Parts {
  if (change.kind === 'writer') {
    const { writer } = change;
    const others = writers.filter(({ member }) => member !== writer.member);
    return { writers: [...others, writer], replicas };
  }
  const name = change.kind === 'replica' ? change.replica.replica : change.replica;
  const had = replicas.find(({ replica }) => replica === name);
  const others = replicas.filter((each) => each !== had);
  if (change.kind === 'dismissed') {
    if (had !== undefined) return { writers, replicas: others };
    throw new Refused('cluster.not_named', `the owner named no replica ${name}`);
  }
  if (had !== undefined && had.tls_key !== change.replica.tls_key && !change.replace) {
    throw new Refused(
      'cluster.name_taken',
      `${name} is named already, with the key ${had.tls_key}`,
    );
  }
  return { writers, replicas: [...others, change.replica] };
}

function signRoster(
  owner: HybridKey,
  roster: Omit<ClusterRoster, 'owner_signature'>,
): ClusterRoster {
  const message = rosterMessage(roster);
  if (!message.ok) throw new Refused(message.error.code, message.error.message);
  const owner_signature = signHybrid(owner, 'SIG_DOMAIN_OPERATION', message.value);
  const signed: unknown = { ...roster, owner_signature };
  if (isClusterRoster(signed)) return signed;
  throw new Refused('roster.malformed', 'too many are named, or one misshapen');
}
