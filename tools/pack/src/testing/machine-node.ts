import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';

export type MachineNode = {
  readonly node: string;
  /** npm's own script, to be run by `node`. */
  readonly npm: string;
  readonly version: string;
};

/**
 * The Node and npm that this machine had before the project brought its own: the first on PATH,
 * outside any node_modules, that is older than 26; when there is none, the first of any age.
 */
export function findMachineNode(): MachineNode {
  const running = dirname(process.env.npm_node_execpath ?? process.execPath);
  const folders = [running, ...(process.env.PATH ?? '').split(delimiter)].filter(
    (folder) => isAbsolute(folder) && !folder.split('/').includes('node_modules'),
  );
  const found = folders.flatMap((folder) => machineNodeIn(folder) ?? []);
  const older = found.find(({ version }) => Number.parseInt(version, 10) < 26);
  const chosen = older ?? found[0];
  if (chosen === undefined) throw new Error('no node with an npm beside it is on PATH');
  return chosen;
}

function machineNodeIn(folder: string): MachineNode | undefined {
  const node = join(folder, 'node');
  const npm = join(folder, 'npm');
  if (!existsSync(node) || !existsSync(npm)) return undefined;
  const version = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
  return { node, npm: realpathSync(npm), version };
}
