import { dirname } from 'node:path';
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
  run: (ground, batch) => {
    const repositories = writable(batch);
    const options = [
      ...['--json', '--as', 'escape', '--host', ground.listeners.web],
      ...['--read', REPOSITORY, dirname(process.execPath)],
      ...(repositories.length === 0 ? [] : ['--write', ...repositories]),
    ];
    const command = ['sh', '-c', batch.command];
    return ground.ioi(['run', ...options, '--', ...command], ENVIRONMENT);
  },
};

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
