import type { Attestor, LogStore, Seal } from '@ioi/agentgres';
import { LogFault, LogWriter, SqliteStore } from '@ioi/agentgres/shell';
import { DomainChannel } from '@ioi/guardian/shell';
import { domainModules, domainNameOf, type Modules, nodeModules, verifySeal } from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { GuardianRun } from './guardian-run.ts';
import { Link } from './link.ts';
import { RemoteStore, STUCK } from './remote-store.ts';
import { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** A log that is open, sealed and ready. */
export type OpenedLog = { readonly writer: LogWriter; readonly store: LogStore };

/** Who is told of what befalls a channel. */
export type LinkNews = {
  readonly onGone: (run: WriterRun, fault: Error) => void;
  readonly onFault: (fault: unknown) => void;
};

/** A log writers' process, from its start to its end. */
export class WriterRun {
  readonly process: SimProcess;
  readonly link: Link;
  readonly logs = new Map<string, OpenedLog>();
  readonly #world: World;
  readonly #guardian: GuardianRun;
  readonly #sessions: SimProcess[] = [];

  constructor(world: World, name: string, guardian: GuardianRun, told: LinkNews) {
    this.#world = world;
    this.#guardian = guardian;
    this.process = new SimProcess(name);
    const { schedule, chance, trace } = world;
    this.link = new Link({
      schedule,
      chance,
      trace,
      slowness: world.settings.slowness,
      writer: this.process,
      guardianProcess: guardian.process,
      guardian: guardian.guardian,
      onGone: (fault) => told.onGone(this, fault),
      onFault: (fault) => told.onFault(fault),
    });
  }

  get guardian(): GuardianRun {
    return this.#guardian;
  }

  /** The machine goes down, and with it what served this writer. */
  losePower(): void {
    this.process.end();
    for (const session of this.#sessions) session.end();
  }

  /** Rejects with whatever kept it from opening. */
  async open(domain: string): Promise<void> {
    const { variant } = this.#world;
    const attestor = new DomainChannel((request) => this.link.ask({ domain, ...request }));
    const plain = this.#store(domain);
    const store = variant.store?.(plain) ?? plain;
    const isNode = domain === this.#world.identity.nodeDomain;
    const { writer } = await LogWriter.open({
      store,
      attestor: variant.attestor?.(attestor, store) ?? (attestor as Attestor),
      modules: this.#modules(isNode),
      checkSeal: (seal, frontier) => this.#checkSeal(domain, seal, frontier),
      onSealed: ({ seal }) => this.#tell(domain, Number(seal.size)),
      newOperationId: () => this.#world.newOperationId(),
      afterTurn: (work) => this.#afterTurn(work),
      later: (work) => this.#later(work),
    });
    await writer.touch();
    this.logs.set(domain, { writer, store });
  }

  #afterTurn(work: () => void): void {
    const { schedule } = this.#world;
    schedule.at(schedule.now, () => {
      if (this.process.isAlive) work();
    });
  }

  #later(work: () => void): void {
    const { schedule, settings } = this.#world;
    schedule.within(settings.slowness, () => {
      if (this.process.isAlive) work();
    });
  }

  /** Readers hear of a commit some time after it. */
  #tell(domain: string, size: number): void {
    const { schedule, settings, readers } = this.#world;
    schedule.within(settings.slowness, () => readers.get(domain)?.told(size));
  }

  #modules(isNode: boolean): Modules {
    return isNode ? nodeModules() : domainModules();
  }

  #store(domain: string): LogStore {
    const { writerDisk, settings } = this.#world;
    const { isRemote } = settings;
    const host = isRemote ? this.#session() : this.process;
    const files = writerDisk.files(host);
    const store = new SqliteStore(domainNameOf(domain), { files, claim: this.process.name });
    return isRemote ? this.#remote(store) : store;
  }

  #remote(store: LogStore): LogStore {
    const { schedule, chance, settings, writerDisk, trace } = this.#world;
    const { slowness } = settings;
    const diesAppending = (): boolean => {
      const dies = chance.oneIn(Math.ceil(writerDisk.faults.rates.crash / 10));
      if (dies) trace.count('fault.crash with an append under way');
      return dies;
    };
    const client = this.process;
    return new RemoteStore(store, { schedule, chance, slowness, client, diesAppending });
  }

  /** A server's process for this client: what was sent is done even when the client is gone. */
  #session(): SimProcess {
    const session = new SimProcess(`${this.process.name} session`);
    const { schedule, settings } = this.#world;
    this.#sessions.push(session);
    const long = settings.slowness * STUCK * 2;
    this.process.onEnd(() => schedule.at(schedule.now + long, () => session.end()));
    return session;
  }

  #checkSeal(domain: string, seal: Seal, frontier: Frontier): void {
    const { identity, variant } = this.#world;
    if (variant.isCredulous) return;
    const origin = identity.originOf(domain);
    const checked = verifySeal(seal.note, origin, identity.noteKeys(domain), frontier);
    if (!checked.ok) throw new LogFault('log.seal_differs', checked.error.message);
  }
}
