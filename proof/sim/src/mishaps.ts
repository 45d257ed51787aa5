import { SqliteStore, type StoreFiles } from '@ioi/agentgres/shell';
import { GuardianStore } from '@ioi/guardian/shell';
import { domainNameOf } from '@ioi/law';
import type { Clients } from './clients.ts';
import { NO_FAULTS } from './disk-faults.ts';
import type { DiskCopy, SimDisk } from './sim-disk.ts';
import type { SimNode } from './sim-node.ts';
import { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** Both disks as they were, and how far the node's own log was sealed. */
type Backup = { readonly writer: DiskCopy; readonly guardian: DiskCopy; readonly sealed: number };

/** Tasks in which a fault must have been noticed. */
const SOON = 400;
/** What clients do on a disk that lies. */
const FLIPPED_ACTS = 25;

/** What befalls a disk as a whole: one machine is set back, or bits flip where they lie. */
export class Mishaps {
  readonly #world: World;
  readonly #node: SimNode;
  readonly #clients: Clients;
  #backup: Backup | undefined;

  constructor(world: World, node: SimNode, clients: Clients) {
    this.#world = world;
    this.#node = node;
    this.#clients = clients;
  }

  backUp(): void {
    const { identity, oracle, writerDisk, guardianDisk } = this.#world;
    const sealed = oracle.sealedSize(identity.nodeDomain);
    this.#backup ??= { writer: writerDisk.copy(), guardian: guardianDisk.copy(), sealed };
  }

  /** The guardian comes back as it was: the log knows better. */
  async rollBackGuardian(): Promise<void> {
    const backup = this.#backup;
    if (backup === undefined) return;
    this.#shutDown();
    if (this.#watermark() <= backup.sealed) return this.#node.reviveSoon();
    const { guardianDisk } = this.#world;
    const latest = guardianDisk.copy();
    guardianDisk.restore(backup.guardian);
    await this.#mustStopWith('log.seal_rolled_back');
    guardianDisk.restore(latest);
    this.#node.reviveSoon();
  }

  /** The log comes back as it was: its seal knows better. */
  async rollBackLog(): Promise<void> {
    const backup = this.#backup;
    const { identity, oracle, writerDisk, readers } = this.#world;
    if (backup === undefined) return;
    this.#shutDown();
    // A guardian that died over a seal kept nothing of what it signed, nor did it show anybody.
    if (this.#sealed() < oracle.sealedSize(identity.nodeDomain)) return this.#node.reviveSoon();
    const latest = writerDisk.copy();
    for (const reader of readers.values()) reader.isAway = true;
    writerDisk.restore(backup.writer);
    const isBehind = this.#size() < oracle.sealedSize(identity.nodeDomain);
    if (isBehind) await this.#mustStopWith('log.behind_seal');
    writerDisk.restore(latest);
    for (const reader of readers.values()) reader.isAway = false;
    this.#node.reviveSoon();
  }

  /** A bit flips: whoever reads it must notice, or nothing may come of it. */
  async flipBit(): Promise<void> {
    const { chance, trace, schedule, writerDisk, guardianDisk } = this.#world;
    this.#shutDown();
    this.#world.calm();
    const disk = chance.oneIn(3) ? guardianDisk : writerDisk;
    const path = disk.flipBit();
    let noticed: string | undefined;
    this.#world.awaited = (name) => {
      noticed ??= name;
      return true;
    };
    this.#node.reviveSoon();
    await this.#run(SOON, () => noticed !== undefined);
    for (let act = 0; act < FLIPPED_ACTS && noticed === undefined; act += 1) {
      if (chance.oneIn(2)) this.#clients.read();
      else this.#clients.say();
      await this.#run(10, () => false);
    }
    await schedule.quiet(SOON);
    trace.count(`flip.${path.split('.').pop()} ${noticed === undefined ? 'unseen' : 'noticed'}`);
    this.#shutDown();
    disk.repair();
    this.#world.awaited = undefined;
    this.#world.unleash();
    this.#node.reviveSoon();
  }

  #shutDown(): void {
    this.#node.crashWriters(true);
    this.#node.crashGuardian(true);
  }

  async #mustStopWith(code: string): Promise<void> {
    const { trace } = this.#world;
    this.#world.calm();
    let isSeen = false;
    this.#world.awaited = (name) => {
      isSeen ||= name.startsWith(code);
      return isSeen;
    };
    this.#node.reviveSoon();
    await this.#run(SOON, () => isSeen);
    if (!isSeen) this.#world.violate(`nobody noticed: ${code}`);
    trace.count(`noticed.${code}`);
    this.#shutDown();
    this.#world.awaited = undefined;
    this.#world.unleash();
  }

  async #run(most: number, isEnough: () => boolean): Promise<void> {
    for (let done = 0; done < most && !isEnough(); done += 1) {
      if (!(await this.#world.schedule.step())) return;
    }
  }

  #watermark(): number {
    return this.#look((store) => store.watermark().size);
  }

  #size(): number {
    return this.#look((store) => Number(store.size()));
  }

  /** Of the node's own log, as its guardian keeps it. */
  #sealed(): number {
    return this.#unfailing(this.#world.guardianDisk, ({ openDatabase }) => {
      return new GuardianStore('guardian.db', openDatabase).seals.sealRow()?.size ?? 0;
    });
  }

  /** Into the node's own log, while nobody else does. */
  #look<T>(look: (store: SqliteStore) => T): T {
    const { writerDisk, identity } = this.#world;
    const folder = domainNameOf(identity.nodeDomain);
    return this.#unfailing(writerDisk, (files) =>
      look(new SqliteStore(folder, { readOnly: true, files })),
    );
  }

  #unfailing<T>(disk: SimDisk, look: (files: StoreFiles) => T): T {
    const { rates } = disk.faults;
    const process = new SimProcess('operator');
    disk.faults.rates = NO_FAULTS;
    const found = look(disk.files(process));
    process.end();
    disk.faults.rates = rates;
    return found;
  }
}
