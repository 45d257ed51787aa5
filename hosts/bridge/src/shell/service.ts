import { setTimeout as pause } from 'node:timers/promises';
import type { SecureContext } from 'node:tls';
import { LogFault } from '@ioi/agentgres/shell';
import type { Result } from '@ioi/basis';
import { domainNameOf } from '@ioi/law';
import { type AwaitedSeq, keyMessage, type SqlError } from '../core/index.ts';
import type { BridgeStore, Holding, OpenStore, Seat } from './bridge-store.ts';
import type { Connection, ConnectionLimits, SessionKey } from './connection.ts';
import { ENDED, EngineFault } from './engine.ts';
import { type SealedDomain, sealedDomains } from './node-source.ts';
import type { Verifier } from './scram.ts';
import { submitOver } from './submit.ts';
import { Tables, type Watermark } from './tables.ts';
import { TurnRefused } from './turns.ts';

export type ServiceOptions = {
  /** The node's data folder, and the socket of its daemon. */
  readonly folder: string;
  readonly socket: string;
  /** Where the tables are. */
  readonly open: OpenStore;
  /** Names of the domains that clients may submit to. */
  readonly submits: readonly string[];
  readonly verifier: Verifier;
  readonly secureContext: () => SecureContext;
  readonly needsTls: boolean;
  readonly limits: ConnectionLimits;
  readonly say: (message: string, about: object) => void;
  /** It cannot go on: the log is not what was sealed, or the node is gone for long. */
  readonly onFault: (fault: unknown) => void;
};

const POLL_MS = 250;
/** A node that is silent that long is not only busy or being started again. */
const GONE_MS = 60_000;
const AWAIT_POLL_MS = 20;
/** How often each session is looked at for a statement that runs too long. */
const LOOK_MS = 1_000;
/** What all sessions share: the store with its tables, and how far they go. */
export class Service {
  /** Bytes of answers that clients did not take yet. */
  untaken = 0;
  readonly sessions = new Map<number, Connection>();
  readonly #options: ServiceOptions;
  #store: BridgeStore;
  #tables: Tables;
  #parameters = new Map<string, string>();
  #watermarks: ReadonlyMap<string, string> = new Map();
  #isClosed = false;
  #isRestarting = false;
  #refreshing: Promise<void> | undefined;
  #filled: Promise<void> = Promise.resolve();
  /** One for all sessions: a timer for each statement would cost more than most statements. */
  readonly #looking: NodeJS.Timeout;

  private constructor(options: ServiceOptions, store: BridgeStore) {
    this.#options = options;
    this.#store = store;
    this.#tables = new Tables(store, options.folder);
    this.#looking = setInterval(() => {
      for (const session of this.sessions.values()) session.look();
    }, LOOK_MS).unref();
  }

  /** Ready when every table is at what is sealed. */
  static async start(options: ServiceOptions): Promise<Service> {
    let service: Service | undefined;
    const store = await options.open((reason) => service?.restart(reason));
    service = new Service(options, store);
    await service.#fill();
    void service.#follow();
    return service;
  }

  /** Where a session is answered; `onEnd` is called when that ends by itself. */
  seat(onEnd: (error: SqlError) => void): Promise<Seat> {
    return this.#store.seat(onEnd);
  }

  get holding(): Holding {
    return this.#store.holding;
  }

  /** Settles when every table is as far as the logs were; again after another start. */
  get filled(): Promise<void> {
    return this.#filled;
  }

  get limits(): ConnectionLimits {
    return this.#options.limits;
  }

  get verifier(): Verifier {
    return this.#options.verifier;
  }

  get secureContext(): SecureContext {
    return this.#options.secureContext();
  }

  get needsTls(): boolean {
    return this.#options.needsTls;
  }

  get parameters(): ReadonlyMap<string, string> {
    return this.#parameters;
  }

  /** By the names of parameters: the node's own log first. The same map until one changes. */
  get watermarks(): ReadonlyMap<string, string> {
    return this.#watermarks;
  }

  say(message: string, about: object): void {
    this.#options.say(message, about);
  }

  keyOf({ session, secret }: SessionKey): Uint8Array {
    return keyMessage(session, secret);
  }

  cancel({ session, secret }: SessionKey): void {
    const found = this.sessions.get(session);
    if (found?.key.secret === secret) found.cancel();
  }

  /** Has the node seal an operation; where its entry stands, as JSON. */
  submit(json: string): Promise<Result<string, SqlError>> {
    return submitOver(this.#options.socket, this.#options.submits, json);
  }

  /** Waits until the rows reflect an entry; a TurnRefused where they do not in time. */
  async reach({ domain, seq }: AwaitedSeq): Promise<void> {
    const end = performance.now() + this.limits.patienceMs;
    for (;;) {
      const found = this.#tables.watermarks.find((each, at) => isOf(each, domain, at));
      if ((found?.seq ?? -1) >= seq) return;
      if (performance.now() > end)
        throw new TurnRefused(behind(seq, found, this.limits.patienceMs));
      if (this.#isRestarting) throw new EngineFault(ENDED);
      // A node that is silent for a while is waited for, as long as the client would wait.
      await this.#refresh().catch(() => undefined);
      await pause(AWAIT_POLL_MS);
    }
  }

  /** The engine is gone, and what was in it, or the way to the server: every session ends. */
  restart(reason: string): void {
    if (this.#isClosed || this.#isRestarting) return;
    this.#isRestarting = true;
    this.#options.say('the engine is started again', { reason });
    this.#filled = this.#again().catch((fault) => {
      if (!this.#isClosed) this.#options.onFault(fault);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#looking);
    this.#tables.close();
    await this.#store.close();
  }

  async #again(): Promise<void> {
    for (const session of this.sessions.values()) session.end(ENDED);
    // What was under way ends with the engine, and then nobody reads the logs any more.
    await this.#refreshing?.catch(() => undefined);
    const old = this.#store;
    const turn = await old.turns.take(this);
    this.#tables.close();
    await old.close();
    turn.done();
    await this.#inTime(async () => {
      this.#store = await this.#options.open((reason) => this.restart(reason));
      this.#tables = new Tables(this.#store, this.#options.folder);
    });
    await this.#inTime(() => this.#fill());
    this.#isRestarting = false;
  }

  /** Node or server may be away just now: it has as long as it would have had otherwise. */
  async #inTime(act: () => Promise<void>): Promise<void> {
    const end = performance.now() + GONE_MS;
    for (;;) {
      try {
        return await act();
      } catch (fault) {
        const isAway = fault instanceof LogFault && fault.code === 'store.unreachable';
        const isFinal = (fault instanceof LogFault && !isAway) || fault instanceof EngineFault;
        if (isFinal || this.#isClosed || performance.now() > end) throw fault;
      }
      await pause(POLL_MS);
    }
  }

  async #fill(): Promise<void> {
    // One that began before these tables were here reads nothing into them.
    await this.#refreshing?.catch(() => undefined);
    await this.#refresh();
    this.#parameters = await this.#store.parameters();
    this.#parameters.set('is_superuser', 'off');
    this.#parameters.set('session_authorization', 'reader');
  }

  /** Everything that is sealed now; calls at once share one. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#refreshed().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refreshed(): Promise<void> {
    const sealed: SealedDomain[] = await sealedDomains(this.#options.socket);
    const tables = this.#tables;
    while (tables === this.#tables && tables.isBehind(sealed)) {
      const turn = await this.#store.turns.take(tables);
      try {
        if (tables === this.#tables) await this.#stepped(tables, sealed);
      } finally {
        turn.done();
      }
    }
  }

  async #stepped(tables: Tables, sealed: readonly SealedDomain[]): Promise<void> {
    await tables.step(sealed);
    this.#watermarks = parametersOf(tables.watermarks);
  }

  async #follow(): Promise<void> {
    let heard = performance.now();
    while (!this.#isClosed) {
      await pause(POLL_MS);
      if (this.#isClosed || this.#isRestarting) continue;
      try {
        await this.#refresh();
        heard = performance.now();
      } catch (fault) {
        if (this.#isClosed) return;
        // Rows that cannot be written any more are made again; else they would stay as they are.
        if (fault instanceof EngineFault) this.restart(fault.error.message);
        else if (fault instanceof LogFault || performance.now() - heard > GONE_MS) {
          this.#options.onFault(fault);
        }
      }
    }
  }
}

function parametersOf(watermarks: readonly Watermark[]): ReadonlyMap<string, string> {
  return new Map(
    watermarks.map(({ schema, seq }, at) => {
      const name = at === 0 ? 'agentgres.watermark' : `agentgres.watermark.${schema}`;
      return [name, `domain_seq:${seq}`];
    }),
  );
}

function isOf({ domainId, schema }: Watermark, domain: string | undefined, at: number): boolean {
  if (domain === undefined) return at === 0;
  return [domainId, domainNameOf(domainId), schema].includes(domain);
}

function behind(seq: number, found: Watermark | undefined, waitedMs: number): SqlError {
  const at = found === undefined ? 'there is no such domain here' : `the rows reflect ${found.seq}`;
  return {
    sqlstate: '57014',
    message: `entry ${seq} was not reached in time: ${at}`,
    detail: `bridge.behind: waited ${waitedMs / 1_000} s`,
  };
}
