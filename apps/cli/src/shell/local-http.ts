import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { exitOfProblem, nextAfterProblem } from '../core/exit-codes.ts';
import { nextAfter } from '../core/next-steps.ts';
import { CommandFault } from './fault.ts';
import { connectLocal } from './local-socket.ts';

export type LocalCall = {
  readonly socket: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** JSON that is sent as somebody wrote it, instead of `body`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 30_000;
const MOST_BYTES = 256 * 1024 * 1024;
const WELL: ReadonlySet<number> = new Set([200, 201]);
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/** One call over a local socket: the JSON of its answer, or a CommandFault for anything else. */
export async function callLocal<T>(call: LocalCall): Promise<T> {
  const answer = await openLocal(call);
  const text = await textOf(answer);
  const isJson = /json/.test(answer.headers['content-type'] ?? '');
  const value = isJson ? parsed(text) : undefined;
  const { statusCode: status = 0 } = answer;
  if (WELL.has(status) && value !== undefined) return value as T;
  throw problemOf(value, status);
}

/** An answer that goes on and on; a CommandFault when it is none. */
export async function openStream(call: LocalCall): Promise<IncomingMessage> {
  const answer = await openLocal(call);
  if (answer.statusCode === 200) return answer;
  throw problemOf(parsed(await textOf(answer)), answer.statusCode ?? 0);
}

/** The answer as it arrives; its status is the caller's to look at. */
export async function openLocal(call: LocalCall): Promise<IncomingMessage> {
  const remote = URL.parse(call.socket);
  const socket = await connectTo(remote, call.socket).catch((fault) => {
    throw unreachable(fault);
  });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const given = call.body === undefined ? undefined : JSON.stringify(call.body);
  const body = call.text ?? given;
  const outgoing = request(
    {
      createConnection: () => socket,
      method: call.method,
      path: call.path,
      timeout: call.timeoutMs ?? TIMEOUT_MS,
      headers: {
        ...(remote === null ? { host: 'localhost' } : askingAs(remote)),
        connection: 'close',
        ...call.headers,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    },
    resolve,
  );
  outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
  outgoing.on('error', (fault) => reject(unreachable(fault)));
  outgoing.end(body);
  return promise;
}

/** A socket, or the door of a node for people, by an address that holds the session. */
async function connectTo(remote: URL | null, path: string): Promise<Socket> {
  if (remote === null) return connectLocal(path);
  const socket = connect(Number(remote.port), remote.hostname);
  await once(socket, 'connect');
  return socket;
}

/** The door answers nobody who was made to ask by another page. */
function askingAs({ host, origin, username }: URL): Readonly<Record<string, string>> {
  return { host, origin, ...(username === '' ? {} : { 'x-ioi-role-session': username }) };
}

export async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer) {
      size += (chunk as Buffer).length;
      if (size > MOST_BYTES) throw new Error('the answer is too large');
      chunks.push(chunk as Buffer);
    }
  } catch (fault) {
    throw unreachable(fault as Error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function problemOf(value: unknown, status: number): CommandFault {
  const { code, title } = (value ?? {}) as { code?: unknown; title?: unknown };
  if (typeof code === 'string' && typeof title === 'string') {
    const next = nextAfter(code) ?? nextAfterProblem(code);
    const about = { exit: exitOfProblem(code), code, message: title };
    return new CommandFault(next === undefined ? about : { ...about, next });
  }
  const message = `the node gave an answer that is not understood (status ${status})`;
  return new CommandFault({ exit: 'unexpected', code: 'node.answer', message });
}

export function unreachable(fault: NodeJS.ErrnoException): CommandFault {
  const isGone = GONE.has(fault.code ?? '');
  const message = isGone ? 'the node is not running' : `the node does not answer: ${fault.message}`;
  const next = isGone ? 'ioi up --detach' : 'ioi status';
  return new CommandFault({ exit: 'unreachable', code: 'node.unreachable', message, next });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
