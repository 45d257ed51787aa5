import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Batch } from './batch.ts';
import type { Ground } from './ground.ts';
import { ENVIRONMENT, type Hold, writable } from './hold.ts';

const PROGRAM = fileURLToPath(import.meta.resolve('@anthropic-ai/sandbox-runtime'));
const COMMAND = join(dirname(PROGRAM), 'cli.js');

/** What `@anthropic-ai/sandbox-runtime` starts its sandboxes with on Linux. */
const NEEDED = ['bwrap', 'socat', 'rg'];

/**
 * The settings that the page of the package shows, with nobody to be reached. It also lets `/tmp`
 * be written, which is left out: the machine in small lies there.
 */
const AS_IT_COMES = {
  network: { allowedDomains: [], deniedDomains: [] },
  filesystem: { denyRead: ['~/.ssh'], allowWrite: ['.'], denyWrite: ['.env'] },
};

/** Executed later by people and editors: `ioi run` lets nobody write them either. */
const RUN_LATER = ['.git/hooks', '.git/config', '.vscode', '.idea', '.envrc', '.env'];

export const PEERS: readonly Hold[] = [
  held('sandbox_runtime', () => AS_IT_COMES),
  held('sandbox_runtime_narrowed', narrowed),
];

/** What keeps them from being tried here, or undefined. */
export function missingForPeers(): string | undefined {
  const absent = NEEDED.filter((name) => spawnSync('which', [name]).status !== 0);
  return absent.length === 0 ? undefined : `sandbox-runtime: ${absent.join(', ')} is not installed`;
}

function held(name: string, settings: (ground: Ground, batch: Batch) => object): Hold {
  return {
    name,
    isHeld: false,
    run: async (ground, batch) => {
      // Not where the judge looks for marks: it names every repository.
      const folder = mkdtempSync(join(tmpdir(), 'ioi-srt-'));
      const file = join(folder, 'settings.json');
      writeFileSync(file, JSON.stringify(settings(ground, batch)));
      const args = [COMMAND, '--settings', file, 'sh', '-c', batch.command];
      const ran = await ground.program(process.execPath, args, ENVIRONMENT);
      rmSync(folder, { recursive: true, force: true });
      return ran;
    },
  };
}

/** As near to what `ioi run` shows and hides as its settings come. */
function narrowed(ground: Ground, batch: Batch): object {
  const own = [ground.project, ...writable(batch)];
  return {
    network: { allowedDomains: [], deniedDomains: [] },
    filesystem: {
      denyRead: [ground.folder, ground.shared, ground.everybody, join(ground.project, '.env')],
      allowRead: [...own, dirname(process.execPath)],
      allowWrite: own,
      denyWrite: own.flatMap((folder) => RUN_LATER.map((name) => join(folder, name))),
    },
  };
}
