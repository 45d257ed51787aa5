import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { processesNaming } from '@ioi/basis/testing';

/** Of `/proc/PID/stat`. */
const TICK_MS = 10;

/** A node as somebody makes it, and the folder that runs may write. */
export type Bed = {
  readonly cli: string;
  readonly home: string;
  readonly workspace: string;
  /** What every program gets, with and without the Guard. */
  readonly env: Readonly<Record<string, string>>;
};

export type BedOptions = {
  readonly rules: readonly object[];
  /** Of `node.json`. */
  readonly models?: object;
  /** Of the node's own processes. */
  readonly environment?: Readonly<Record<string, string>>;
};

/** Starts a node in `folder`, beside an empty workspace. */
export function startNode(bed: Bed, { rules, models, environment }: BedOptions): void {
  const folder = dirname(bed.home);
  for (const name of ['work', 'person']) mkdirSync(join(folder, name));
  const owner = ['--passphrase-file', join(folder, 'passphrase')];
  writeFileSync(join(folder, 'passphrase'), 'correct horse battery', { mode: 0o600 });
  ioi(bed, ['init', ...owner]);
  const config = join(bed.home, 'node.json');
  const begun = JSON.parse(readFileSync(config, 'utf8'));
  writeFileSync(config, JSON.stringify({ ...begun, ...(models ? { models } : {}) }));
  ioi(bed, ['up', '--detach'], environment);
  writeFileSync(join(folder, 'policy.json'), JSON.stringify({ policy_id: 'bench', rules }));
  ioi(bed, ['policy', 'activate', join(folder, 'policy.json'), ...owner]);
}

export function ioi({ cli, home }: Bed, args: readonly string[], more: object = {}): void {
  const env = { ...process.env, ...more, IOI_HOME: home };
  const options = { encoding: 'utf8', env } as const;
  const ran = spawnSync(process.execPath, ['--no-warnings', cli, ...args], options);
  if (ran.status !== 0) throw new Error(`ioi ${args[0]}: ${ran.stderr}`);
}

/** The same command under the Guard. */
export function guarded({ cli }: Bed, options: readonly string[], command: readonly string[]) {
  return [process.execPath, '--no-warnings', cli, 'run', ...options, '--', ...command];
}

/**
 * In milliseconds: how long it took, and how much of the processor: what the shell that starts it
 * waits for, and the node. Of a program in a sandbox that is not all.
 */
export type Taken = { readonly wall: number; readonly processor: number; readonly said: string };

export async function taken(bed: Bed, command: readonly string[]): Promise<Taken> {
  const { home, workspace } = bed;
  const [program = '', ...args] = command;
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  const env = { ...bed.env, PATH: path, HOME: join(dirname(home), 'person'), IOI_HOME: home };
  const spent = nodeMs(home);
  const start = performance.now();
  const timed = ['-c', 'TIMEFORMAT="used %U %S"; time "$@"', 'bash', program, ...args];
  const child = spawn('bash', timed, { cwd: workspace, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const [said, about] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  const wall = performance.now() - start;
  const [, user, system] = /^used ([\d.]+) ([\d.]+)$/m.exec(about) ?? [];
  if (code !== 0) throw new Error(`${program}: ${about}`);
  const own = (Number(user) + Number(system)) * 1000;
  return { wall, processor: own + nodeMs(home) - spent, said };
}

/** What the processes of the node took so far. */
function nodeMs(home: string): number {
  const each = processesNaming(home).map((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    } catch {
      return 0;
    }
  });
  return each.reduce((sum, one) => sum + one, 0);
}
