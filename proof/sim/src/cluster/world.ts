import type { Place } from '@ioi/agentgres';
import { generateHybridKey, type HybridKey, signHybrid } from '@ioi/crypto/shell';
import {
  grantMessage,
  manifestOf,
  nodeDomainOf,
  nodeIdOf,
  nodeModules,
  operationIdOf,
  originOf,
} from '@ioi/law';
import type { Genesis, SuccessionGrant } from '@ioi/protocol';
import { Chance } from '../chance.ts';
import type { Breach } from '../replay.ts';
import { Schedule } from '../schedule.ts';
import { Trace } from '../trace.ts';
import type { BrokenRule } from '../world.ts';
import { SharedLog, type StoreVariant } from './shared-log.ts';
import { SimWitness } from './witnesses.ts';

export const MEMBERS = ['one', 'two', 'three'] as const;
const WALL_START = 1_800_000_000_000;

/** What was told to a client, to be held against the log in the end. */
export type Acknowledged = { readonly id: string; readonly size: number; readonly root: string };

/** All that is not a member: time, chance, the store, names, and what was promised to whom. */
export class ClusterWorld {
  readonly chance: Chance;
  readonly schedule: Schedule;
  readonly trace: Trace;
  readonly log: SharedLog;
  /** The first is required: nobody writes before it saw the log. */
  readonly witnesses = [new SimWitness('first'), new SimWitness('second')] as const;
  readonly slowness: number;
  readonly owner: HybridKey;
  readonly firstSeal: HybridKey;
  readonly memberKeys: ReadonlyMap<string, HybridKey>;
  readonly genesis: Genesis;
  readonly grant: SuccessionGrant;
  readonly acknowledged: Acknowledged[] = [];
  #broken: BrokenRule | undefined;

  constructor(seed: number, variant: StoreVariant) {
    this.chance = new Chance(`cluster ${seed}`);
    this.schedule = new Schedule(this.chance);
    this.trace = new Trace(this.schedule);
    this.slowness = this.chance.pick([2, 10, 60]);
    this.log = new SharedLog(MEMBERS[0], variant);
    [this.owner, this.firstSeal] = [this.newKey(), this.newKey()];
    this.memberKeys = new Map(MEMBERS.map((name) => [name, this.newKey()]));
    const [owner_key, guardian_key] = [this.owner.publicKey, this.firstSeal.publicKey];
    const node_id = nodeIdOf(owner_key, guardian_key);
    const [modules, origin] = [manifestOf(nodeModules()), originOf(node_id)];
    this.genesis = { node_id, demo: false, owner_key, guardian_key, origin, epoch: '0', modules };
    this.grant = this.#granted();
  }

  #granted(): SuccessionGrant {
    const successors = [...this.memberKeys].map(([member, { publicKey: public_key }]) => {
      return { member, public_key };
    });
    const grant = { node_id: this.genesis.node_id, number: '1', successors };
    const message = grantMessage(grant);
    if (!message.ok) throw new Error(message.error.message);
    return {
      ...grant,
      owner_signature: signHybrid(this.owner, 'SIG_DOMAIN_OPERATION', message.value),
    };
  }

  get nodeDomain(): string {
    return nodeDomainOf(this.genesis.node_id);
  }

  get broken(): BrokenRule | undefined {
    return this.#broken;
  }

  violate(message: string, breach: Breach = 'other'): void {
    if (this.#broken !== undefined) return;
    this.#broken = { message, breach };
    this.trace.note('BROKEN', message);
    this.schedule.stop();
  }

  /** Somebody took a place: their number only rises. */
  placed({ member, term }: Place): void {
    this.trace.note(member, `has the place of term ${term}`);
    this.trace.count('takeover');
  }

  newKey(): HybridKey {
    const { chance } = this;
    return generateHybridKey({ ed25519: chance.bytes(32), mlDsa44: chance.bytes(32) });
  }

  newOperationId(): string {
    return operationIdOf(Number(this.wall()), this.chance.bytes(10));
  }

  wall(): bigint {
    return BigInt(WALL_START + this.schedule.now);
  }
}
