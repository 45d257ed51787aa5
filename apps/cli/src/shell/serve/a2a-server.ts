import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  classify,
  errorLine,
  type JsonObject,
  type RpcError,
  type RpcId,
  resultLine,
} from '@ioi/jsonrpc';
import { CARD_PATH, cardOf, KEYS_PATH, signedForms } from '../../core/serve/a2a-card.ts';
import { a2aError } from '../../core/serve/a2a-errors.ts';
import { type A2aVersion, callIn, versionOf } from '../../core/serve/a2a-request.ts';
import { spoken, spokenTask } from '../../core/serve/a2a-task.ts';
import { type A2aAgent, faultOf } from './a2a-agent.ts';
import type { CardKey } from './card-key.ts';
import type { ServedDetail } from './served-detail.ts';

export type A2aServerOptions = {
  readonly agent: A2aAgent;
  readonly token: string;
  readonly name: string;
  readonly served: ServedDetail;
  /** By which its cards are signed. */
  readonly key: CardKey;
  /** Where clients reach it, where that is not where it listens. */
  readonly url?: string | undefined;
};

const LOOPBACK = '127.0.0.1';
const BODY_MOST = 2_000_000;
const MOST_CONNECTIONS = 128;
/** Calls that wait for a run, or follow one. */
const MOST_UNDER_WAY = 64;
const KEEP_ALIVE_MS = 15_000;
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;

/** JSON-RPC over HTTP (A2A 1.0, 9) on an address of this machine alone. */
export class A2aServer {
  readonly #options: A2aServerOptions;
  readonly #server: Server;
  readonly #token: Buffer;
  readonly #underWay = new Set<AbortController>();

  constructor(options: A2aServerOptions) {
    this.#options = options;
    this.#token = digestOf(options.token);
    this.#server = createServer((incoming, response) => {
      this.#answer(incoming, response).catch(() => response.destroy());
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, LOOPBACK);
    await once(this.#server, 'listening');
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return this.#options.url ?? `http://${LOOPBACK}:${port}/`;
  }

  close(): void {
    for (const call of this.#underWay) call.abort();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path] = (incoming.url ?? '').split('?');
    const version = headerOf(incoming, 'a2a-version');
    if (path === CARD_PATH && incoming.method === 'GET') {
      const isNew = version?.trim().startsWith('1.') === true;
      return this.#card(response, isNew ? '1.0' : '0.3');
    }
    if (path === KEYS_PATH && incoming.method === 'GET') {
      return told(response, this.#options.key.jwks);
    }
    if (path !== '/') return void response.writeHead(404).end();
    if (incoming.method !== 'POST') return void response.writeHead(405, { allow: 'POST' }).end();
    if (!this.#isAllowed(headerOf(incoming, 'authorization'))) {
      return void response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    }
    const body = await bodyOf(incoming);
    if (body === undefined) return void response.writeHead(413, { connection: 'close' }).end();
    if (!isJson(headerOf(incoming, 'content-type'))) {
      const message = 'a body is application/json';
      return refused(response, null, a2aError('CONTENT_TYPE_NOT_SUPPORTED', message));
    }
    return this.#call(body, version, response);
  }

  async #card(response: ServerResponse, version: A2aVersion): Promise<void> {
    const { name, served, key } = this.#options;
    const { since, ...current } = await served.current();
    const about = { ...current, name, url: this.url };
    const card = cardOf(about, version);
    // Beside the card, also where both stand in a folder of a host that has others.
    const jku = new URL(`.${KEYS_PATH}`, this.url).href;
    const signatures = signedForms(about, version).map((form) => key.sign(form, jku));
    response.setHeader('last-modified', since.toUTCString());
    // Of what it says and who signs it: signatures over the same are others each time.
    response.setHeader('etag', `W/${etagOf(JSON.stringify([card, key.kid]))}`);
    told(response, { ...card, signatures: [...signatures] });
  }

  /** By digests, so that the time it takes says nothing of the token. */
  #isAllowed(given: string | undefined): boolean {
    const [, token = ''] = /^Bearer +(.+)$/i.exec(given ?? '') ?? [];
    return timingSafeEqual(digestOf(token), this.#token);
  }

  async #call(body: Buffer, said: string | undefined, response: ServerResponse): Promise<void> {
    const message = classify(body);
    if (!message.ok) {
      const { code, id = null, message: text } = message.error;
      const isUnread = code === 'jsonrpc.parse_error';
      return refused(response, id, {
        code: isUnread ? PARSE_ERROR : INVALID_REQUEST,
        message: text,
      });
    }
    if (message.value.kind !== 'request') return void response.writeHead(202).end();
    const { id, method, params } = message.value;
    const version = versionOf(said, method);
    if (!version.ok) return refused(response, id, version.error);
    const call = callIn(method, params);
    if (!call.ok) return refused(response, id, call.error);
    if (this.#underWay.size >= MOST_UNDER_WAY) {
      return refused(response, id, a2aError('INTERNAL', 'too many calls wait already'));
    }
    const cut = new AbortController();
    this.#underWay.add(cut);
    response.once('close', () => cut.abort());
    try {
      const answer = await this.#options.agent.answer(call.value, cut.signal);
      if (!answer.ok) return refused(response, id, answer.error);
      const { value } = answer;
      if (value.kind === 'page') return answered(response, id, value.page);
      if (value.kind === 'task')
        return answered(response, id, spokenTask(version.value, value.task));
      if (value.kind === 'sent') {
        return answered(response, id, spoken(version.value, { task: value.task }));
      }
      const lines = linesOf(value.events, version.value, id);
      await stream(response, lines);
    } finally {
      this.#underWay.delete(cut);
    }
  }
}

async function* linesOf(
  events: AsyncGenerator<JsonObject>,
  version: A2aVersion,
  id: RpcId,
): AsyncGenerator<string> {
  try {
    for await (const event of events) yield resultLine(id, spoken(version, event));
  } catch (fault) {
    yield errorLine(id, faultOf(fault));
  }
}

async function stream(response: ServerResponse, lines: AsyncGenerator<string>): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const alive = setInterval(() => response.write(': \n\n'), KEEP_ALIVE_MS);
  try {
    for await (const line of lines) {
      if (!response.write(`data: ${line}\n\n`)) await drained(response);
    }
  } finally {
    clearInterval(alive);
    response.end();
  }
}

async function drained(response: ServerResponse): Promise<void> {
  // One that is gone already tells of neither.
  if (response.destroyed) return;
  await Promise.race([once(response, 'drain'), once(response, 'close')]);
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length;
    if (size > BODY_MOST) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function told(response: ServerResponse, said: JsonObject): void {
  const text = JSON.stringify(said);
  const caching = { 'cache-control': 'max-age=60', vary: 'A2A-Version' };
  if (!response.hasHeader('etag')) response.setHeader('etag', etagOf(text));
  response.writeHead(200, { 'content-type': 'application/json', ...caching }).end(text);
}

function etagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url')}"`;
}

function answered(response: ServerResponse, id: RpcId, result: JsonObject): void {
  ended(response, resultLine(id, result));
}

function refused(response: ServerResponse, id: RpcId | null, error: RpcError): void {
  ended(response, errorLine(id, error));
}

function ended(response: ServerResponse, line: string): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(line);
}

/** Where nothing is said, it is tried. */
function isJson(type: string | undefined): boolean {
  const [essence = ''] = (type ?? 'application/json').split(';');
  return /^application\/([a-z0-9.+-]+\+)?json$/i.test(essence.trim());
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
