import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Not of the workspace: nobody who only uses the project installs 200 MB of rivals. */
const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));
/** In a folder and a lock of their own: a server that is large, and nothing to other benches. */
const OF_RUNS = /^@(?:restatedev|portkey-ai)\//;

/** Why a peer is not there; undefined when it is, or was installed now. */
export function missingPeer(name: string): string | undefined {
  if (existsSync(peerFolder(name))) return undefined;
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const cwd = setOf(name);
  const { status, stderr } = spawnSync('npm', options, { cwd, encoding: 'utf8' });
  if (status !== 0) return `npm ci in ${cwd}: ${stderr?.slice(0, 200)}`;
  return existsSync(peerFolder(name)) ? undefined : `${name} is not made for this machine`;
}

/** What to import a peer by. */
export function peerModule(name: string): string {
  const require = createRequire(join(setOf(name), 'package.json'));
  return pathToFileURL(require.resolve(name)).href;
}

/** Where a peer is that is started, and not imported. */
export function peerFolder(name: string): string {
  return join(setOf(name), 'node_modules', name);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function setOf(name: string): string {
  return OF_RUNS.test(name) ? join(PEERS, 'runs') : PEERS;
}
