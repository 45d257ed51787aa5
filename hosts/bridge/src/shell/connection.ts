import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import {
  errorMessage,
  type Message,
  MessageReader,
  messageOf,
  parameterMessage,
  readyMessage,
  type SessionState,
  type SqlError,
  type Status,
  type Unit,
} from '../core/index.ts';
import type { Seat } from './bridge-store.ts';
import { EngineFault } from './engine.ts';
import { Login } from './login.ts';
import type { Service } from './service.ts';
import { type Turn, TurnRefused } from './turns.ts';

/** Who a session is to a cancel request. */
export type SessionKey = { readonly session: number; readonly secret: number };

export type ConnectionLimits = {
  readonly message: number;
  readonly unit: number;
  /** At once. */
  readonly sessions: number;
  readonly loginMs: number;
  /** With a client that does not take what was written; and for an entry that is awaited. */
  readonly patienceMs: number;
};

type Work = {
  readonly unit: Unit;
  readonly settings: string | undefined;
};

/** Ends the connection, and says why. */
class Ended extends Error {
  readonly error: SqlError;

  constructor(error: SqlError) {
    super(error.message);
    this.error = error;
  }
}

const CANCELLED: SqlError = {
  sqlstate: '57014',
  message: 'canceling statement due to user request',
};
export const TOO_MANY: SqlError = {
  sqlstate: '53300',
  message: 'sorry, too many clients already',
};
const ANSWER_SMALL = 64 * 1024;
/** Over all sessions: answers that nobody reads lie in this process. */
const UNTAKEN_MOST = 256 * 1024 * 1024;
const UNTAKEN: SqlError = {
  sqlstate: '53200',
  message: 'too many answers wait to be read',
  detail: 'bridge.answers_untaken: read them, or ask for less at once',
};

/** One client, from its first byte to its last. */
export class Connection {
  readonly key: SessionKey;
  readonly #service: Service;
  #socket: Socket;
  #state: SessionState | undefined;
  #seat: Seat | undefined;
  #turn: Turn | undefined;
  /** What its rows reflect at least. */
  #marks: ReadonlyMap<string, string> = new Map();
  #told = new Map<string, string>();
  /** Of `#marks`, all of it. */
  #toldMarks: ReadonlyMap<string, string> | undefined;
  #isRunning = false;
  #isSkipping = false;
  #pending = 0;
  #held: NodeJS.Timeout | undefined;

  constructor(socket: Socket, service: Service, session: number) {
    this.#socket = socket;
    this.#service = service;
    this.key = { session, secret: randomInt(2 ** 31) };
  }

  /** Until the client leaves or is sent away; throws nothing. */
  async serve(): Promise<void> {
    try {
      await this.#serve();
    } catch (fault) {
      if (fault instanceof Ended || fault instanceof EngineFault) {
        this.#socket.write(errorMessage(fault.error, 'FATAL'));
        this.#service.say('a session was ended', { reason: fault.error.message });
      }
    } finally {
      this.#leave();
    }
  }

  /** What waits is refused; what runs is ended with the engine unless it comes to its end soon. */
  cancel(): void {
    const seat = this.#seat;
    if (seat === undefined || seat.turns.refuse(this, CANCELLED) || !this.#isRunning) return;
    const ran = this.#pending;
    setTimeout(() => {
      if (this.#isRunning && this.#pending === ran) seat.stop('a client cancelled');
    }, seat.cancelGraceMs).unref();
  }

  /** Called again and again: what waits in front of the engine has not begun yet. */
  look(): void {
    const { statementMs } = this.#service.holding;
    if (!this.#isRunning || (this.#seat?.engine.busyMs ?? 0) < statementMs) return;
    this.#seat?.stop('a statement took too long');
  }

  end(error: SqlError): void {
    this.#socket.end(errorMessage(error, 'FATAL'));
    this.#socket.destroySoon();
  }

  async #serve(): Promise<void> {
    this.#socket.on('error', () => this.#socket.destroy());
    const login = new Login(this.#socket, this.#service, this.key);
    const entered = await login.enter((context) => this.#secure(context));
    if (entered === undefined) return;
    const { sessions, limits } = this.#service;
    if (sessions.size >= limits.sessions) throw new Ended(TOO_MANY);
    this.#state = entered;
    this.#service.sessions.set(this.key.session, this);
    await this.#service.filled;
    const seat = await this.#service.seat((error) => this.end(error));
    this.#seat = seat;
    await this.#greet(entered, seat);
    const reader = new MessageReader(limits.message, true);
    this.#socket.on('timeout', () => this.#silent());
    let size = 0;
    for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
      reader.push(chunk as Uint8Array);
      for (;;) {
        const next = reader.next();
        if (!next.ok) throw malformed(next.error.message);
        if (next.value === undefined) break;
        if (next.value.type === 'X' || !this.#socket.writable) return;
        size += next.value.body.length;
        if (size > limits.unit) throw tooMuch(limits.unit);
        if (await this.#take(next.value, entered, seat)) size = 0;
      }
    }
  }

  #secure(context: SecureContext): Socket {
    const socket = new TLSSocket(this.#socket, { isServer: true, secureContext: context });
    socket.on('error', () => socket.destroy());
    this.#socket = socket;
    return socket;
  }

  /** True where a unit ended. */
  async #take(message: Message, state: SessionState, seat: Seat): Promise<boolean> {
    if (this.#isSkipping) {
      if (message.type !== 'S') return false;
      this.#isSkipping = false;
      await this.#write(readyMessage(state.status));
      return true;
    }
    // What is left of a COPY that was refused.
    if ('dcf'.includes(message.type)) return false;
    if (message.type === 'F') {
      const error = { sqlstate: '0A000', message: 'the bridge takes no function calls but in SQL' };
      await this.#write(errorMessage(error), readyMessage(state.status));
      return true;
    }
    const unit = state.take(message);
    if (!unit.ok) throw malformed(unit.error.message);
    if (unit.value === undefined) return false;
    await this.#run(unit.value, state, seat);
    return true;
  }

  async #run(unit: Unit, state: SessionState, seat: Seat): Promise<void> {
    const isHeld = this.#turn !== undefined;
    const { submission } = unit;
    if (submission !== undefined) {
      // The client waits for the node: that is no silence of its own.
      this.#socket.setTimeout(0);
      unit.submitted(submission, await this.#service.submit(submission.json));
    }
    try {
      for (const awaited of unit.awaited) {
        if (isHeld) throw new TurnRefused(awaitingWithin());
        await this.#service.reach(awaited);
      }
      this.#turn ??= await seat.turns.take(this);
    } catch (fault) {
      if (!(fault instanceof TurnRefused)) throw fault;
      state.abandon(unit);
      this.#isSkipping = !unit.isSynced;
      const ready = unit.isSynced ? [readyMessage(state.status)] : [];
      return await this.#write(errorMessage(unit.unshown ?? fault.error), ...ready);
    }
    // Inside a transaction rows may be those of its beginning: what was told then holds on.
    if (!isHeld) this.#marks = this.#service.watermarks;
    const settings = isHeld ? undefined : state.settings;
    const status = await this.#runWithTurn({ unit, settings }, state, seat);
    const { holding } = this.#service;
    if (status === 'I') this.#release();
    else this.#held ??= setTimeout(() => this.#holdsLong(), holding.holdMs);
    this.#socket.setTimeout(this.#turn === undefined ? 0 : holding.silentMs);
  }

  async #runWithTurn(
    { unit, settings }: Work,
    state: SessionState,
    seat: Seat,
  ): Promise<Status | undefined> {
    const { engine } = seat;
    this.#isRunning = true;
    this.#pending += 1;
    let ran: Awaited<ReturnType<typeof engine.run>>;
    try {
      const running = engine.run(settings, unit.bytes, unit.isSynced);
      // The engine answers in order: whoever is next need not wait for this answer.
      if (unit.isPassing && state.status === 'I') this.#release();
      ran = await running;
    } catch (fault) {
      throw unit.unshown === undefined ? fault : new Ended(unit.unshown);
    } finally {
      this.#isRunning = false;
    }
    if (ran.isUnset) {
      state.abandon(unit);
      const sealed = unit.unshown && [errorMessage(unit.unshown), readyMessage(state.status)];
      await this.#write(...(sealed ?? [ran.bytes]));
      return 'I';
    }
    if (this.#isTooMuchWith(ran.bytes)) throw new Ended(UNTAKEN);
    const answer = unit.answer(ran.bytes);
    if (state.settle(answer)) engine.forgetSettings();
    const bytes = ran.isTooLarge ? tooLarge(answer.bytes) : answer.bytes;
    await this.#tell(bytes, answer.status);
    return answer.status;
  }

  /** One that is small is always given. */
  #isTooMuchWith({ length }: Uint8Array): boolean {
    return length > ANSWER_SMALL && this.#service.untaken + length > UNTAKEN_MOST;
  }

  /** An answer, and before its end what it reflects, where that is not what was told last. */
  async #tell(bytes: Uint8Array, status: Status | undefined): Promise<void> {
    const news = status === undefined ? [] : this.#news();
    if (news.length === 0) return await this.#write(bytes);
    const end = bytes.length - 6;
    await this.#write(bytes.subarray(0, end), ...news, bytes.subarray(end));
  }

  #news(): Uint8Array[] {
    if (this.#toldMarks === this.#marks) return [];
    this.#toldMarks = this.#marks;
    const news: Uint8Array[] = [];
    for (const [name, value] of this.#marks) {
      if (this.#told.get(name) === value) continue;
      this.#told.set(name, value);
      news.push(parameterMessage(name, value));
    }
    return news;
  }

  async #greet(state: SessionState, { turns, engine }: Seat): Promise<void> {
    this.#turn = await turns.take(this);
    this.#marks = this.#service.watermarks;
    const ran = await engine.run(state.settings, messageOf('S'));
    if (ran.isUnset) throw new Ended({ sqlstate: '22023', message: 'a setting is refused' });
    this.#release();
    const parameters = [...this.#service.parameters].map(([name, value]) => {
      return parameterMessage(name, value);
    });
    await this.#write(
      ...parameters,
      ...this.#news(),
      this.#service.keyOf(this.key),
      readyMessage(),
    );
  }

  async #write(...parts: readonly Uint8Array[]): Promise<void> {
    const [first] = parts;
    const isOne = parts.length === 1 && first !== undefined;
    const whole = isOne ? first : Buffer.concat(parts);
    const isTaken = this.#socket.write(whole);
    // One that is closed says so no more: whoever waited for it would keep the engine for ever.
    if (isTaken || this.#socket.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#service.untaken += whole.length;
    const slow = setTimeout(() => {
      this.#service.say('a session was ended', { reason: 'bridge.slow_reader' });
      this.#socket.destroy();
      resolve();
    }, this.#service.limits.patienceMs);
    this.#socket.once('drain', resolve);
    this.#socket.once('close', resolve);
    await promise;
    this.#service.untaken -= whole.length;
    clearTimeout(slow);
    this.#socket.off('drain', resolve);
    this.#socket.off('close', resolve);
  }

  /** Others wait for the engine while a transaction is open. */
  #silent(): void {
    if (this.#turn === undefined || this.#isRunning) return;
    const error: SqlError = {
      sqlstate: '25P03',
      message: 'terminating connection due to idle-in-transaction timeout',
      detail: 'bridge.idle_in_transaction: it holds up others, so a silent transaction is ended',
    };
    this.end(error);
  }

  #holdsLong(): void {
    const { holdMs } = this.#service.holding;
    const detail = `bridge.held_too_long: it holds up others; at most ${holdMs / 1_000} s`;
    const message = 'terminating connection due to transaction timeout';
    this.end({ sqlstate: '25P04', message, detail });
  }

  #release(): void {
    clearTimeout(this.#held);
    this.#held = undefined;
    this.#turn?.done();
    this.#turn = undefined;
  }

  /** An open transaction is rolled back, and the statements of the session are closed. */
  #leave(): void {
    clearTimeout(this.#held);
    this.#socket.destroySoon();
    this.#service.sessions.delete(this.key.session);
    const state = this.#state;
    if (state !== undefined && this.#seat) void this.#seat.leave(state, this.#turn);
    else this.#release();
    this.#turn = undefined;
  }
}

function tooLarge(end: Uint8Array): Uint8Array {
  const error: SqlError = {
    sqlstate: '54000',
    message: 'the answer is too large',
    detail: 'bridge.answer_too_large: ask for less at once, with LIMIT, a cursor or row limits',
  };
  return Buffer.concat([errorMessage(error), end]);
}

function awaitingWithin(): SqlError {
  return { sqlstate: '25001', message: 'agentgres.await_seq cannot be set in a transaction' };
}

function malformed(reason: string): Ended {
  const detail = `bridge.malformed: ${reason}`;
  return new Ended({ sqlstate: '08P01', message: 'malformed message', detail });
}

function tooMuch(most: number): Ended {
  const detail = `bridge.too_much_at_once: at most ${most} bytes before an answer is asked for`;
  return new Ended({ sqlstate: '54000', message: 'too much at once', detail });
}
