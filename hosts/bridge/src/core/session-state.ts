import { err, ok, type Result } from '@ioi/basis';
import { type Admitted, admit } from './admit.ts';
import type { SqlError } from './answers.ts';
import { statementsOf } from './scan-sql.ts';
import {
  bindWith,
  SUBMIT_ALONE,
  SUBMIT_PARAMETER,
  SUBMIT_SQL,
  SUBMIT_TYPES,
  SUBMIT_WITHIN,
  type Submit,
  submissionOf,
} from './submission.ts';
import { type Answer, type Status, Unit } from './unit.ts';
import {
  BodyReader,
  int16Part,
  int32Part,
  type Message,
  messageOf,
  statementMessages,
  textPart,
  type WireFault,
} from './wire.ts';

type Prepared = {
  readonly inEngine: string;
  /** The name as a part of a message. */
  readonly part: Uint8Array;
  readonly admitted: Admitted;
};

const STATEMENTS_MAX = 1_024;
/** Of a text of the simple protocol: each of them is several messages to the engine. */
const TEXT_STATEMENTS_MAX = 10_000;
const PORTALS_MAX = 10_000;
/** PostgreSQL tells no longer ones apart. */
const NAME_MAX = 63;
const TOO_MANY_IN_TEXT: SqlError = {
  sqlstate: '54000',
  message: `at most ${TEXT_STATEMENTS_MAX} statements are taken as one text`,
};
const NO_STATEMENT = '26000';
const EMPTY: Admitted = { kind: 'read' };

/**
 * What PostgreSQL keeps for a session and one engine cannot keep for many: its prepared statements,
 * which get names of their own in the engine, and its settings, which are put back before it reads.
 */
export class SessionState {
  readonly #prefix: string;
  readonly #prepared = new Map<string, Prepared>();
  readonly #portals = new Map<string, Admitted>();
  #settings: ReadonlyMap<string, string>;
  #joined: { readonly of: ReadonlyMap<string, string>; readonly text: string } | undefined;
  readonly #atStart: ReadonlyMap<string, string>;
  /** As they were when no transaction was open. */
  #saved: ReadonlyMap<string, string>;
  #closing: string[] = [];
  #unit: Unit | undefined;
  #count = 0;
  /** Since the last Sync something was executed, or failed: the engine skips up to the next. */
  #isBegun = false;
  #isFailed = false;
  status: Status = 'I';

  constructor(session: number, settings: ReadonlyMap<string, string>) {
    this.#prefix = `s${session}_`;
    this.#settings = settings;
    this.#saved = settings;
    this.#atStart = settings;
  }

  /** Statements that make the engine's settings this session's, with a zero between. */
  get settings(): string {
    if (this.#joined?.of !== this.#settings) {
      this.#joined = { of: this.#settings, text: [...this.#settings.values()].join('\0') };
    }
    return this.#joined.text;
  }

  /** Nothing of it is in the engine. */
  get isClean(): boolean {
    return this.status === 'I' && this.#closing.length === 0 && this.#prepared.size === 0;
  }

  /** What is left behind in the engine by a session that ends. */
  get leftovers(): Uint8Array[] {
    const names = [...this.#closing, ...[...this.#prepared.values()].map((each) => each.inEngine)];
    return names.map(closeMessage);
  }

  /** A unit where the message ends one; undefined where more belongs to it. */
  take(message: Message): Result<Unit | undefined, WireFault> {
    const { type } = message;
    if (this.#isFailed && type !== 'S') return ok(undefined);
    if (type === 'Q') return this.#simple(message.body);
    const unit = this.#unit ?? this.#begun(false);
    this.#unit = unit;
    const wrong = this.#extended(unit, message);
    if (wrong !== undefined) return err({ code: 'bridge.malformed', message: wrong });
    if (type !== 'S' && type !== 'H') return ok(undefined);
    this.#unit = undefined;
    unit.isSynced = type === 'S';
    return ok(unit);
  }

  #begun(isSimple: boolean): Unit {
    const unit = new Unit(isSimple);
    if (this.#isFailed) return unit;
    for (const name of this.#closing) unit.before(closeMessage(name));
    unit.closedBefore.push(...this.#closing);
    this.#closing = [];
    return unit;
  }

  #simple(body: Uint8Array): Result<Unit, WireFault> {
    const sql = new BodyReader(body).text();
    if (sql === undefined) return err({ code: 'bridge.malformed', message: 'no UTF-8 text' });
    const unit = this.#begun(true);
    const statements = statementsOf(sql);
    for (const statement of statements.length === 0 ? [''] : statements) {
      const admitted = admit(statement);
      if (admitted.kind === 'submit') {
        this.#submitText(unit, admitted, statements.length === 1);
        break;
      }
      const isOne = unit.executed.length < TEXT_STATEMENTS_MAX;
      const given = isOne ? this.#given(unit, statement, admitted) : TOO_MANY_IN_TEXT;
      if (typeof given !== 'string') {
        unit.refuse(given);
        break;
      }
      for (const message of statementMessages(given)) unit.send(message);
      unit.executed.push(admitted);
    }
    unit.send(messageOf('S'));
    unit.isSynced = true;
    return ok(unit);
  }

  #submitText(unit: Unit, { json }: Submit, isAlone: boolean): void {
    const wrong = isAlone ? this.#cannotSubmit(unit) : SUBMIT_ALONE;
    if (wrong !== undefined || json === undefined) {
      unit.refuse(wrong ?? SUBMIT_PARAMETER);
      return;
    }
    unit.send(messageOf('P', textPart(''), textPart(SUBMIT_SQL), SUBMIT_TYPES));
    const bind = bindWith({ portal: '', statement: textPart('') }, int16Part(0));
    unit.bindSubmission({ json, portal: '', bind });
    unit.send(messageOf('D', textPart('P')));
    unit.askSubmission('');
    unit.send(messageOf('E', textPart(''), int32Part(0)));
    unit.executed.push({ kind: 'submit', json });
  }

  #cannotSubmit(unit: Unit): SqlError | undefined {
    if (this.status !== 'I' || this.#isBegun) return SUBMIT_WITHIN;
    const isAlone = !unit.isSubmitting && !unit.isShared && unit.executed.length === 0;
    return isAlone ? undefined : SUBMIT_ALONE;
  }

  /** The text the engine is given for a statement, or why it is refused. */
  #given(unit: Unit, sql: string, admitted: Admitted): string | SqlError {
    if (admitted.kind === 'refused') return admitted.error;
    if (admitted.kind === 'submit')
      return admitted.json === undefined ? SUBMIT_SQL : SUBMIT_PARAMETER;
    // The engine's own value would end with the session; nothing else may be reset in it.
    if (admitted.kind === 'reset-all') return 'RESET search_path';
    if (admitted.kind !== 'deallocate') return sql;
    if (admitted.name === undefined) {
      const name = this.#newName();
      unit.before(messageOf('P', textPart(name), textPart('SELECT 1'), int16Part(0)));
      for (const each of this.#prepared.values()) this.#closing.push(each.inEngine);
      this.#prepared.clear();
      return `DEALLOCATE ${name}`;
    }
    const found = this.#prepared.get(admitted.name);
    if (found === undefined) return noStatement(admitted.name);
    this.#prepared.delete(admitted.name);
    unit.closed.push(found.inEngine);
    return `DEALLOCATE ${found.inEngine}`;
  }

  /** Why the message is malformed, or undefined. */
  #extended(unit: Unit, message: Message): string | undefined {
    const { type, body, bytes } = message;
    switch (type) {
      case 'P':
        return this.#parse(unit, body);
      case 'B':
        return this.#bind(unit, body);
      case 'D':
      case 'C':
        return this.#named(unit, type, message);
      case 'E': {
        const reader = new BodyReader(body);
        const portal = reader.text();
        // What goes on as it came has its whole shape: an engine may be lost over another.
        if (portal === undefined || reader.rest.length !== 4) return 'an Execute without a portal';
        if (portal.length > NAME_MAX) unit.refuse(longName('a portal'));
        const admitted = this.#portals.get(portal) ?? EMPTY;
        const isSubmit = admitted.kind === 'submit';
        if (isSubmit ? !unit.askSubmission(portal) : unit.isSubmitting) unit.refuse(SUBMIT_ALONE);
        unit.executed.push(admitted);
        unit.send(bytes);
        return undefined;
      }
      case 'S':
      case 'H':
        unit.send(messageOf(type));
        return undefined;
      default:
        return `a message of type ${JSON.stringify(type)}`;
    }
  }

  #parse(unit: Unit, body: Uint8Array): string | undefined {
    const reader = new BodyReader(body);
    const [name, sql] = [reader.text(), reader.text()];
    if (name === undefined || sql === undefined) return 'a Parse without name and text';
    const admitted = admit(sql);
    const error = this.#cannotPrepare(name) ?? standsBeside(unit, admitted);
    const given = error ?? this.#given(unit, sql, admitted);
    if (typeof given !== 'string') {
      unit.refuse(given);
      return undefined;
    }
    const before = this.#prepared.get(name);
    if (before !== undefined) this.#closing.push(before.inEngine);
    const inEngine = this.#newName();
    const part = textPart(inEngine);
    const types = admitted.kind === 'submit' ? SUBMIT_TYPES : reader.rest;
    this.#prepared.set(name, { inEngine, part, admitted });
    unit.parsed.push(inEngine);
    unit.send(messageOf('P', part, textPart(given), types));
    return undefined;
  }

  #cannotPrepare(name: string): SqlError | undefined {
    if (name !== '' && this.#prepared.has(name)) {
      return { sqlstate: '42P05', message: `prepared statement "${name}" already exists` };
    }
    if (name.length > NAME_MAX) return longName('a prepared statement');
    // One that is parsed again is closed after its unit, and until then in the engine.
    if (this.#prepared.size + this.#closing.length < STATEMENTS_MAX) return undefined;
    const detail = `bridge.too_many_statements: at most ${STATEMENTS_MAX} of one session`;
    return { sqlstate: '53400', message: 'too many prepared statements', detail };
  }

  #bind(unit: Unit, body: Uint8Array): string | undefined {
    const reader = new BodyReader(body);
    const [portal, name] = [reader.text(), reader.text()];
    if (portal === undefined || name === undefined) return 'a Bind without portal and statement';
    const found = this.#prepared.get(name);
    if (found === undefined) {
      unit.refuse(noStatement(name));
      return undefined;
    }
    const error = this.#cannotOpen(portal) ?? standsBeside(unit, found.admitted);
    if (error !== undefined) {
      unit.refuse(error);
      return undefined;
    }
    this.#portals.set(portal, found.admitted);
    if (found.admitted.kind === 'submit') {
      this.#bindSubmit(unit, body, { portal, statement: found.part });
      return undefined;
    }
    unit.send(messageOf('B', textPart(portal), found.part, reader.rest));
    return undefined;
  }

  #bindSubmit(
    unit: Unit,
    body: Uint8Array,
    names: { readonly portal: string; readonly statement: Uint8Array },
  ): void {
    const given = this.#cannotSubmit(unit) ?? submissionOf(body, names);
    if ('sqlstate' in given) unit.refuse(given);
    else unit.bindSubmission({ ...given, portal: names.portal });
  }

  #cannotOpen(portal: string): SqlError | undefined {
    if (portal.length > NAME_MAX) return longName('a portal');
    if (this.#portals.size < PORTALS_MAX) return undefined;
    const detail = `bridge.too_many_portals: at most ${PORTALS_MAX} of one transaction`;
    return { sqlstate: '53400', message: 'too many portals', detail };
  }

  #named(unit: Unit, type: 'D' | 'C', { body, bytes }: Message): string | undefined {
    const kind = String.fromCharCode(body[0] ?? 0);
    const reader = new BodyReader(body.subarray(1));
    const name = reader.text();
    const isWhole = name !== undefined && reader.rest.length === 0;
    if (!isWhole || !'SP'.includes(kind)) return `a ${type} of nothing`;
    if (kind === 'P') {
      if (type === 'C') this.#portals.delete(name);
      if (name.length > NAME_MAX) unit.refuse(longName('a portal'));
      else unit.send(bytes);
      return undefined;
    }
    const found = this.#prepared.get(name);
    if (found === undefined && type === 'D') {
      unit.refuse(noStatement(name));
      return undefined;
    }
    if (type === 'C') this.#prepared.delete(name);
    if (found !== undefined && type === 'C') unit.closed.push(found.inEngine);
    const inEngine = found?.inEngine ?? `${this.#prefix}none`;
    unit.send(messageOf(type, textPart(`S${inEngine}`)));
    return undefined;
  }

  #newName(): string {
    this.#count += 1;
    return `${this.#prefix}${this.#count}`;
  }

  #forget(unparsed: readonly string[]): void {
    for (const [name, { inEngine }] of this.#prepared) {
      if (unparsed.includes(inEngine)) this.#prepared.delete(name);
    }
  }

  /** Nothing of a unit came to the engine: what it parses is not there, what it closes still is. */
  abandon({ parsed, closed, closedBefore }: Unit): void {
    this.#forget(parsed);
    this.#closing.push(...closedBefore, ...closed);
  }

  /** What a unit came to; true where the engine's settings may no longer be this session's. */
  settle({ status, completed, tags, hasError, unparsed, unclosed }: Answer): boolean {
    if (unparsed.length > 0) this.#forget(unparsed);
    this.#closing.push(...unclosed);
    this.#isFailed = status === undefined && hasError;
    this.#isBegun = status === undefined && (this.#isBegun || completed.length > 0);
    let isChanged = false;
    for (const admitted of completed) {
      if (admitted.kind === 'set') {
        const { name, sql } = admitted;
        const settings = new Map(this.#settings);
        settings.delete(name);
        const start = this.#atStart.get(name);
        const value = sql ?? start;
        if (value !== undefined) settings.set(name, value);
        this.#settings = settings;
        isChanged = true;
      } else if (admitted.kind === 'reset-all') {
        this.#settings = this.#atStart;
        isChanged = true;
      }
    }
    if (status === undefined) return isChanged;
    const isUndone = status === 'I' && (hasError || tags.includes('ROLLBACK'));
    if (isUndone) this.#settings = this.#saved;
    if (status === 'I') {
      this.#saved = this.#settings;
      this.#portals.clear();
    }
    this.status = status;
    return isChanged || isUndone;
  }
}

/** Whatever stands beside a submission could fail, and look as if nothing had been sealed. */
function standsBeside(unit: Unit, { kind }: Admitted): SqlError | undefined {
  if (kind === 'submit') return undefined;
  unit.isShared = true;
  return unit.isSubmitting ? SUBMIT_ALONE : undefined;
}

function closeMessage(name: string): Uint8Array {
  return messageOf('C', textPart(`S${name}`));
}

function longName(what: string): SqlError {
  return { sqlstate: '42622', message: `the name of ${what} has at most ${NAME_MAX} characters` };
}

function noStatement(name: string): SqlError {
  return { sqlstate: NO_STATEMENT, message: `prepared statement "${name}" does not exist` };
}
