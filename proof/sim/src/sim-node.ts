import type { ProposedOperation } from '@ioi/law';
import { openDomainKey } from '@ioi/law';
import { type GuardianRun, startGuardian } from './guardian-run.ts';
import { inspect } from './inspect.ts';
import { excuseFor, nameOf } from './judge.ts';
import { ProcessDied } from './sim-process.ts';
import type { World } from './world.ts';
import { type OpenedLog, WriterRun } from './writer-run.ts';

/** Milliseconds until somebody starts again what ended. */
const REVIVE_MS = 10;

/** The simulated node: a guardian, one writer or more for a while, and who starts them again. */
export class SimNode {
  readonly #world: World;
  #guardian: GuardianRun | undefined;
  readonly #runs: WriterRun[] = [];
  #starts = 0;
  #isReviving = false;
  #hasRaced: boolean;

  constructor(world: World) {
    this.#world = world;
    this.#hasRaced = world.settings.isRemote;
  }

  get guardian(): GuardianRun | undefined {
    return this.#guardian?.process.isAlive ? this.#guardian : undefined;
  }

  get writers(): readonly WriterRun[] {
    return this.#runs.filter(({ process }) => process.isAlive);
  }

  /** Logs of a domain that take operations. */
  opened(domain: string): { run: WriterRun; log: OpenedLog }[] {
    return this.writers.flatMap((run) => {
      const log = run.logs.get(domain);
      return log ? [{ run, log }] : [];
    });
  }

  /** Starts whatever does not run, in a while. */
  reviveSoon(): void {
    if (this.#isReviving) return;
    this.#isReviving = true;
    this.#world.schedule.within(REVIVE_MS, () => {
      this.#isReviving = false;
      this.#revive();
    });
  }

  /** A second writer beside the one there is: nobody told it that it is not alone. */
  race(): void {
    this.#hasRaced = true;
    if (this.guardian && this.writers.length === 1) this.#startWriter(this.guardian);
  }

  submit(domain: string, operation: ProposedOperation): void {
    const { oracle, trace, chance } = this.#world;
    const opened = this.opened(domain);
    if (opened.length === 0) return;
    const { run, log } = chance.pick(opened);
    const submission = oracle.submitting(domain, operation);
    const id = operation.operation_id.slice(-6);
    trace.note(run.process.name, `is given ${id} ${operation.operation}`);
    let isOpen = true;
    const close = (settle: () => void): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#world.hold(settle);
    };
    run.process.onEnd(() => close(() => oracle.unanswered(submission)));
    log.writer.submit(operation).then(
      (result) => {
        if (!run.process.isAlive) return;
        const told = result.ok ? 'sealed' : result.error.code;
        trace.note(run.process.name, `answers ${id}: ${told}`);
        trace.count(`answer.${told}`);
        close(() => oracle.answered(submission, result));
      },
      (fault) => {
        close(() => oracle.unanswered(submission));
        this.stop(run, fault);
      },
    );
  }

  /** A writer found a fault: its process ends, and somebody looks at why. */
  stop(run: WriterRun, fault: unknown): void {
    if (!run.process.isAlive) return;
    const { trace } = this.#world;
    const name = nameOf(fault);
    const slept = this.#world.jumps.monotonic > 0;
    const excuse = excuseFor(fault, { raced: this.#hasRaced, slept });
    trace.note(run.process.name, `stops: ${name}`);
    trace.count(`stop.${excuse ?? name.split(':')[0]}`);
    run.process.end();
    if (excuse === undefined) this.#world.fault(run.process.name, fault);
    this.reviveSoon();
  }

  crashGuardian(losesPower: boolean): void {
    const { trace, guardianDisk } = this.#world;
    trace.note('fault', `the guardian dies${losesPower ? ', power lost' : ''}`);
    this.#guardian?.process.end();
    if (losesPower) guardianDisk.losePower();
    this.reviveSoon();
  }

  crashWriters(losesPower: boolean): void {
    const { trace, writerDisk } = this.#world;
    trace.note('fault', `the writers die${losesPower ? ', power lost' : ''}`);
    for (const run of losesPower ? this.#runs : this.writers) {
      if (losesPower) run.losePower();
      else run.process.end();
    }
    if (losesPower) {
      for (const reader of this.#world.readers.values()) reader.disconnect();
      writerDisk.losePower();
    }
    this.reviveSoon();
  }

  /** They end as they should, with nothing left to be folded again. */
  closeWriters(): void {
    for (const run of this.writers) {
      const closing = [...run.logs.values()].map(({ writer }) => writer.close());
      run.logs.clear();
      Promise.all(closing).then(
        () => run.process.end(),
        (fault) => this.stop(run, fault),
      );
    }
  }

  #revive(): void {
    const { trace } = this.#world;
    if (!this.guardian) {
      this.#starts += 1;
      try {
        this.#guardian = startGuardian(this.#world, `guardian ${this.#starts}`);
        this.#guardian.process.onEnd(() => this.reviveSoon());
        trace.note(this.#guardian.process.name, 'starts');
      } catch (fault) {
        this.#judgeGuardian(fault);
        this.reviveSoon();
        return;
      }
    }
    if (this.guardian && this.writers.length === 0) this.#startWriter(this.guardian);
  }

  #judgeGuardian(fault: unknown): void {
    this.#world.trace.note('guardian', `stops: ${nameOf(fault)}`);
    const excuse = excuseFor(fault, { raced: false, slept: false });
    if (!excuse) this.#world.fault('a guardian', fault);
  }

  #startWriter(guardian: GuardianRun): void {
    this.#starts += 1;
    // What an earlier one asked of this guardian may still arrive.
    this.#hasRaced ||= this.#runs.some((run) => run.guardian === guardian);
    const name = `writer ${this.#starts}`;
    const run = new WriterRun(this.#world, name, guardian, {
      onGone: (gone, fault) => this.stop(gone, fault),
      onFault: (fault) => this.#judgeGuardian(fault),
    });
    this.#world.trace.note(run.process.name, 'starts');
    this.#runs.push(run);
    run.process.onEnd(() => this.reviveSoon());
    this.#openAll(run).catch((fault) => this.stop(run, fault));
  }

  async #openAll(run: WriterRun): Promise<void> {
    const { identity, oracle } = this.#world;
    await this.#open(run, identity.nodeDomain);
    const { heads } = oracle.replay(identity.nodeDomain);
    for (const domain of identity.domains) {
      if (heads.get(openDomainKey(domain)) !== undefined) await this.#open(run, domain);
    }
  }

  async #open(run: WriterRun, domain: string): Promise<void> {
    await run.open(domain);
    if (!run.process.isAlive) throw new ProcessDied('it ended while it opened a log');
    this.#world.trace.note(run.process.name, `opened ${domain}`);
    this.inspect(run, domain);
  }

  /** Opens a domain that was not there when the writer started. */
  async openNew(domain: string): Promise<void> {
    const [run] = this.writers;
    if (run && !run.logs.has(domain)) await this.#open(run, domain);
  }

  inspect({ guardian }: WriterRun, domain: string): void {
    const status = guardian.guardian.status(domain);
    const seal = status.ok ? status.value.seal : undefined;
    if (!seal) return;
    inspect(this.#world, domain, { size: Number(seal.size), root: seal.root });
    this.#world.readers.get(domain)?.told(Number(seal.size));
  }
}
