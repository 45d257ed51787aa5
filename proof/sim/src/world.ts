import { operationIdOf } from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import { Chance } from './chance.ts';
import { NO_FAULTS } from './disk-faults.ts';
import { Identity } from './identity.ts';
import { nameOf } from './judge.ts';
import { Oracle } from './oracle.ts';
import { ProjectionReader } from './projection-reader.ts';
import { type Breach, Broken } from './replay.ts';
import { Schedule } from './schedule.ts';
import { type Settings, settingsBy } from './settings.ts';
import { SimDisk } from './sim-disk.ts';
import { Trace } from './trace.ts';
import type { Variant } from './variants.ts';

/** The first rule that was broken, and what that means. */
export type BrokenRule = { readonly message: string; readonly breach: Breach };

const WALL_START = 1_800_000_000_000;

/** All that is not a process: time, chance, disks, names, and what was promised to whom. */
export class World {
  readonly chance: Chance;
  readonly schedule: Schedule;
  readonly trace: Trace;
  readonly settings: Settings;
  readonly identity: Identity;
  readonly writerDisk: SimDisk;
  readonly guardianDisk: SimDisk;
  readonly oracle: Oracle;
  readonly readers: ReadonlyMap<string, ProjectionReader>;
  readonly variant: Variant;
  /** Milliseconds by which the clocks jumped so far. */
  readonly jumps = { monotonic: 0, wall: 0 };
  /** While something is to be noticed: told of every fault, says whether it is that. */
  awaited: ((name: string) => boolean) | undefined;
  #broken: BrokenRule | undefined;

  constructor(seed: number, variant: Variant) {
    this.chance = new Chance(`agentgres ${seed}`);
    this.schedule = new Schedule(this.chance);
    this.trace = new Trace(this.schedule);
    this.settings = settingsBy(this.chance);
    this.identity = new Identity(this.chance);
    const { forgetful, sql } = variant;
    const disk = (name: typeof forgetful) => {
      const habits = { isForgetful: forgetful === name, ...(sql ? { sql } : {}) };
      return new SimDisk(this.chance, this.trace, habits);
    };
    this.writerDisk = disk('writer');
    this.guardianDisk = disk('guardian');
    this.oracle = new Oracle(this.identity);
    this.variant = variant;
    const { domains } = this.identity;
    this.readers = new Map(domains.map((name) => [name, new ProjectionReader(this, name)]));
  }

  /** The first rule that was broken. */
  get broken(): BrokenRule | undefined {
    return this.#broken;
  }

  /** Runs what may find a rule broken; anything else it throws is a fault of the simulator. */
  hold<T>(check: () => T): T | undefined {
    try {
      return check();
    } catch (fault) {
      if (!(fault instanceof Broken)) throw fault;
      this.violate(fault.message, fault.breach);
      return undefined;
    }
  }

  /** Somebody met a fault that nothing excuses, unless it is the one that was waited for. */
  fault(who: string, fault: unknown): void {
    const name = nameOf(fault);
    this.trace.note(who, `meets ${name}`);
    if (this.awaited?.(name) !== true) this.violate(`${who} met ${name}`);
  }

  violate(message: string, breach: Breach = 'other'): void {
    if (this.#broken !== undefined) return;
    this.#broken = { message, breach };
    this.trace.note('BROKEN', message);
    this.schedule.stop();
  }

  newOperationId(): string {
    return operationIdOf(Number(this.wall()), this.chance.bytes(10));
  }

  wall(): bigint {
    return BigInt(WALL_START + this.schedule.now + this.jumps.wall);
  }

  monotonic(): bigint {
    return BigInt(this.schedule.now + this.jumps.monotonic);
  }

  signed(domain: string, frontier: Frontier): void {
    this.trace.note('seal key', `signs ${domain} at ${frontier.size}`);
    this.hold(() => this.oracle.signed(domain, frontier));
  }

  /** Disks fail as the seed has it from here on. */
  unleash(): void {
    this.writerDisk.faults.rates = this.settings.writerDisk;
    this.guardianDisk.faults.rates = this.settings.guardianDisk;
  }

  calm(): void {
    this.writerDisk.faults.rates = NO_FAULTS;
    this.guardianDisk.faults.rates = NO_FAULTS;
  }

  /** Runs tasks until this is settled; undefined when nothing is left to run. */
  async drive<T>(work: Promise<T>): Promise<T | undefined> {
    let isSettled = false;
    const watched = work.finally(() => {
      isSettled = true;
    });
    watched.catch(() => {});
    while (!isSettled) if (!(await this.schedule.step())) return isSettled ? work : undefined;
    return work;
  }
}
