import {
  answersIn,
  BodyReader,
  messageOf,
  READER,
  type SessionState,
  statementMessages,
} from '../core/index.ts';
import type { BridgeStore, Holding, Seat } from './bridge-store.ts';
import { Engine } from './engine.ts';
import { type Turn, Turns } from './turns.ts';

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
const CANCEL_GRACE_MS = 500;
const HOLD_MS = 120_000;
const STATEMENT_MS = 30_000;

/** One engine in this process for all sessions: whoever has a transaction open has it alone. */
export class EmbeddedStore implements BridgeStore {
  readonly reader = READER;
  readonly kept = undefined;
  readonly turns = new Turns();
  readonly holding: Holding;
  readonly #engine: Engine;

  private constructor(engine: Engine, silentMs: number) {
    this.#engine = engine;
    this.holding = { silentMs, holdMs: HOLD_MS, statementMs: STATEMENT_MS };
  }

  static async open(silentMs: number, onEnd: (reason: string) => void): Promise<EmbeddedStore> {
    return new EmbeddedStore(await Engine.start(onEnd), silentMs);
  }

  async parameters(): Promise<Map<string, string>> {
    const asked = REPORTED.map((name) => `'${name}'`).join(', ');
    const sql = `SELECT name, setting FROM pg_settings WHERE name IN (${asked})`;
    const bytes = Buffer.concat([...statementMessages(sql), messageOf('S')]);
    const { bytes: answer } = await this.#engine.run('', bytes);
    const rows = answersIn(answer).filter(({ type }) => type === 'D');
    return new Map(rows.map(({ body }) => pairIn(body)));
  }

  write(statements: readonly string[]): Promise<void> {
    return this.#engine.write(statements);
  }

  async seat(): Promise<Seat> {
    return {
      engine: this.#engine,
      turns: this.turns,
      cancelGraceMs: CANCEL_GRACE_MS,
      // What runs cannot be told to stop: it is ended with everything around it.
      stop: (reason) => this.#engine.end(reason),
      leave: (state, held) => this.#leave(state, held),
    };
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  /** What a session that ended leaves: its transaction is rolled back, its statements closed. */
  async #leave(state: SessionState, held: Turn | undefined): Promise<void> {
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
