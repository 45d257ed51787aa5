import { mkdtempSync, rmSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { err, ok, type Result } from '@ioi/basis';
import { hostAndPort, isNamedHost } from '../../core/sandbox/hosts.ts';
import { addressesOf } from './near.ts';

export type WayOut = {
  /** Holds the socket, and nothing else. */
  readonly folder: string;
  readonly socket: string;
  close(): void;
};

const MOST_CONNECTIONS = 64;
const CONNECT_MS = 30_000;
const IDLE_MS = 10 * 60_000;

/**
 * The one way out of a sandbox: an HTTP proxy on a socket, to the hosts of its manifest and no
 * others. It reads nothing of what goes through a tunnel.
 */
export function openWayOut(hosts: readonly string[]): WayOut {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-way-out-'));
  const socket = join(folder, 'socket');
  const tunnels = new Set<Duplex>();
  const server = createServer((incoming, response) => {
    forward(hosts, incoming, response).catch(() => response.destroy());
  });
  server.on('connect', ({ url = '' }: IncomingMessage, near: Duplex, early: Buffer) => {
    tunnels.add(near);
    near.on('error', () => near.destroy()).on('close', () => tunnels.delete(near));
    if (early.length > 0) near.unshift(early);
    tunnel(hosts, url, near).catch(() => near.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('error', () => {});
  server.listen(socket);
  const close = (): void => {
    server.close();
    server.closeAllConnections();
    for (const each of tunnels) each.destroy();
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, socket, close };
}

async function tunnel(hosts: readonly string[], url: string, near: Duplex): Promise<void> {
  const place = hostAndPort(url);
  const found = place === undefined ? err('not a host and port') : await admit(hosts, place);
  if (!found.ok) {
    near.end(`HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\n\r\n${found.error}\n`);
    return;
  }
  if (near.destroyed) return;
  const far = connect({ ...found.value, timeout: CONNECT_MS });
  far.once('connect', () => {
    far.setTimeout(IDLE_MS);
    near.write('HTTP/1.1 200 Connection established\r\n\r\n');
    near.pipe(far).pipe(near);
  });
  far.on('timeout', () => far.destroy());
  far.on('error', () => near.destroy()).on('close', () => near.destroy());
  near.on('close', () => far.destroy());
}

async function forward(
  hosts: readonly string[],
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.canParse(incoming.url ?? '') ? new URL(incoming.url ?? '') : undefined;
  const place = url?.protocol === 'http:' && { host: url.hostname, port: Number(url.port || 80) };
  const found = place ? await admit(hosts, place) : err('only http: URLs are forwarded');
  if (!found.ok || url === undefined) {
    response.writeHead(403, { 'content-type': 'text/plain' });
    response.end(`${found.ok ? '' : found.error}\n`);
    return;
  }
  const onward = request({
    ...found.value,
    method: incoming.method,
    path: `${url.pathname}${url.search}`,
    headers: { ...passedOn(incoming.headers), host: url.host },
    timeout: IDLE_MS,
  });
  onward.on('response', (answer) => {
    const { statusCode = 0, headers } = answer;
    // Node throws at one that is none.
    response.writeHead(statusCode < 200 ? 502 : statusCode, passedOn(headers));
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy()).on('timeout', () => onward.destroy());
  response.on('close', () => onward.destroy());
  incoming.pipe(onward);
}

/** What speaks of one connection alone, and not of the next (RFC 9110 7.6.1). */
const OF_ONE_CONNECTION = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
];

/** Headers that go on; the lengths of bodies stay as they were. */
function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !OF_ONE_CONNECTION.includes(name));
  return Object.fromEntries(kept);
}

type Place = { readonly host: string; readonly port: number };

/** The address to connect to. */
async function admit(
  hosts: readonly string[],
  { host, port }: Place,
): Promise<Result<Place, string>> {
  if (!isNamedHost(hosts, host, port)) {
    return err(`${host}:${port} is not among the hosts of the manifest`);
  }
  if (host === 'localhost') return ok({ host, port });
  const found = await addressesOf(host);
  return found.ok ? ok({ host: found.value[0] ?? host, port }) : found;
}
