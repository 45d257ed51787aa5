import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Home } from '../shell/home.ts';

/** Where the page of the guardian is reached: both loopback addresses, or `localhost` lies. */
export type PageDoor = {
  readonly origin: string;
  /** Connections go here from now on; to nobody while no guardian runs. */
  lead(accept: ((socket: Socket) => void) | undefined): void;
  close(): void;
};

/** Below those that systems hand out by themselves. */
const FIRST_PORT = 21_000;
const PORTS = 10_000;
const TRIES = 32;
/** Any account of the machine may connect: what one holds open is little, and not for long. */
const MOST_CONNECTIONS = 64;
const SILENT_MS = 120_000;

/**
 * Listens on one port of this machine, always the same: passkeys are bound to it. Another
 * listener on either loopback address of that port would be the page to a browser, so without
 * both there is no page there.
 */
export async function openPageDoor(home: Home, say: (line: string) => void): Promise<PageDoor> {
  const known = knownPort(home);
  const start = createHash('sha256').update(home.folder).digest().readUInt16BE();
  const ports = Array.from({ length: TRIES }, (_, at) => FIRST_PORT + ((start + at) % PORTS));
  for (const port of known === undefined ? ports : [known, ...ports]) {
    const servers = await listenOn(port);
    if (servers === undefined) continue;
    if (known !== undefined && known !== port) {
      say(`port ${known} is taken: the page is on ${port}, where passkeys made before do not work`);
    } else if (known === undefined) keepPort(home, port);
    return doorOf(port, servers);
  }
  throw new Error(`none of the ports ${ports.join(', ')} is free on this machine`);
}

function doorOf(port: number, servers: readonly Server[]): PageDoor {
  let taker: ((socket: Socket) => void) | undefined;
  for (const server of servers) {
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.setTimeout(SILENT_MS, () => socket.destroy());
      if (taker === undefined) socket.destroy();
      else taker(socket);
    });
  }
  return {
    origin: originOf(port),
    lead: (accept) => {
      taker = accept;
    },
    close: () => {
      for (const server of servers) server.close();
    },
  };
}

async function listenOn(port: number): Promise<readonly Server[] | undefined> {
  const servers: Server[] = [];
  for (const host of ['127.0.0.1', '::1']) {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.maxConnections = MOST_CONNECTIONS;
    server.listen({ port, host, exclusive: true });
    try {
      await once(server, 'listening');
      servers.push(server);
    } catch (fault) {
      const { code } = fault as NodeJS.ErrnoException;
      // A machine without IPv6 has nobody else there either.
      if (host === '::1' && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) continue;
      for (const each of servers) each.close();
      return undefined;
    }
  }
  return servers;
}

/** Which port the page has in this home. */
export function pageFile({ folder }: Home): string {
  return join(folder, 'page.json');
}

function knownPort(home: Home): number | undefined {
  try {
    const { port } = Object(JSON.parse(readFileSync(pageFile(home), 'utf8'))) as { port?: unknown };
    return isPort(port) ? port : undefined;
  } catch {
    // A node starts also where this is lost: another port is found as the first time.
    return undefined;
  }
}

function originOf(port: number): string {
  return `http://localhost:${port}`;
}

function isPort(port: unknown): port is number {
  return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
}

/** Where the page is from the next start on. */
export function keepPort(home: Home, port: number): void {
  const text = `${JSON.stringify({ format: 'ioi-page/1', port })}\n`;
  writeFileSync(pageFile(home), text, { mode: 0o600 });
}
