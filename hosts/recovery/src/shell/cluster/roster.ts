import type { PostgresLease } from '@ioi/agentgres/postgres';
import { verifierRegistry } from '@ioi/crypto';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { holdRoster, type Rostered, rosterMessage, saysTheSame } from '@ioi/law';
import {
  type ClusterAnswer,
  type ClusterJob,
  type ClusterRoster,
  isClusterRoster,
  type RosterChange,
} from '@ioi/protocol';
import { openOwner } from '../owner.ts';
import { Refused } from '../refused.ts';
import { keepSeen, seenIn } from './seen.ts';
import { heldGrant, notShared, withLease } from './status.ts';

type Job = Extract<ClusterJob, { kind: 'cluster_roster' }>;
type Parts = Pick<ClusterRoster, 'writers' | 'replicas'>;

type Held = { readonly roster: ClusterRoster; readonly text: string };
type Stored = { readonly [K in keyof Held]: Held[K] | undefined };

/** The daemon of a node keeps the newest one that it saw in the same file. */
const SEEN_FILE = 'roster.json';

/** The owner says who may speak with whom from now on. */
export async function changeRoster({ store, cluster, owner, change }: Job): Promise<ClusterAnswer> {
  const { key } = await openOwner(owner);
  return withLease(store, async (lease) => {
    const grant = await heldGrant(lease, key.publicKey);
    if (grant === undefined) throw notShared();
    const { node_id } = grant;
    const text = await lease.roster();
    const whose = { node_id, owner_key: key.publicKey };
    const before = text === undefined ? undefined : heldRoster(text, whose);
    await mustBeNewest(lease, { roster: before, text }, seenRoster(cluster, whose));
    const { writers = [], replicas = [], number = '0' } = before ?? {};
    const next = String(BigInt(number) + 1n);
    const changed = changedParts({ writers, replicas }, change);
    const roster = signRoster(key, { node_id, number: next, ...changed });
    const signed = JSON.stringify(roster);
    if (await lease.saveRoster(signed, text)) {
      keepSeen(cluster, SEEN_FILE, signed);
      return { kind: 'cluster_rostered', roster };
    }
    const message = 'the roster was changed meanwhile: the same command again';
    throw new Refused('cluster.changed_meanwhile', message);
  });
}

/**
 * A store that was put back would have whom the owner dismissed named again by the next change.
 * The newest one that was seen here is put there again, which the owner signed, and is told.
 */
async function mustBeNewest(
  lease: PostgresLease,
  stored: Stored,
  seen: Held | undefined,
): Promise<void> {
  const number = stored.roster?.number ?? '0';
  if (seen === undefined || BigInt(number) > BigInt(seen.roster.number)) return;
  // Of two with one number the owner signed one on a store that was put back.
  const isFork = number === seen.roster.number;
  if (isFork && stored.roster && saysTheSame(stored.roster, seen.roster)) return;
  const had = `the store had ${isFork ? 'another ' : ''}roster ${number}`;
  const what = `${had}, and ${seen.roster.number} was seen here`;
  const isBack = await lease.saveRoster(seen.text, stored.text);
  const done = isBack ? 'it was put there again' : 'another was put there meanwhile';
  throw new Refused('roster.superseded', `${what}; ${done}`);
}

/** The newest that this node saw; undefined where it saw none. */
function seenRoster(cluster: string, whose: Rostered): Held | undefined {
  const text = seenIn(cluster, SEEN_FILE);
  return text === undefined ? undefined : { roster: heldRoster(text, whose), text };
}

function heldRoster(text: string, whose: Rostered): ClusterRoster {
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
