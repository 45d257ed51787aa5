import { setTimeout as pause } from 'node:timers/promises';
import type { SecureContext } from 'node:tls';
import { LogFault } from '@ioi/agentgres/shell';
import { domainNameOf } from '@ioi/law';
import {
  type AwaitedSeq,
  answersIn,
  BodyReader,
  keyMessage,
  messageOf,
  type SessionState,
  type SqlError,
  statementMessages,
} from '../core/index.ts';
import type { Connection, ConnectionLimits, SessionKey } from './connection.ts';
import { ENDED, Engine, EngineFault } from './engine.ts';
import { type SealedDomain, sealedDomains } from './node-source.ts';
import type { Verifier } from './scram.ts';
import { Tables, type Watermark } from './tables.ts';
import { type Turn, TurnRefused, Turns } from './turns.ts';

export type ServiceOptions = {
  /** The node's data folder, and the socket of its daemon. */
  readonly folder: string;
  readonly socket: string;
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
/** What a client is told of at its start, as PostgreSQL tells it. */
const REPORTED: readonly string[] = [
  'server_version',
  'server_encoding',
  'client_encoding',
  'DateStyle',
  'IntervalStyle',
  'TimeZone',
  'integer_datetimes',
  'standard_conforming_strings',
  'default_transaction_read_only',
];

/** What all sessions share: the engine with its tables, and the line in front of it. */
export class Service {
  readonly turns = new Turns();
  /** Bytes of answers that clients did not take yet. */
  untaken = 0;
  readonly sessions = new Map<number, Connection>();
  readonly #options: ServiceOptions;
  #engine: Engine;
  #tables: Tables;
  #parameters = new Map<string, string>();
  #isClosed = false;
  #isRestarting = false;
  #refreshing: Promise<void> | undefined;
  #filled: Promise<void> = Promise.resolve();

  private constructor(options: ServiceOptions, engine: Engine) {
    this.#options = options;
    this.#engine = engine;
    this.#tables = new Tables(engine, options.folder);
  }

  /** Ready when every table is at what is sealed. */
  static async start(options: ServiceOptions): Promise<Service> {
    let service: Service | undefined;
    const engine = await Engine.start((reason) => service?.restart(reason));
    service = new Service(options, engine);
    await service.#fill();
    void service.#follow();
    return service;
  }

  get engine(): Engine {
    return this.#engine;
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

  /** By the names of parameters: the node's own log first. */
  get watermarks(): ReadonlyMap<string, string> {
    return new Map(
      this.#tables.watermarks.map(({ schema, seq }, at) => {
        return [
          at === 0 ? 'agentgres.watermark' : `agentgres.watermark.${schema}`,
          `domain_seq:${seq}`,
        ];
      }),
    );
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

  endEngine(reason: string): void {
    this.#engine.end(reason);
  }

  /** Waits until the rows reflect an entry; a TurnRefused where they do not in time. */
  async reach({ domain, seq }: AwaitedSeq): Promise<void> {
    const end = performance.now() + this.limits.idleMs;
    for (;;) {
      const found = this.#tables.watermarks.find((each, at) => isOf(each, domain, at));
      if ((found?.seq ?? -1) >= seq) return;
      if (performance.now() > end) throw new TurnRefused(behind(seq, found, this.limits.idleMs));
      if (this.#isRestarting) throw new EngineFault(ENDED);
      // A node that is silent for a while is waited for, as long as the client would wait.
      await this.#refresh().catch(() => undefined);
      await pause(AWAIT_POLL_MS);
    }
  }

  /** What a session that ended leaves: its transaction is rolled back, its statements closed. */
  async forget(state: SessionState, held: Turn | undefined): Promise<void> {
    if (state.isClean && held === undefined) return;
    const turn = held ?? (await this.turns.take(state).catch(() => undefined));
    if (turn === undefined) return;
    const sync = messageOf('S');
    const end = [sync, ...statementMessages('ROLLBACK'), ...state.leftovers, sync];
    // Two Syncs: the first ends what an error left to be skipped.
    // Without settings: in a transaction that failed none can be put back, and it would stay open.
    const ended = this.#engine.run(undefined, Buffer.concat(end), false);
    this.#engine.forgetSettings();
    await ended.catch(() => undefined);
    turn.done();
  }

  /** The engine is gone, and what was in it: every session ends, and another is filled. */
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
    this.#tables.close();
    await this.#engine.close();
  }

  async #again(): Promise<void> {
    for (const session of this.sessions.values()) session.end(ENDED);
    // What was under way ends with the engine, and then nobody reads the logs any more.
    await this.#refreshing?.catch(() => undefined);
    const turn = await this.turns.take(this);
    this.#tables.close();
    this.#engine = await Engine.start((reason) => this.restart(reason));
    this.#tables = new Tables(this.#engine, this.#options.folder);
    turn.done();
    await this.#fillInTime();
    this.#isRestarting = false;
  }

  /** The node may be away just now: it has as long as it would have had otherwise. */
  async #fillInTime(): Promise<void> {
    const end = performance.now() + GONE_MS;
    for (;;) {
      try {
        return await this.#fill();
      } catch (fault) {
        const isFinal = fault instanceof LogFault || fault instanceof EngineFault;
        if (isFinal || this.#isClosed || performance.now() > end) throw fault;
      }
      await pause(POLL_MS);
    }
  }

  async #fill(): Promise<void> {
    // One that began before these tables were here reads nothing into them.
    await this.#refreshing?.catch(() => undefined);
    await this.#refresh();
    const asked = REPORTED.map((name) => `'${name}'`).join(', ');
    const sql = `SELECT name, setting FROM pg_settings WHERE name IN (${asked})`;
    const bytes = Buffer.concat([...statementMessages(sql), messageOf('S')]);
    const { bytes: answer } = await this.#engine.run('', bytes);
    const rows = answersIn(answer).filter(({ type }) => type === 'D');
    this.#parameters = new Map(rows.map(({ body }) => pairIn(body)));
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
      const turn = await this.turns.take(tables);
      try {
        if (tables === this.#tables) await tables.step(sealed);
      } finally {
        turn.done();
      }
    }
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
        const isExpected = this.#isClosed || fault instanceof EngineFault;
        const isGone = performance.now() - heard > GONE_MS;
        if (!isExpected && (isGone || fault instanceof LogFault)) this.#options.onFault(fault);
      }
    }
  }
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

/** Two texts of a row. */
function pairIn(body: Uint8Array): [string, string] {
  const name = new BodyReader(body.subarray(2));
  const size = name.int32() ?? 0;
  const value = new BodyReader(name.rest.subarray(size));
  const valueSize = value.int32() ?? 0;
  return [
    Buffer.from(name.rest.subarray(0, size)).toString(),
    Buffer.from(value.rest.subarray(0, valueSize)).toString(),
  ];
}
