import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HintListener, type Look, PostgresFollower } from '@ioi/agentgres/postgres';
import { faultCode } from '@ioi/basis';
import { domainModules, domainNameOf, nodeDomainOf, nodeModules } from '@ioi/law';
import type { Rejection } from '@ioi/protocol';
import { Freshness } from '../../core/index.ts';
import { sizeOf } from '../export.ts';
import { FollowedLog } from './followed-log.ts';
import { goalFor } from './goals.ts';
import type { ReplicaConfig } from './replica-config.ts';
import { ReplicaFault } from './replica-fault.ts';

export type FollowingOptions = {
  readonly config: ReplicaConfig;
  /** Holds the copies: the node's own log, and the others below it. */
  readonly folder: string;
  readonly onGrown: (log: FollowedLog) => void;
  /** What the store says of writers and replicas: to be held against the owner's key. */
  readonly onRoster: (text: string | undefined) => void;
  /** A log that is served no more; told once. */
  readonly onRefused: (domain: string, rejection: Rejection) => void;
  readonly say: (message: string, about: object) => void;
};

/** Where nothing wakes whoever follows. */
const POLL_MS = 250;
/** Whoever floods with hints has it look so often at most. */
const LOOK_MS = 10;
const RETRY_MS = 500;
/** Whoever asks first for a domain waits so long at most until it is verified. */
const CATCH_UP_MS = 5_000;
const CATCH_UP_STEP_MS = 20;

/** The logs of one node, followed from a store that is not trusted. */
export class Following {
  readonly #options: FollowingOptions;
  readonly #freshness = new Freshness();
  readonly #logs = new Map<string, FollowedLog>();
  readonly #opening = new Map<string, Promise<FollowedLog>>();
  readonly #refused = new Map<string, Rejection>();
  readonly #nodeDomain: string;
  #source: PostgresFollower | undefined;
  #hints: HintListener | undefined;
  #isListening = false;
  #look: Look | undefined;
  #trouble: Rejection | undefined;
  #isClosed = false;
  #isHinted = false;
  #goOn = (): void => {};
  #running: Promise<void> = Promise.resolve();

  private constructor(options: FollowingOptions) {
    this.#options = options;
    this.#nodeDomain = nodeDomainOf(options.config.nodeId);
  }

  /** With the copy of the node's own log as it was left. */
  static async open(options: FollowingOptions): Promise<Following> {
    const following = new Following(options);
    await following.follow(following.#nodeDomain);
    return following;
  }

  get node(): FollowedLog {
    return this.#logs.get(this.#nodeDomain) as FollowedLog;
  }

  /** As the store had it last. */
  get look(): Look | undefined {
    return this.#look;
  }

  /** A domain from here on; the same again for the same. */
  async follow(domain: string): Promise<FollowedLog> {
    const known = this.#logs.get(domain) ?? this.#opening.get(domain);
    if (known !== undefined) return known;
    // Two that ask for it at once must not both open the one copy.
    const opening = this.#open(domain).finally(() => this.#opening.delete(domain));
    this.#opening.set(domain, opening);
    return opening;
  }

  /** Until what the store tells of a domain is verified, it is refused, or that took too long. */
  async caughtUp(domain: string): Promise<void> {
    const until = performance.now() + CATCH_UP_MS;
    const isOver = (): boolean => {
      const isKnown = this.#freshness.covers(domain) || this.#refused.has(domain);
      return isKnown || this.#isClosed || performance.now() > until;
    };
    while (!isOver()) await sleep(CATCH_UP_STEP_MS);
  }

  async #open(domain: string): Promise<FollowedLog> {
    const { config, folder } = this.#options;
    const isNode = domain === this.#nodeDomain;
    const log = await FollowedLog.open({
      nodeId: config.nodeId,
      domain,
      folder: isNode ? folder : join(folder, 'domains', domainNameOf(domain)),
      modules: isNode ? nodeModules() : domainModules(),
    });
    this.#logs.set(domain, log);
    this.#wake();
    return log;
  }

  isFollowed(domain: string): boolean {
    return this.#logs.has(domain);
  }

  /** Why nothing is served of a domain that is followed; undefined where it is. */
  refusalOf(domain: string, now: number, mostMs: number): Rejection | undefined {
    const refusal = this.refusal(domain, now, mostMs);
    if (refusal !== undefined || this.#freshness.covers(domain)) return refusal;
    return { code: 'replica.stale', message: `nothing of ${domain} was verified yet` };
  }

  /** As long as it is not known whether the domain is followed. */
  refusal(domain: string, now: number, mostMs: number): Rejection | undefined {
    const refused = this.#refused.get(this.#nodeDomain) ?? this.#refused.get(domain);
    if (refused !== undefined) return refused;
    const age = this.#freshness.age(now);
    if (age !== undefined && age <= mostMs) return undefined;
    const why = this.#trouble === undefined ? '' : `; ${this.#trouble.message}`;
    const message =
      age === undefined
        ? `nothing was verified yet since this replica started${why}`
        : `what is here may be ${Math.round(age)} ms old, more than ${mostMs}${why}`;
    return { code: 'replica.stale', message };
  }

  /** How old what is served may be; undefined before anything was verified. */
  age(now: number): number | undefined {
    return this.#freshness.age(now);
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    await this.#running;
    await this.#leave();
    for (const log of this.#logs.values()) await log.close();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      const isWell = await this.#once();
      await sleep(LOOK_MS);
      await this.#rest(isWell ? POLL_MS : RETRY_MS);
    }
  }

  /** One look, and what it leads to; false where the store was not to be read. */
  async #once(): Promise<boolean> {
    try {
      const source = await this.#connected();
      const at = performance.now();
      const look = await source.look([...this.#logs.keys()]);
      if (look === undefined) {
        throw new ReplicaFault('cluster.not_shared', 'the store has one node: ioi cluster init');
      }
      this.#look = look;
      const told = look.told.filter(({ domain }) => !this.#refused.has(domain));
      const { term, beat, lagMs } = look;
      if (lagMs === undefined) {
        const message =
          'the standby has replayed nothing since it started: how old it is, is unknown';
        throw new ReplicaFault('store.standby_unknown', message);
      }
      this.#freshness.looked(
        { at: at - lagMs, term, beat },
        new Map(told.map((each) => [each.domain, each.size])),
      );
      for (const each of told) await this.#bring(each, source);
      this.#freshness.verified(new Map([...this.#logs.keys()].map((each) => this.#sizeOf(each))));
      this.#options.onRoster(look.roster);
      this.#trouble = undefined;
      return true;
    } catch (fault) {
      this.#troubled(fault);
      await this.#leave();
      return false;
    }
  }

  async #bring(told: Look['told'][number], source: PostgresFollower): Promise<void> {
    const log = this.#logs.get(told.domain);
    if (log === undefined) return;
    const before = log.size;
    const wholeBefore = log.latest.cosigned;
    try {
      const { size } = log;
      const { witnesses } = this.#options.config;
      const about = { told, size, wholeSize: sizeOf(wholeBefore), witnesses };
      const goal = await goalFor(about, source);
      if (goal !== undefined) await log.follow(goal, source);
    } catch (fault) {
      // A store that cannot be read says nothing of the log.
      if (!(fault instanceof ReplicaFault)) throw fault;
      this.#refuse(told.domain, { code: fault.code, message: fault.message });
    }
    if (log.size !== before || log.latest.cosigned !== wholeBefore) this.#options.onGrown(log);
  }

  /** A log that is served no more keeps the others from nothing. */
  #sizeOf(domain: string): [string, number] {
    const isRefused = this.#refused.has(domain);
    return [domain, isRefused ? Number.POSITIVE_INFINITY : (this.#logs.get(domain)?.size ?? 0)];
  }

  #refuse(domain: string, rejection: Rejection): void {
    if (this.#refused.has(domain)) return;
    this.#refused.set(domain, rejection);
    this.#options.onRefused(domain, rejection);
  }

  #troubled(fault: unknown): void {
    const code = faultCode(fault, 'store.unreachable');
    const message = fault instanceof Error ? fault.message : String(fault);
    const isNew = this.#trouble?.code !== code;
    this.#trouble = { code, message };
    if (isNew) this.#options.say('the store cannot be followed', { code, reason: message });
  }

  async #connected(): Promise<PostgresFollower> {
    if (this.#source !== undefined) return this.#source;
    const { store } = this.#options.config;
    const source = await PostgresFollower.open(store);
    this.#source = source;
    if (!this.#isListening) void this.#listen();
    return source;
  }

  /** Hints shorten the wait, and nothing else: without them it is the poll's. */
  async #listen(): Promise<void> {
    this.#isListening = true;
    while (!this.#isClosed && this.#source !== undefined) {
      const { store } = this.#options.config;
      const hints = await HintListener.open(store, () => this.#wake()).catch(() => undefined);
      this.#hints = hints;
      if (hints !== undefined) await new Promise<void>((resolve) => hints.onEnd(resolve));
      this.#hints = undefined;
      if (!this.#isClosed) await sleep(RETRY_MS, undefined, { ref: false });
    }
    this.#isListening = false;
  }

  async #leave(): Promise<void> {
    const [source, hints] = [this.#source, this.#hints];
    this.#source = undefined;
    await Promise.all([source?.close(), hints?.close()].map((each) => each?.catch(() => {})));
  }

  #wake(): void {
    this.#isHinted = true;
    this.#goOn();
  }

  /** Until somebody wakes it, and no longer. What wakes it before it rests counts, too. */
  async #rest(mostMs: number): Promise<void> {
    const isHinted = this.#isHinted;
    this.#isHinted = false;
    if (this.#isClosed || isHinted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, mostMs);
    this.#goOn = resolve;
    await promise;
    clearTimeout(timer);
    this.#isHinted = false;
  }
}
