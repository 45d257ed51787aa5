import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';

/** Where Debian keeps the programs of each version. */
const VERSIONS = '/usr/lib/postgresql';
const OLDEST = 15;

/** Why there is no server to test with; undefined when there is one. */
export function whyNoPostgres(): string | undefined {
  if (programs() === undefined) return `no PostgreSQL ${OLDEST} or later in ${VERSIONS}`;
  if (process.getuid?.() === 0 && !account()) return 'root needs an account named postgres';
  return undefined;
}

/** The folder of the newest programs that are new enough. */
function programs(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined;
  const newest = Math.max(...readdirSync(VERSIONS).map(Number).filter(Number.isInteger));
  return newest >= OLDEST ? join(VERSIONS, String(newest), 'bin') : undefined;
}

export function program(name: string): string {
  return join(programs() ?? VERSIONS, name);
}

/** The server refuses to run as root. */
export function owning() {
  return process.getuid?.() === 0 ? account() : undefined;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function account(): { readonly uid: number; readonly gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}
