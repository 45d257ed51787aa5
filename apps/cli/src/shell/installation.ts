import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoted } from '../core/next-steps.ts';

/** The processes of the house, started by path: nothing of them is loaded here. */
export const entries = {
  main: fileURLToPath(new URL('../main.ts', import.meta.url)),
  guardian: fileURLToPath(new URL('../../../../hosts/guardian/src/main.ts', import.meta.url)),
  edge: fileURLToPath(new URL('../../../../hosts/edge/src/main.ts', import.meta.url)),
  guardianInit: fileURLToPath(new URL('../../../../hosts/guardian/src/init.ts', import.meta.url)),
  phrase: fileURLToPath(new URL('../../../../hosts/guardian/src/phrase.ts', import.meta.url)),
  recovery: fileURLToPath(new URL('../../../../hosts/recovery/src/main.ts', import.meta.url)),
  daemon: fileURLToPath(new URL('../../../../hosts/daemon/src/main.ts', import.meta.url)),
  inspect: fileURLToPath(new URL('../../../../hosts/daemon/src/inspect.ts', import.meta.url)),
  replica: fileURLToPath(new URL('../../../../hosts/daemon/src/replica.ts', import.meta.url)),
  runner: fileURLToPath(new URL('../../../../hosts/runner/src/main.ts', import.meta.url)),
  describe: fileURLToPath(new URL('../../../../hosts/runner/src/describe.ts', import.meta.url)),
  workspace: fileURLToPath(new URL('../../../../hosts/runner/src/workspace.ts', import.meta.url)),
  bridge: fileURLToPath(new URL('../../../../hosts/bridge/src/main.ts', import.meta.url)),
  relay: fileURLToPath(new URL('../../../../hosts/relay/src/main.ts', import.meta.url)),
  executor: fileURLToPath(new URL('../../../../hosts/executor/src/main.ts', import.meta.url)),
  witness: fileURLToPath(new URL('../../../../hosts/witness/src/main.ts', import.meta.url)),
} as const;

export function readVersion(): string {
  const url = new URL('../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
}

/** The official filesystem server of our own installation. */
export function filesystemServer(): string {
  return fileURLToPath(
    import.meta.resolve('@modelcontextprotocol/server-filesystem/dist/index.js'),
  );
}

/** Our own packages that the guardian's program is made of, as folders below the root. */
const GUARDIAN_FOLDERS = ['ground', 'law', 'protocol', 'systems/guardian', 'hosts/guardian'];

/** Where all modules of a published package are, joined: it has no secrets, whoever reads it. */
const JOINED_FOLDER = 'chunks';
const GUARDIAN_PACKAGES = ['@ioi', '@noble', '@scure', 're2js'];

/**
 * What the guardian may read beyond its own folder: its program and what that imports, nothing
 * else of this installation. `package.json` files tell Node how to read a module.
 */
export function guardianCode(): string[] {
  const root = rootFolder();
  const folders = [...GUARDIAN_FOLDERS, JOINED_FOLDER].map((name) => join(root, name));
  const parents = parentsOf(root);
  const packages = GUARDIAN_PACKAGES.flatMap((name) => {
    const found = parents.map((parent) => join(parent, 'node_modules', name)).find(existsSync);
    return found === undefined ? [] : [found, realpathSync(found)];
  });
  return [...new Set([...folders, ...manifestsAbove(root), ...packages])].filter((path) =>
    existsSync(path),
  );
}

/** What the edge may read: this installation and its packages. It holds no files of its own. */
export function installedCode(): string[] {
  const root = rootFolder();
  const packages = parentsOf(root).map((parent) => join(parent, 'node_modules'));
  return [root, ...[...packages, ...manifestsAbove(root)].filter((path) => existsSync(path))];
}

function manifestsAbove(root: string): string[] {
  return parentsOf(root).map((parent) => join(parent, 'package.json'));
}

function rootFolder(): string {
  return dirname(dirname(dirname(dirname(entries.guardian))));
}

function parentsOf(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...parentsOf(above)];
}

/**
 * A command as it can be typed here: `npm run` is how a checkout is used. `homeFolder` is named
 * where the node is not the one the environment leads to.
 */
export function commandText(
  environment: Readonly<Record<string, string | undefined>>,
  args: string,
  homeFolder?: string,
): string {
  const prefix = homeFolder === undefined ? '' : `IOI_HOME=${quoted(homeFolder)} `;
  const isScript = environment['npm_lifecycle_event'] !== undefined;
  return `${prefix}${isScript ? 'npm run -s ioi -- ' : 'ioi '}${args}`;
}
