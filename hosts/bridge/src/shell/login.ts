import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import {
  BodyReader,
  DATABASE,
  errorMessage,
  int32Part,
  isReadEncoding,
  isSetting,
  MessageReader,
  messageOf,
  quotedText,
  READER,
  SessionState,
  type SqlError,
  textPart,
} from '../core/index.ts';
import type { SessionKey } from './connection.ts';
import { SCRAM, ScramLogin } from './scram.ts';
import type { Service } from './service.ts';

const STARTUP_MOST = 10_000;
const PROTOCOL_3 = 3 << 16;
const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;
const AUTHENTICATION = { ok: 0, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;
const NOT_AUTHORISED = '28P01';

/** A connection until it is somebody's: encryption, cancel requests, the start, the password. */
export class Login {
  #socket: Socket;
  readonly #service: Service;
  readonly #key: SessionKey;
  #reader = new MessageReader(STARTUP_MOST, false);
  #isSecure = false;

  constructor(socket: Socket, service: Service, key: SessionKey) {
    this.#socket = socket;
    this.#service = service;
    this.#key = key;
  }

  /** The session of whoever knows the password; undefined where there is none to be had. */
  async enter(secure: (context: SecureContext) => Socket): Promise<SessionState | undefined> {
    const limit = setTimeout(() => this.#socket.destroy(), this.#service.limits.loginMs);
    try {
      const settings = await this.#start(secure);
      if (settings === undefined) return undefined;
      if (!(await this.#recognised())) return undefined;
      return new SessionState(this.#key.session, settings);
    } finally {
      clearTimeout(limit);
    }
  }

  async #start(
    secure: (context: SecureContext) => Socket,
  ): Promise<ReadonlyMap<string, string> | undefined> {
    for (;;) {
      const body = await this.#next();
      const code = body === undefined ? undefined : new BodyReader(body).int32();
      if (body === undefined || code === undefined) return undefined;
      if (code === SSL_REQUEST && !this.#isSecure) {
        // What came before encryption is not taken for what comes after it.
        if (this.#reader.rest.length > 0) return undefined;
        this.#socket.write('S');
        this.#socket = secure(this.#service.secureContext);
        this.#isSecure = true;
      } else if (code === GSS_REQUEST) this.#socket.write('N');
      else if (code === CANCEL_REQUEST) {
        const reader = new BodyReader(body.subarray(4));
        this.#service.cancel({ session: reader.int32() ?? 0, secret: reader.int32() ?? 0 });
        return undefined;
      } else return this.#startOf(code, body.subarray(4));
    }
  }

  #startOf(code: number, body: Uint8Array): ReadonlyMap<string, string> | undefined {
    if (code >> 16 !== PROTOCOL_3 >> 16) {
      return this.#refuse({ sqlstate: '0A000', message: 'protocol 3.0 is what is spoken here' });
    }
    if (!this.#isSecure && this.#service.needsTls) {
      return this.#refuse({ sqlstate: '28000', message: 'connections are taken over TLS alone' });
    }
    const given = parametersIn(body);
    if (given === undefined) return this.#refuse({ sqlstate: '08P01', message: 'malformed start' });
    if (code !== PROTOCOL_3) this.#negotiate(given);
    if (given.get('replication') !== undefined) {
      return this.#refuse({ sqlstate: '0A000', message: 'there is no replication' });
    }
    if (given.get('user') !== READER) {
      return this.#refuse({ sqlstate: NOT_AUTHORISED, message: `the one user is ${READER}` });
    }
    const database = given.get('database') ?? READER;
    if (database !== DATABASE) {
      return this.#refuse({ sqlstate: '3D000', message: `the one database is ${DATABASE}` });
    }
    return settingsIn(given);
  }

  /** A later minor version is brought down to 3.0; its options are named as not understood. */
  #negotiate(given: ReadonlyMap<string, string>): void {
    const unknown = [...given.keys()].filter((name) => name.startsWith('_pq_.'));
    const names = unknown.map(textPart);
    this.#socket.write(messageOf('v', int32Part(PROTOCOL_3), int32Part(names.length), ...names));
  }

  async #recognised(): Promise<boolean> {
    this.#reader.expectTypes();
    const scram = new ScramLogin(this.#service.verifier);
    this.#authentication(AUTHENTICATION.sasl, textPart(SCRAM), Uint8Array.of(0));
    const first = new BodyReader((await this.#next()) ?? new Uint8Array());
    const isScram = first.text() === SCRAM;
    const size = first.int32();
    const challenge = isScram && size === first.rest.length ? scram.first(latin(first.rest)) : '';
    if (!challenge) return this.#refusePassword();
    this.#authentication(AUTHENTICATION.saslContinue, Buffer.from(challenge));
    const final = scram.last(latin((await this.#next()) ?? new Uint8Array()));
    if (final === undefined) return this.#refusePassword();
    this.#authentication(AUTHENTICATION.saslFinal, Buffer.from(final));
    this.#authentication(AUTHENTICATION.ok);
    return true;
  }

  #authentication(kind: number, ...parts: readonly Uint8Array[]): void {
    this.#socket.write(messageOf('R', int32Part(kind), ...parts));
  }

  #refusePassword(): false {
    const message = `password authentication failed for user "${READER}"`;
    this.#refuse({ sqlstate: NOT_AUTHORISED, message });
    return false;
  }

  #refuse(error: SqlError): undefined {
    this.#socket.write(errorMessage(error, 'FATAL'));
  }

  /** The body of the next message; undefined where there is none, or it is malformed. */
  async #next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const next = this.#reader.next();
      if (!next.ok) return this.#refuse({ sqlstate: '08P01', message: next.error.message });
      if (next.value !== undefined) return next.value.body;
      const chunk = await nextChunk(this.#socket);
      if (chunk === undefined) return undefined;
      this.#reader.push(chunk);
    }
  }
}

/** One chunk, and none is read beyond it: what follows may be of another kind. */
function nextChunk(socket: Socket): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const settle = (chunk?: Uint8Array): void => {
      socket.pause();
      socket.off('data', settle);
      socket.off('close', ended);
      socket.off('end', ended);
      resolve(chunk);
    };
    const ended = (): void => settle();
    socket.on('data', settle);
    socket.on('close', ended);
    socket.on('end', ended);
    if (socket.destroyed) settle();
    else socket.resume();
  });
}

function parametersIn(body: Uint8Array): Map<string, string> | undefined {
  const reader = new BodyReader(body);
  const found = new Map<string, string>();
  for (;;) {
    const name = reader.text();
    if (name === '') return found;
    const value = reader.text();
    if (name === undefined || value === undefined) return undefined;
    found.set(name, value);
  }
}

/** Settings that a client may give at the start; `options` and what is not known are left aside. */
function settingsIn(given: ReadonlyMap<string, string>): Map<string, string> {
  const settings = new Map([['search_path', 'SET search_path TO node, agentgres']]);
  for (const [name, value] of given) {
    const lower = name.toLowerCase();
    // A client is told the encoding it has, which is the one it reads.
    if (lower === 'client_encoding' && !isReadEncoding(value)) continue;
    if (isSetting(lower) && lower !== 'search_path') {
      settings.set(lower, `SET ${lower} TO ${quotedText(value)}`);
    }
  }
  return settings;
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
