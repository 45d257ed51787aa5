import { isStale, type Lease, type LogStore, type Place, seen, type Watch } from '@ioi/agentgres';
import { LogFault, LogWriter } from '@ioi/agentgres/shell';
import { encodeBase64 } from '@ioi/basis';
import { answerTo, DomainChannel, type Guardian } from '@ioi/guardian/shell';
import { nodeModules, type ProposedOperation } from '@ioi/law';
import { nameOf } from '../judge.ts';
import { SimDisk } from '../sim-disk.ts';
import { SimProcess } from '../sim-process.ts';
import { foldTaken, type Kept, startGuardian } from './guardian.ts';
import { SharedSession } from './shared-log.ts';
import { Machine } from './wire.ts';
import { isContradiction, type Shown, type SimWitness } from './witnesses.ts';
import type { ClusterWorld } from './world.ts';

const LOOK_MS = 500;
const BEAT_MS = 1_000;
const AGAIN_MS = 1_000;
const PATIENCE = { writing: 5_000, starting: 30_000 };
/** Of a node that is one of several these end a life and nothing else. */
const PASSING =
  /^(log\.(fenced|in_doubt)|cluster\.not_writer|store\.unreachable|sim\.process_died)/;

type Writing = { readonly place: Place; readonly writer: LogWriter };

/** One node of several: its guardians, its log writer, and the wait for its turn. */
export class Member {
  readonly name: string;
  readonly machine: Machine;
  readonly #world: ClusterWorld;
  readonly #disk: SimDisk;
  #kept: Kept | undefined;
  #process: SimProcess | undefined;
  #writing: Writing | undefined;
  #watch: Watch | undefined;
  /** What was told last, for witnesses. */
  #told: Shown | undefined;
  readonly #asking = new Set<SimWitness>();
  #lives = 0;

  constructor(world: ClusterWorld, name: string) {
    this.#world = world;
    this.name = name;
    this.machine = new Machine(world.schedule, world.chance, world.slowness);
    this.#disk = new SimDisk(world.chance, world.trace);
    if (world.log.lease.member === name) this.#kept = { term: 1, seal: world.firstSeal };
  }

  /** Whether it believes that it writes. */
  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  start(): void {
    if (this.#process?.isAlive) return;
    this.#lives += 1;
    const process = new SimProcess(`${this.name} ${this.#lives}`);
    this.#process = process;
    this.#world.trace.note(process.name, 'starts');
    this.#standBy(process).catch((fault: unknown) => this.#end(process, fault));
  }

  crash(): void {
    const process = this.#process;
    if (!process?.isAlive) return;
    this.#world.trace.note(process.name, 'dies');
    this.#close(process);
    if (this.#world.chance.oneIn(2)) this.#disk.losePower();
  }

  submit(operation: ProposedOperation): void {
    const { trace, acknowledged } = this.#world;
    const process = this.#process;
    const submitted = this.#writing?.writer.submit(operation);
    submitted?.then(
      (result) => {
        if (!process?.isAlive) return;
        trace.count(result.ok ? 'answer.sealed' : `answer.${result.error.code}`);
        if (!result.ok) return;
        const { size, root } = result.value.seal;
        acknowledged.push({ id: operation.operation_id, size: Number(size), root });
      },
      (fault: unknown) => process && this.#end(process, fault),
    );
  }

  async stepDown(): Promise<void> {
    const { log, trace } = this.#world;
    const place = this.#writing?.place;
    if (place === undefined || log.lease.term !== place.term) return;
    trace.note(this.name, 'steps down');
    log.lease = { ...log.lease, member: '' };
    log.claim = '';
  }

  #close(process: SimProcess): void {
    process.end();
    this.#writing = undefined;
    this.#watch = undefined;
    this.machine.later(AGAIN_MS, () => this.start());
  }

  #end(process: SimProcess, fault: unknown): void {
    if (!process.isAlive) return;
    const name = nameOf(fault);
    this.#world.trace.note(process.name, `stops: ${name}`);
    this.#world.trace.count(`stop.${name.split(':')[0]}`);
    this.#close(process);
    const isPassing = fault instanceof LogFault ? PASSING.test(fault.code) : PASSING.test(name);
    if (!isPassing) this.#world.violate(`${process.name} met ${name}`);
  }

  async #standBy(process: SimProcess): Promise<void> {
    const { log, schedule } = this.#world;
    for (;;) {
      const held = await this.#far(process, () => log.lease);
      if (held.member === this.name && held.term === this.#kept?.term) {
        return this.#write(process, { member: held.member, term: held.term });
      }
      this.#watch = seen(this.#watch, held, schedule.now);
      if (this.#mayTry(held)) {
        const place = await this.#far(process, () => log.takeOver(held, this.name));
        if (place !== undefined) return this.#take(process, place);
      }
      await new Promise<void>((resolve) => this.machine.later(LOOK_MS, resolve));
    }
  }

  #mayTry(held: Lease): boolean {
    if (held.member === this.name) return true;
    const { now } = this.#world.schedule;
    return this.#watch !== undefined && isStale(this.#watch, now, PATIENCE);
  }

  async #take(process: SimProcess, place: Place): Promise<void> {
    const { log, trace } = this.#world;
    this.#world.placed(place);
    const { texts, note } = await this.#far(process, () => {
      const { size = 0, note = '' } = log.told ?? {};
      return { texts: log.rows.slice(0, size).map(({ text }) => text), note };
    });
    const about = { term: place.term, member: this.name, texts, note };
    const at = { disk: this.#disk, process };
    // Nothing was sealed yet: the first guardian's key is of genesis, and here is none.
    if (note === '') return this.#end(process, new LogFault('log.fenced', 'nothing to go on from'));
    this.#kept = await this.machine.here(() => foldTaken(this.#world, at, about));
    trace.note(process.name, `goes on after ${texts.length}`);
    await this.#write(process, place);
  }

  async #write(process: SimProcess, place: Place): Promise<void> {
    process.mustLive();
    const kept = this.#kept as Kept;
    const guardian = startGuardian(this.#world, { disk: this.#disk, process }, kept);
    const session = new SharedSession(this.#world.log, place, process.name);
    const { writer } = await LogWriter.open({
      store: this.#remote(process, session),
      attestor: this.#channel(guardian),
      modules: nodeModules(),
      checkSeal: (seal, frontier) => {
        if (seal.root === encodeBase64(frontier.root())) return;
        throw new LogFault('log.seal_differs', 'the guardian sealed another log');
      },
      newOperationId: () => this.#world.newOperationId(),
      afterTurn: (work) => this.machine.later(0, () => process.isAlive && work()),
    });
    await writer.touch();
    process.mustLive();
    this.#beat(process, place);
    await this.#admitted(process);
    this.#writing = { place, writer };
    this.#world.trace.note(process.name, `writes in term ${place.term}`);
  }

  /** Nothing can be done in a log before its required witness saw it. */
  async #admitted(process: SimProcess): Promise<void> {
    const [required] = this.#world.witnesses;
    while (!(await this.#cosigned(process, required))) {
      this.#world.trace.count('witness.waited for');
      await new Promise<void>((resolve) => this.machine.later(LOOK_MS, resolve));
      process.mustLive();
    }
  }

  /** After a seal was told: each witness that answers, one question at a time. */
  #show(process: SimProcess, shown: Shown): void {
    this.#told = shown;
    for (const each of this.#world.witnesses) {
      if (this.#asking.has(each)) continue;
      this.#asking.add(each);
      this.#cosigned(process, each)
        .catch(() => {})
        .finally(() => this.#asking.delete(each));
    }
  }

  async #cosigned(process: SimProcess, by: SimWitness): Promise<boolean> {
    const shown = this.#told;
    if (shown === undefined) return true;
    const said = await this.machine.far(() => by.ask(shown)).catch(() => undefined);
    process.mustLive();
    const { trace } = this.#world;
    trace.count(said === undefined ? 'witness.away' : `witness.${said.kind}`);
    if (said && isContradiction(said)) {
      trace.count('witness.contradiction');
      this.#world.violate(`${by.name} saw another log of ${this.name}`, 'fork');
    }
    return said !== undefined;
  }

  #beat(process: SimProcess, place: Place): void {
    this.#far(process, () => this.#world.log.beat(place)).then(
      () => this.machine.later(BEAT_MS, () => process.isAlive && this.#beat(process, place)),
      (fault: unknown) => this.#end(process, fault),
    );
  }

  #channel(guardian: Guardian): DomainChannel {
    return new DomainChannel((request) => {
      const asked = { domain: '', ...JSON.parse(JSON.stringify(request)) };
      return this.machine.here(() => answerTo(asked, guardian));
    });
  }

  /** Nothing comes of an answer to a process that is gone. */
  async #far<T>(process: SimProcess, work: () => T): Promise<T> {
    process.mustLive();
    const value = await this.machine.far(work);
    process.mustLive();
    return value;
  }

  #remote(process: SimProcess, to: SharedSession): LogStore {
    const far = <T>(work: () => T): Promise<T> => this.#far(process, work);
    return {
      claim: () => far(() => to.claim()),
      size: () => far(() => to.size()),
      append: (write) => far(() => to.append(write)),
      publish: async (seal) => {
        const texts = await far(() => {
          to.publish(seal);
          return this.#world.log.rows.slice(0, Number(seal.size)).map(({ text }) => text);
        });
        const key = this.#kept?.seal.publicKey;
        if (key) this.#show(process, { note: seal.note, key, texts });
      },
      held: () => far(() => to.held()),
      watermark: () => far(() => to.watermark()),
      applySealed: (sealed) => far(() => to.applySealed(sealed)),
      seqsOf: () => far(() => []),
      known: (references) => far(() => to.known(references)),
      resetHeads: () => far(() => to.resetHeads()),
      headsAt: (keys) => far(() => to.headsAt(keys)),
      headsAfter: (key, limit) => far(() => to.headsAfter(key, limit)),
      snapshot: () => far(() => undefined),
      saveSnapshot: () => far(() => {}),
      entries: (from, end) => far(() => to.entries(from, end)),
      leaves: () => far(() => []),
      nodes: () => far(() => []),
      payload: (digest) => far(() => to.payload(digest)),
      beside: () => far(() => to.beside()),
      saveCheckpoint: () => far(() => {}),
      checkpoint: () => far(() => undefined),
      close: () => {},
    };
  }
}
