import type { IncomingMessage, ServerResponse } from 'node:http';
import { classify, errorLine, INVALID_REQUEST, type Message } from '@ioi/jsonrpc';
import { named, SERVER_ERROR } from '../../core/errors.ts';
import { STATEFUL_VERSIONS, STATELESS_VERSIONS } from '../../core/state.ts';
import { saysVersion, unsupported } from '../../core/stateless.ts';
import { bearerOf, challengeOf, isForeign, isMetadataPath } from './access.ts';
import { type Body, BodyReader } from './body.ts';
import { HTTP_LIMITS, type HttpLimits } from './limits.ts';
import type { McpEndpoint, McpEndpointOptions } from './options.ts';
import type { HttpSession } from './session.ts';
import { Tenants } from './tenants.ts';

/**
 * Streamable HTTP of both eras at one path. A request of MCP 2026-07-28 comes alone; one of
 * 2025-11-25 or older belongs to a session, which belongs to whoever opened it.
 */
export function mcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const endpoint = new Endpoint(options);
  return {
    handle: (request, response) => void endpoint.handle(request, response),
    notify: (notice, to) => endpoint.tenants.notify(notice, to),
    revoke: (principal) => endpoint.tenants.revoke(principal),
    get sessions() {
      return endpoint.tenants.sessions;
    },
    close: () => endpoint.tenants.close(),
  };
}

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly principal: string;
};

class Endpoint {
  readonly tenants: Tenants;
  readonly #options: McpEndpointOptions;
  readonly #path: string;
  readonly #limits: HttpLimits;
  readonly #bodies: BodyReader;
  #dropping = 0;

  constructor(options: McpEndpointOptions) {
    const limits: HttpLimits = { ...HTTP_LIMITS, ...options.limits };
    this.#options = options;
    this.#limits = limits;
    this.#path = options.path ?? '/mcp';
    this.#bodies = new BodyReader(limits);
    this.tenants = new Tenants(options.backendFor, limits);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#admit(request, response);
    } catch (error) {
      this.#options.fault?.(error);
      if (!response.headersSent) refuse(response, 500, 'the node failed');
      else response.destroy();
    }
  }

  async #admit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?');
    if (isForeign(request, this.#options)) {
      refuse(response, 403, 'this host or origin is not served');
      return;
    }
    const { resourceMetadata } = this.#options;
    if (resourceMetadata !== undefined && isMetadataPath(path, this.#path)) {
      answer(response, 200, JSON.stringify(resourceMetadata));
      return;
    }
    if (path !== this.#path) {
      refuse(response, 404, 'nothing is served at this path');
      return;
    }
    const principal = await this.#principalOf(request, response);
    if (principal === undefined) return;
    await this.#route({ request, response, principal });
  }

  async #principalOf(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<string | undefined> {
    const given = (await this.#options.authorise?.(bearerOf(request))) ?? { ok: '' };
    if ('ok' in given) return given.ok;
    const { status, challenge } = challengeOf(given, request, this.#options);
    response.setHeader('www-authenticate', challenge);
    refuse(response, status, 'a bearer token is needed that allows this');
    return undefined;
  }

  async #route(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    if (this.tenants.isClosed) {
      refuse(response, 503, 'the node is stopping');
      return;
    }
    const version = header(request, 'mcp-protocol-version');
    const isStateless = STATELESS_VERSIONS.some((known) => known === version);
    if (request.method === 'POST') {
      await this.#post(exchange);
    } else if (!isStateless && request.method === 'GET') {
      this.#get(exchange);
    } else if (!isStateless && request.method === 'DELETE') {
      this.#delete(exchange);
    } else {
      response.setHeader('allow', isStateless ? 'POST' : 'POST, GET, DELETE');
      refuse(response, 405, 'this method is not served');
    }
  }

  async #post(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    if (!isJson(request)) {
      refuse(response, 415, 'the content type must be application/json, without an encoding');
      return;
    }
    if (!accepts(request, 'application/json') || !accepts(request, 'text/event-stream')) {
      refuse(response, 406, 'both application/json and text/event-stream must be accepted');
      return;
    }
    const body = await this.#bodies.read(request);
    if (body.kind === 'gone') return;
    if (this.tenants.isClosed) {
      refuse(response, 503, 'the node is stopping');
      return;
    }
    if (body.kind === 'overloaded') {
      response.setHeader('connection', 'close');
      refuse(response, 503, 'too much is being read');
      return;
    }
    const message = body.kind === 'body' ? classify(body.bytes) : undefined;
    if (body.kind === 'oversized' || !message?.ok) await this.#drop(exchange, body);
    else await this.#dispatch(exchange, message.value, body.bytes.length);
  }

  /** Bytes that are no message are a principal's, whatever session they name. */
  async #drop(
    { principal, response }: Exchange,
    body: Extract<Body, { kind: 'body' | 'oversized' }>,
  ): Promise<void> {
    const tenant = await this.tenants.principal(principal);
    if (tenant === undefined) return busy(response);
    if (this.#dropping >= this.#limits.receipts) return busy(response);
    this.#dropping += 1;
    try {
      if (body.kind === 'oversized') tenant.refuse(body, response);
      else tenant.refuse({ kind: 'frame', bytes: body.bytes }, response);
      await tenant.runner.receipts;
    } finally {
      this.#dropping -= 1;
    }
  }

  async #dispatch(exchange: Exchange, message: Message, byteCount: number): Promise<void> {
    const { request, response, principal } = exchange;
    const version = header(request, 'mcp-protocol-version');
    const isStateless =
      STATELESS_VERSIONS.some((known) => known === version) ||
      (message.kind === 'request' && saysVersion({ ...message, byteCount, from: '' }));
    const posted = { message, byteCount, response };
    if (isStateless) {
      const tenant = await this.tenants.principal(principal);
      return tenant === undefined ? busy(response) : tenant.post(request, posted);
    }
    if (version !== undefined && !STATEFUL_VERSIONS.some((known) => known === version)) {
      const id = message.kind === 'request' ? message.id : null;
      answer(response, 400, errorLine(id, unsupported(version)));
      return;
    }
    const session = await this.#sessionFor(exchange, message);
    session?.post(posted);
    // What was refused has not become a session.
    if (session?.runner.state.phase === 'opened') this.tenants.end(session);
  }

  async #sessionFor(exchange: Exchange, message: Message): Promise<HttpSession | undefined> {
    const { request, response, principal } = exchange;
    if (header(request, 'mcp-session-id') !== undefined) return this.#session(exchange);
    if (message.kind !== 'request' || message.method !== 'initialize') {
      refuse(response, 400, 'a session is needed: Mcp-Session-Id is missing');
      return undefined;
    }
    const session = await this.tenants.open(principal);
    if (session === undefined) busy(response);
    return session;
  }

  /** Somebody else's session is not there. */
  #session({ request, response, principal }: Exchange): HttpSession | undefined {
    const id = header(request, 'mcp-session-id');
    if (id === undefined) {
      refuse(response, 400, 'a session is needed: Mcp-Session-Id is missing');
      return undefined;
    }
    const session = this.tenants.session(id, principal);
    if (session === undefined) refuse(response, 404, 'there is no such session');
    return session;
  }

  #get(exchange: Exchange): void {
    const { request, response } = exchange;
    if (!accepts(request, 'text/event-stream')) {
      refuse(response, 406, 'text/event-stream must be accepted');
      return;
    }
    const refusal = this.#session(exchange)?.get(response, header(request, 'last-event-id'));
    if (refusal === undefined) return;
    // A session that has ended has a status of its own: 404.
    const status = refusal === 'gateway.event_unknown' ? 400 : 410;
    answer(response, status, errorLine(null, named(INVALID_REQUEST, refusal)));
  }

  #delete(exchange: Exchange): void {
    const session = this.#session(exchange);
    if (session === undefined) return;
    this.tenants.end(session);
    exchange.response.writeHead(204).end();
  }
}

function header({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function isJson(request: IncomingMessage): boolean {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  const encoding = request.headers['content-encoding'] ?? 'identity';
  return type.trim().toLowerCase() === 'application/json' && encoding === 'identity';
}

function accepts(request: IncomingMessage, type: string): boolean {
  const ranges = (request.headers.accept ?? '').split(',').map((range) => {
    return (range.split(';')[0] ?? '').trim().toLowerCase();
  });
  const [family = ''] = type.split('/');
  return ranges.some((range) => range === type || range === '*/*' || range === `${family}/*`);
}

function busy(response: ServerResponse): void {
  response.setHeader('retry-after', '5');
  refuse(response, 503, 'too many clients are served');
}

/** Of a request of which the message was not looked at: an error without an id. */
function refuse(response: ServerResponse, status: number, message: string): void {
  const code = status >= 500 ? SERVER_ERROR : INVALID_REQUEST;
  answer(response, status, errorLine(null, { code, message }));
}

function answer(response: ServerResponse, status: number, line: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(line);
}
