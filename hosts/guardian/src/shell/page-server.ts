import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { basename } from 'node:path';
import { BESIDE_PATH, guardRequest, type PagePlace, SIGNED_IN_PATH } from '@ioi/guardian';
import type { PageSession, PageSessions } from '@ioi/guardian/shell';
import { type Answer, refused } from './answers.ts';
import type { PageAct } from './page-acts.ts';

export type PageServing = {
  readonly place: PagePlace;
  readonly sessions: PageSessions;
  /** What may be asked there, by path. */
  readonly acts: Record<string, PageAct>;
  /** Where requests have other times than these. */
  readonly times?: Pick<ServerOptions, 'requestTimeout' | 'connectionsCheckingInterval'>;
};

const MAX_BODY_BYTES = 256 * 1024;
const REQUEST_MS = 30_000;
const HANDSHAKE_MS = 10_000;
const OPTIONS = { requestTimeout: REQUEST_MS, maxHeaderSize: 16 * 1024 };

const PAGE = new URL('../page/page.html', import.meta.url);
const BESIDE = new URL('../page/beside.html', import.meta.url);
const STYLE = new URL('../page/page.css', import.meta.url);
const SCRIPTS = [
  new URL('../page/answer.mjs', import.meta.url),
  new URL('../page/asking.mjs', import.meta.url),
  new URL('../page/batch.mjs', import.meta.url),
  new URL('../page/beside.mjs', import.meta.url),
  new URL('../page/card.mjs', import.meta.url),
  new URL('../page/device.mjs', import.meta.url),
  new URL('../page/edit.mjs', import.meta.url),
  new URL('../page/keys.mjs', import.meta.url),
  new URL('../page/letting-in.mjs', import.meta.url),
  new URL('../page/page.mjs', import.meta.url),
  new URL('../page/policy.mjs', import.meta.url),
  new URL('../page/reasons.mjs', import.meta.url),
  new URL('../page/vault.mjs', import.meta.url),
  new URL('../page/wish.mjs', import.meta.url),
];

/** Nothing inline, nothing from elsewhere, in nobody's frame, nothing kept. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'publickey-credentials-get=(self), publickey-credentials-create=(self)',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/**
 * The page on which people decide (design section 5), on an origin of its own: what is shown is
 * the guardian's copy, and every question passes the guard before anything is looked up.
 */
export function pageServer(serving: PageServing): Server {
  return plainOnly(createServer({ ...OPTIONS, ...serving.times }, answering(serving)));
}

/** The same for other devices: TLS ends in this process. */
export function devicePageServer(
  serving: PageServing,
  { cert, key }: { readonly cert: string; readonly key: string },
): TlsServer {
  const tls = { cert, key, minVersion: 'TLSv1.3', handshakeTimeout: HANDSHAKE_MS } as const;
  const options = { ...OPTIONS, ...serving.times, ...tls };
  const server = plainOnly(createTlsServer(options, answering(serving)));
  server.on('tlsClientError', (_, socket) => socket.destroy());
  return server;
}

function answering(serving: PageServing) {
  const assets = assetsOf(serving.place);
  const { acts } = serving;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = request;
    const guarded = guardRequest({ method, path, headers }, serving.place);
    if (!guarded.ok) return void reject(response, 403, guarded.error);
    if (guarded.value.kind === 'asset') {
      return void send(response, assets.get(guarded.value.path));
    }
    const act = Object.hasOwn(acts, path) ? acts[path] : undefined;
    if (act === undefined) return void reject(response, 404, 'route.unknown');
    const body = await readBody(request);
    if (body === 'too_large') return void reject(response, 413, 'request.too_large');
    if (body === undefined) return void reject(response, 400, 'request.invalid');
    tell(response, await perform(act, { request, body, serving }));
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch(() => response.destroy());
  };
}

/** Whatever is not plain HTTP ends here: there is no other protocol to change to. */
function plainOnly<T extends Server>(server: T): T {
  server.on('upgrade', (_, socket) => socket.destroy());
  server.on('connect', (_, socket) => socket.destroy());
  // It never listens itself, and watches the time of requests from this event on alone.
  server.emit('listening');
  return server;
}

type Asset = {
  readonly type: string;
  readonly bytes: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
};

function assetsOf({ isDevice }: PagePlace): ReadonlyMap<string, Asset> {
  const page = asset(PAGE, 'text/html');
  const scripts = SCRIPTS.map((url) => {
    return [`/${basename(url.pathname)}`, asset(url, 'text/javascript')] as const;
  });
  const here = isDevice ? [] : ([[BESIDE_PATH, besidePage()]] as const);
  return new Map([
    ['/', page],
    [SIGNED_IN_PATH, page],
    ['/page.css', asset(STYLE, 'text/css')],
    ...scripts,
    ...here,
  ]);
}

/** Whoever opened it keeps a hold of it, to say what is to be looked at. */
function besidePage(): Asset {
  const headers = { 'cross-origin-opener-policy': 'unsafe-none' };
  return { ...asset(BESIDE, 'text/html'), headers };
}

function asset(url: URL, type: string): Asset {
  return { type: `${type}; charset=utf-8`, bytes: readFileSync(url) };
}

type Performing = {
  readonly request: IncomingMessage;
  readonly body: Record<string, unknown>;
  readonly serving: PageServing;
};

async function perform(act: PageAct, { request, body, serving }: Performing): Promise<Answer> {
  if (act.kind === 'begin') return act.run(body);
  const session = sessionOf(request, serving);
  if (session === undefined) {
    act.stray?.(body);
    const message = serving.place.isDevice
      ? 'sign in with the passkey of this device, or enrol it by a fresh link'
      : 'this page has no session; open it with `ioi inbox --open`';
    return { ...refused({ code: 'page.no_session', message }), status: 401 };
  }
  return act.run(session, body);
}

function sessionOf(
  { headers }: IncomingMessage,
  { sessions, place }: PageServing,
): PageSession | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  const named = pairs.filter(([name]) => name === cookieName(place));
  const page = headers['x-ioi-page'];
  const [cookie] = named;
  // Two cookies of the name: somebody else on this machine set one.
  if (named.length !== 1 || cookie?.[1] === undefined || typeof page !== 'string') return undefined;
  const session = sessions.find(cookie[1], page);
  return session?.place.origin === place.origin ? session : undefined;
}

/** With the port: cookies of this machine go to all of its ports. */
export function cookieName({ host, isDevice }: PagePlace): string {
  if (isDevice) return `__Host-ioi_approver_${host.split(':')[1] ?? ''}`;
  return `ioi_approver_${host.split(':')[1] ?? ''}`;
}

async function readBody(
  request: IncomingMessage,
): Promise<Record<string, unknown> | 'too_large' | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) return 'too_large';
    chunks.push(chunk as Buffer);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, found: Asset | undefined): void {
  if (found === undefined) return void reject(response, 404, 'route.unknown');
  response.writeHead(200, { ...HEADERS, ...found.headers, 'content-type': found.type });
  response.end(found.bytes);
}

function tell(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const type = status === 200 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { ...HEADERS, ...headers, 'content-type': type });
  response.end(JSON.stringify(body));
}

/** Without reading on: what was refused is not listened to. */
function reject(response: ServerResponse, status: number, code: string): void {
  const body = { type: 'about:blank', title: code, status, code };
  response.writeHead(status, {
    ...HEADERS,
    connection: 'close',
    'content-type': 'application/problem+json',
  });
  response.end(JSON.stringify(body));
}
