import type { ProposedOperation } from '@ioi/law';
import type { SimReport } from '../run.ts';
import { judgeLog } from './judge-log.ts';
import { Member } from './member.ts';
import { SOUND, type StoreVariant } from './shared-log.ts';
import { ClusterWorld, MEMBERS } from './world.ts';

export type ClusterSimOptions = {
  readonly seed: number;
  /** Acts of the world: what clients say, and what goes wrong. */
  readonly steps?: number;
  readonly variant?: StoreVariant;
};

export const CLUSTER_STEPS = 80;
/** Within so long, in milliseconds, somebody writes once nothing goes wrong any more. */
const TAKEOVER_MS = 120_000;
const LONGEST_STOP_MS = 20_000;
const LONGEST_REST_MS = 6_000;
/** Tasks between two acts. */
const CALM = 12;

/** How often things happen, by weight. */
const WEIGHTS = {
  ...{ say: 50, repeat: 6, crash: 3, stop: 3, cut: 3, heal: 6, stepDown: 1, rest: 8 },
  ...{ loseWitness: 2, findWitness: 4, setBackWitness: 1 },
};

/** One life of several nodes over one store, made by its seed; the same seed, the same life. */
export async function runClusterSimulation(options: ClusterSimOptions): Promise<SimReport> {
  const { seed, steps = CLUSTER_STEPS, variant = SOUND } = options;
  const world = new ClusterWorld(seed, variant);
  const cluster = new Cluster(world);
  await cluster.writes();
  let step = 0;
  for (; step < steps && world.broken === undefined; step += 1) {
    const act = world.chance.weighted(WEIGHTS);
    world.trace.count(`act.${act}`);
    await cluster[act]();
    for (let left = world.chance.below(CALM); left > 0; left -= 1) await world.schedule.step();
  }
  if (world.broken === undefined) await cluster.settle();
  if (world.broken === undefined) judgeLog(world);
  const { broken, trace } = world;
  return {
    seed,
    steps,
    digest: trace.digest(),
    events: trace.lines,
    counts: trace.counts,
    ...(broken === undefined ? {} : { broken: { ...broken, step, trace: [...trace.last] } }),
  };
}

class Cluster {
  readonly #world: ClusterWorld;
  readonly #members: readonly Member[];
  readonly #said: ProposedOperation[] = [];

  constructor(world: ClusterWorld) {
    this.#world = world;
    this.#members = MEMBERS.map((name) => new Member(world, name));
    for (const member of this.#members) member.start();
  }

  /** To whoever believes to write; there may be several. */
  say(): void {
    const domain_id = `agentgres://domain/d${this.#said.length}.example`;
    const operation: ProposedOperation = {
      operation_id: this.#world.newOperationId(),
      operation: 'domain/open',
      authenticated_by: { kind: 'channel' },
      payload: { domain_id },
    };
    this.#said.push(operation);
    this.#submit(operation);
  }

  /** As a client does that had no answer. */
  repeat(): void {
    if (this.#said.length > 0) this.#submit(this.#world.chance.pick(this.#said));
  }

  crash(): void {
    this.#any().crash();
  }

  stop(): void {
    const member = this.#any();
    const ms = this.#world.chance.below(LONGEST_STOP_MS);
    this.#world.trace.note(member.name, `is stopped for ${ms}`);
    member.machine.stop(ms);
  }

  cut(): void {
    const member = this.#any();
    this.#world.trace.note(member.name, 'is cut off');
    member.machine.isCut = true;
  }

  heal(): void {
    for (const { machine } of this.#members) machine.isCut = false;
  }

  loseWitness(): void {
    this.#world.chance.pick(this.#world.witnesses).isAway = true;
  }

  findWitness(): void {
    for (const witness of this.#world.witnesses) witness.isAway = false;
  }

  setBackWitness(): void {
    const { chance, witnesses } = this.#world;
    chance.pick(witnesses).setBack(chance);
  }

  async stepDown(): Promise<void> {
    await this.#any().stepDown();
  }

  rest(): Promise<void> {
    return this.#pass(this.#world.chance.below(LONGEST_REST_MS));
  }

  /** Until somebody writes; the first start has nothing to take over. */
  async writes(): Promise<boolean> {
    const { schedule } = this.#world;
    const until = schedule.now + TAKEOVER_MS;
    while (schedule.now < until && this.#world.broken === undefined) {
      if (this.#members.some(({ isWriting }) => isWriting)) return true;
      await this.#pass(100);
    }
    return false;
  }

  /** Nothing goes wrong any more: somebody must seal again, soon. */
  async settle(): Promise<void> {
    this.heal();
    this.findWitness();
    for (const { machine } of this.#members) machine.goOn();
    const { acknowledged, schedule } = this.#world;
    const before = acknowledged.length;
    const until = schedule.now + TAKEOVER_MS;
    while (acknowledged.length === before && schedule.now < until) {
      if (this.#world.broken !== undefined) return;
      this.say();
      await this.#pass(1_000);
    }
    if (acknowledged.length === before) this.#world.violate('a takeover does not end');
  }

  #any(): Member {
    return this.#world.chance.pick(this.#members);
  }

  #submit(operation: ProposedOperation): void {
    const writing = this.#members.filter(({ isWriting }) => isWriting);
    if (writing.length > 1) this.#world.trace.count('two believe to write');
    if (writing.length > 0) this.#world.chance.pick(writing).submit(operation);
  }

  async #pass(ms: number): Promise<void> {
    const { schedule } = this.#world;
    let isOver = false;
    schedule.at(schedule.now + ms, () => {
      isOver = true;
    });
    while (!isOver && (await schedule.step()));
  }
}
