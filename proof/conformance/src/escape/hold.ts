import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunSummary } from '@ioi/protocol';
import type { Batch } from './batch.ts';
import { type Ground, type Ran, REPOSITORY } from './ground.ts';

/** What a batch is made in, to its end. */
export type Hold = {
  readonly name: string;
  readonly isHeld: boolean;
  readonly run: (ground: Ground, batch: Batch) => Promise<Ran>;
};

/** A secret of the person's that a sandbox is started beside, and not told to pass on. */
export const AMBIENT = 'ambient-6f1d0c9b7a3e5d42';
export const ENVIRONMENT: Readonly<Record<string, string>> = { AMBIENT_SECRET: AMBIENT };

/** `ioi run`, as people use it. */
export const NATIVE: Hold = {
  name: 'bubblewrap',
  isHeld: true,
  run: (ground, batch) => runHeld(ground, batch, [], batch.command),
};

const LEFT = 'what it left:';

/**
 * The same on a copy. What attempts left there, for whoever judges, comes out by the output: the
 * folder itself stays as it was, or that is a way out.
 */
export const OVERLAY: Hold = {
  name: 'overlay',
  isHeld: true,
  run: async (ground, batch) => {
    const { folder } = batch;
    const packed = `cd '${folder}' && tar -cf - ended out $(cat ids) | base64 -w 0`;
    const command = `${batch.command}; echo; echo '${LEFT}'; ${packed}`;
    const ran = await runHeld(ground, batch, ['--overlay'], command);
    const written = ['ended', 'out'].flatMap((name) => readdirSync(join(folder, name)));
    if (written.length > 0) throw new Error('escape: a run on a copy wrote to the folder itself');
    const [out = '', left = ''] = ran.out.split(`\n${LEFT}\n`);
    spawnSync('tar', ['-xf', '-', '-C', folder], { input: Buffer.from(left, 'base64') });
    return { ...ran, out };
  },
};

function runHeld(
  ground: Ground,
  batch: Batch,
  more: readonly string[],
  command: string,
): Promise<Ran> {
  const repositories = writable(batch);
  const options = [
    ...['--json', '--as', 'escape', '--host', ground.listeners.web, ...more],
    // What listens at a port of this machine is this machine's.
    ...['--listen', String(ground.listeners.tcp)],
    ...['--read', REPOSITORY, dirname(process.execPath)],
    ...(repositories.length === 0 ? [] : ['--write', ...repositories]),
  ];
  return ground.ioi(['run', ...options, '--', 'sh', '-c', command], ENVIRONMENT);
}

/** Nothing at all: what works here shows that an attempt is one. */
export const NOTHING: Hold = {
  name: 'nothing',
  isHeld: false,
  run: (ground, batch) => ground.program('sh', ['-c', batch.command], ENVIRONMENT),
};

/** Folders beside the project in which a batch may write. */
export function writable(batch: Batch): string[] {
  return batch.tried
    .filter(({ attempt }) => attempt.needs === 'repository')
    .map(({ repository }) => repository);
}

/** What the node itself says of a run. */
export function summaryIn({ err }: Ran): RunSummary | undefined {
  const line = err.split('\n').find((each) => each.startsWith('{"run":'));
  return line === undefined ? undefined : (JSON.parse(line) as { run: RunSummary }).run;
}
