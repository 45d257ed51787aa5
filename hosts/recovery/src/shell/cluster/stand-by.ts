import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isStale, type Lease, type Patience, type Place, seen, type Watch } from '@ioi/agentgres';
import { PostgresLease } from '@ioi/agentgres/postgres';
import { LogFault } from '@ioi/agentgres/shell';
import { keyId, verifierRegistry } from '@ioi/crypto';
import type { HybridKey } from '@ioi/crypto/shell';
import { readSealKey } from '@ioi/guardian/shell';
import { holdIdentity } from '@ioi/law';
import type {
  ClusterAnswer,
  ClusterJob,
  HybridPublicKey,
  RecoveryAnswer,
  SuccessionGrant,
} from '@ioi/protocol';
import { Refused } from '../refused.ts';
import { MEMBER_KEY, PLACE_FILE } from './members.ts';
import { heldGrant, notShared } from './status.ts';
import { succeed } from './succeed.ts';

export type StandingBy = Extract<ClusterJob, { kind: 'cluster_stand_by' }>;
type Say = (answer: RecoveryAnswer) => void;

/** A writer that stands still for so long is taken for dead. */
const LEASE_MS = 5_000;
/** One that starts has a log to read first. */
const STARTING = 6;
/** Looks in the time that a lease lasts. */
const LOOKS = 10;
/** Where the store does not answer. */
const RETRY_MS = 500;

/**
 * Waits for this member's turn, and makes ready what writes then. Nothing is decided by a clock:
 * of several who wake up at once the store lets one in, and fences whoever wrote before.
 */
export async function standBy(job: StandingBy, say: Say): Promise<ClusterAnswer> {
  const key = readSealKey(join(job.cluster, MEMBER_KEY));
  for (;;) {
    const lease = await openLease(job);
    try {
      return await new Standing(job, key, say).turn(lease);
    } catch (fault) {
      if (!isPassing(fault)) throw fault;
    } finally {
      await lease.close().catch(() => {});
    }
    await sleep(RETRY_MS);
  }
}

class Standing {
  readonly #job: StandingBy;
  readonly #key: HybridKey;
  readonly #say: Say;
  readonly #patience: Patience;
  #watch: Watch | undefined;

  constructor(job: StandingBy, key: HybridKey, say: Say) {
    this.#job = job;
    this.#key = key;
    this.#say = say;
    const { lease_ms: writing = LEASE_MS } = job;
    this.#patience = { writing, starting: writing * STARTING };
  }

  async turn(lease: PostgresLease): Promise<ClusterAnswer> {
    for (;;) {
      const held = await lease.lease();
      if (held === undefined) throw notShared();
      if (isOurs(held, placeIn(this.#job.data))) return { kind: 'cluster_turn', place: held };
      this.#look(held);
      if (this.#mayTry(held)) {
        const grant = await this.#granted(lease);
        const place = await lease.takeOver(held, this.#job.member);
        if (place !== undefined) return await this.#succeed(lease, place, grant);
      }
      await sleep(this.#patience.writing / LOOKS);
    }
  }

  #look(held: Lease): void {
    const before = this.#watch?.lease;
    this.#watch = seen(this.#watch, held, performance.now());
    if (before?.member === held.member && before.term === held.term) return;
    this.#say({ kind: 'cluster_waits', writer: held.member, term: held.term });
  }

  /** Its own place of before, of which the folders are gone, waits for nobody. */
  #mayTry(held: Lease): boolean {
    if (held.member === this.#job.member) return true;
    const watch = this.#watch;
    return watch !== undefined && isStale(watch, performance.now(), this.#patience);
  }

  /** Looked at first: whoever may not succeed must not fence whoever writes. */
  async #granted(lease: PostgresLease): Promise<SuccessionGrant> {
    const grant = await heldGrant(lease, ownerIn(this.#job.cluster));
    const named = grant?.successors.some((each) => keyId(each.public_key) === this.#key.keyId);
    if (grant !== undefined && named === true) return grant;
    throw new Refused('cluster.not_named', 'the owner named others: ioi cluster admit');
  }

  async #succeed(
    lease: PostgresLease,
    place: Place,
    grant: SuccessionGrant,
  ): Promise<ClusterAnswer> {
    const beating = setInterval(() => {
      // One that lost the place meanwhile finds out when it opens its log.
      lease.beat(place, 'starting').catch(() => {});
    }, this.#patience.starting / LOOKS);
    try {
      // What an attempt left that broke off, its seal key too, would stop every one after it.
      rmSync(this.#job.into, { recursive: true, force: true });
      const told = await lease.told();
      const by = { key: this.#key, grant, place };
      const takeover = await succeed(this.#job, by, told);
      return { kind: 'cluster_turn', place, takeover };
    } catch (fault) {
      // Others may be able to.
      if (!isPassing(fault)) await lease.stepDown(place).catch(() => {});
      throw fault;
    } finally {
      clearInterval(beating);
    }
  }
}

async function openLease({ store }: StandingBy): Promise<PostgresLease> {
  for (;;) {
    try {
      return await PostgresLease.open(store);
    } catch (fault) {
      if (!isPassing(fault)) throw fault;
    }
    await sleep(RETRY_MS);
  }
}

/** Whose node it is as the invitation said, whatever the database says by now. */
function ownerIn(cluster: string): HybridPublicKey {
  const identity: unknown = JSON.parse(readFileSync(join(cluster, 'identity.json'), 'utf8'));
  const held = holdIdentity(identity, verifierRegistry());
  if (!held.ok) throw new Refused(held.error.code, held.error.message);
  return held.value.owner_key;
}

/** The place that the folders of this node are of. */
function placeIn(data: string): Place | undefined {
  const path = join(data, PLACE_FILE);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Place) : undefined;
}

function isOurs(held: Lease, place: Place | undefined): boolean {
  return place !== undefined && held.member === place.member && held.term === place.term;
}

const LASTING = ['store.refused', 'store.not_durable', 'store.newer_format'];

/** A server that fails over is there again later; so is a session that broke. */
function isPassing(fault: unknown): boolean {
  if (fault instanceof LogFault) return !LASTING.includes(fault.code);
  return !(fault instanceof Refused);
}
