import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ROLE_HEADER } from '../roles/caller.ts';
import { type Asset, type Assets, assetAt, readAssets } from './assets.ts';
import { Keys } from './keys.ts';
import type { PeopleConfig } from './people-config.ts';

export type DoorOptions = {
  /** The node's API, of which a browser may read, and pause with it. */
  readonly api?: RequestListener;
  /** Of the built pages. */
  readonly folder?: string;
  /** Where people sign in, if the owner lets them; else any port will do, for links alone. */
  readonly people?: PeopleConfig | undefined;
};

/** Where a browser gets in once, within a minute. */
export type Opened = { readonly url: string };

type Refused = { readonly status: number; readonly code: string };

const BUILT = fileURLToPath(new URL('../../../../../apps/workbench/dist', import.meta.url));
const HOST = '127.0.0.1';
/** For all of a request, so that half-open ones do not keep others out. */
const REQUEST_MS = 10_000;
const TIMEOUTS = { headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS };
const CONNECTIONS_MAX = 256;
const LINK_BYTES_MAX = 256;
/**
 * Sent by the page with every question. No cookie: a browser sends those to every port of this
 * machine, and to us whoever's page asks.
 */
const SESSION = 'x-ioi-workbench';

const SHIELDS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  // It opens the guardian's window and says there which request to show.
  'cross-origin-opener-policy': 'same-origin-allow-popups',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/**
 * The Workbench on a port of this machine, opened when somebody first asks for it. A browser reads
 * there what the node's API tells, and may have agents paused; it approves and widens nothing.
 */
export class WorkbenchDoor {
  readonly #options: DoorOptions;
  readonly #keys = new Keys();
  #api: RequestListener;
  #assets: Assets | undefined;
  #listening: Promise<Server> | undefined;
  #origin = '';

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#api = options.api ?? notYet;
  }

  /** From now on, whoever is let in is answered. */
  serve(api: RequestListener): void {
    this.#api = api;
  }

  /** Undefined where no pages are built. Throws where no port can be had. */
  async open(): Promise<Opened | undefined> {
    const assets = readAssets(this.#options.folder ?? BUILT, this.#assets);
    if (assets === undefined) return undefined;
    this.#assets = assets;
    return { url: `${await this.listen()}/#key=${this.#keys.link()}` };
  }

  /** Its address; lets nobody in by itself. Throws where no port can be had. */
  async listen(): Promise<string> {
    // Pages of before are built already where nobody asks for a link.
    this.#assets ??= readAssets(this.#options.folder ?? BUILT);
    // Whoever asks meanwhile waits for the same port.
    this.#listening ??= this.#listen();
    try {
      await this.#listening;
    } catch (fault) {
      this.#listening = undefined;
      throw fault;
    }
    return this.#origin;
  }

  /** Where people sign in, once that is open. */
  get peopleUrl(): string | undefined {
    return this.#options.people === undefined || this.#origin === '' ? undefined : this.#origin;
  }

  /** Browsers that came by a link stay out from now on; people who signed in have a role. */
  close(): void {
    this.#keys.close();
    if (this.#options.people !== undefined) return;
    this.#listening?.then(end, () => {});
    this.#listening = undefined;
  }

  async #listen(): Promise<Server> {
    const server = createServer(TIMEOUTS, (request, response) => {
      // The daemon ends by what nobody caught; a browser must not be able to end it.
      this.#answer(request, response).catch(() => response.destroy());
    });
    server.maxConnections = CONNECTIONS_MAX;
    // What keeps the daemon alive is its own sockets.
    server.listen(this.#options.people?.port ?? 0, HOST).unref();
    await once(server, 'listening');
    this.#origin = `http://${HOST}:${(server.address() as AddressInfo).port}`;
    return server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(SHIELDS)) response.setHeader(name, value);
    const refused = await this.#serve(request, response);
    if (refused !== undefined) refuse(response, refused);
  }

  /** Undefined where it was answered. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<Refused | undefined> {
    if (this.#options.people !== undefined && isComingBack(request, this.#origin)) {
      return this.#page('/', request, response);
    }
    const foreign = foreignness(request, this.#origin);
    if (foreign !== undefined) return { status: 403, code: foreign };
    const pathname = URL.parse(request.url ?? '', this.#origin)?.pathname;
    if (pathname === undefined) return { status: 400, code: 'request.invalid' };
    if (pathname === '/visit') return this.#visit(request, response);
    if (this.#options.people !== undefined && isOfPeople(request)) {
      response.setHeader('cache-control', 'no-store');
      this.#api(request, response);
      return undefined;
    }
    const mayDo = [isReading, isTightening, isDrafting, isKeeping];
    if (!mayDo.some((may) => may(request))) {
      return { status: 405, code: 'workbench.tightens_only' };
    }
    if (pathname.startsWith('/v1/')) return this.#read(request, response);
    return this.#page(pathname, request, response);
  }

  async #page(
    pathname: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Refused | undefined> {
    const asset = this.#assets && assetAt(this.#assets, pathname);
    if (asset === undefined) return { status: 404, code: 'route.unknown' };
    await send(request, response, asset);
    return undefined;
  }

  /** A link's secret comes in a body, and never in an address that anybody writes down. */
  async #visit(request: IncomingMessage, response: ServerResponse): Promise<Refused | undefined> {
    if (request.method !== 'POST') return { status: 405, code: 'request.invalid' };
    const visit = this.#keys.open(await textOf(request, LINK_BYTES_MAX));
    if (visit === undefined) return { status: 401, code: 'workbench.link_used' };
    const type = 'text/plain; charset=utf-8';
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(visit);
    return undefined;
  }

  #read(request: IncomingMessage, response: ServerResponse): Refused | undefined {
    if (!this.#keys.isOpen(String(request.headers[SESSION] ?? ''))) {
      return { status: 401, code: 'workbench.no_visit' };
    }
    response.setHeader('cache-control', 'no-store');
    this.#api(request, response);
    return undefined;
  }
}

/**
 * The provider sends a browser here, which says so: it gets the page, and nothing of the node. What
 * it brings is worth nothing without what the tab that began it has kept.
 */
function isComingBack({ headers, method, url }: IncomingMessage, origin: string): boolean {
  const isOwn = `http://${headers.host}` === origin && headers.origin === undefined;
  const isPage = method === 'GET' && URL.parse(url ?? '', origin)?.pathname === '/signed-in';
  return isOwn && isPage && headers['sec-fetch-mode'] === 'navigate';
}

/** Pages of others, and names that were made to lead here, are told nothing. */
function foreignness({ headers, method }: IncomingMessage, origin: string): string | undefined {
  if (`http://${headers.host}` !== origin) return 'workbench.foreign_host';
  if (headers.origin !== undefined && headers.origin !== origin) return 'workbench.foreign_origin';
  const site = headers['sec-fetch-site'];
  const isOwn = site === 'same-origin' || site === 'none';
  if (site !== undefined && !isOwn) return 'workbench.foreign_origin';
  const isWriting = method !== 'GET' && method !== 'HEAD';
  return isWriting && headers.origin !== origin ? 'workbench.foreign_origin' : undefined;
}

function isReading({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** What keeps agents from asking, and ends runs; to let them go on again is not among it. */
const TIGHTENING = new RegExp(
  `^/v1/(stop|sessions/sha256(:|%3A)[0-9a-f]{64}/pause|` +
    'runs/run_[0-9a-f]{32}/(pause|cancel)|workflow-runs/graph_[0-9a-f]{32}/cancel)$',
);

/** By the address as it came: what is read from it further on is no other. */
function isTightening({ method, url = '' }: IncomingMessage): boolean {
  return method === 'POST' && TIGHTENING.test(url);
}

/** A backup is sealed to the owner, and goes to a folder of the node's own. */
const KEEPING: readonly string[] = ['/v1/backup', '/v1/policy/proposal/dismiss'];

/** It allows nothing, and stops nothing. */
function isKeeping({ method, url = '' }: IncomingMessage): boolean {
  return method === 'POST' && KEEPING.includes(url);
}

/** What is kept so allows nothing; and it is kept only over what the page has seen. */
const CHECKED = '/v1/workflows/check';
const DRAFTED = /^\/v1\/workflows\/[a-z0-9][a-z0-9-]{0,63}$/;

function isDrafting({ method, url = '' }: IncomingMessage): boolean {
  return method === 'POST' ? url === CHECKED : method === 'PUT' && DRAFTED.test(url);
}

const notYet: RequestListener = (_, response) => {
  response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end();
};

/** Ways in for people, by their address as it came; what comes with a session is held to a role. */
const SIGNING_IN: readonly string[] = ['/v1/sign-ins', '/v1/role-session'];

function isOfPeople({ method, url = '', headers }: IncomingMessage): boolean {
  if (headers[ROLE_HEADER] !== undefined) return url.startsWith('/v1/') || url === '/metrics';
  return method === 'POST' && SIGNING_IN.includes(url);
}

function end(server: Server): void {
  server.close();
  server.closeAllConnections();
}

/** '' for what is longer, or ends too early. */
async function textOf(request: IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      length += chunk.length;
      if (length > most) return '';
      chunks.push(chunk);
    }
  } catch {
    return '';
  }
  return Buffer.concat(chunks).toString('latin1');
}

function refuse(response: ServerResponse, { status, code }: Refused): void {
  const body = JSON.stringify({ type: 'about:blank', title: code, status, code });
  const type = 'application/problem+json';
  response.writeHead(status, { 'content-type': type, connection: 'close' }).end(body);
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  asset: Asset,
): Promise<void> {
  const takes = (request.headers['accept-encoding'] ?? '').includes('br');
  const small = takes ? await asset.small() : undefined;
  const lasting = asset.isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache';
  response.writeHead(200, {
    'content-type': asset.type,
    'cache-control': lasting,
    vary: 'accept-encoding',
    ...(small === undefined ? {} : { 'content-encoding': 'br' }),
  });
  response.end(request.method === 'HEAD' ? undefined : (small ?? asset.bytes));
}
