import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Not of the workspace: nobody who only uses the project installs 200 MB of rivals. */
const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));

/** Why a peer is not there; undefined when it is, or was installed now. */
export function missingPeer(name: string): string | undefined {
  if (existsSync(join(PEERS, 'node_modules', name))) return undefined;
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status, stderr } = spawnSync('npm', options, { cwd: PEERS, encoding: 'utf8' });
  return status === 0 ? undefined : `npm ci in proof/bench/peers: ${stderr.slice(0, 200)}`;
}

/** What to import a peer by. */
export function peerModule(name: string): string {
  const require = createRequire(join(PEERS, 'package.json'));
  return pathToFileURL(require.resolve(name)).href;
}
