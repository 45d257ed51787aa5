import { homedir } from 'node:os';
import { join } from 'node:path';
import type { WorkspaceAnswer, WorkspaceJob } from '@ioi/protocol';
import { exitOfProblem } from '../core/exit-codes.ts';
import { readDedicated } from './dedicated.ts';
import { CommandFault } from './fault.ts';
import type { Home } from './home.ts';
import { entries } from './installation.ts';
import { runJob } from './run-job.ts';

type Answer<K extends WorkspaceAnswer['kind']> = Extract<WorkspaceAnswer, { kind: K }>;

/**
 * Where what programs of this account leave is kept: in the home of the node, or, where that is not
 * this account's, in the account's own.
 */
export function ownFolder(home: Home): string {
  if (readDedicated(home.folder) === undefined) return home.folder;
  return join(homedir(), '.local', 'share', 'ioi-runs');
}

/** Where folders that programs may write are kept as they were. */
export function keptFolder(home: Home): string {
  return join(ownFolder(home), 'kept');
}

/** One job about what runs did to files; what it refuses is a fault with its code. */
export async function askWorkspace<K extends Exclude<WorkspaceAnswer['kind'], 'refused'>>(
  home: Home,
  job: WorkspaceJob,
  kind: K,
): Promise<Answer<K>> {
  const { answer, lines } = await runJob<WorkspaceAnswer>(entries.workspace, keptFolder(home), job);
  if (answer?.kind === kind) return answer as Answer<K>;
  if (answer?.kind === 'refused') {
    const { code, message } = answer;
    throw new CommandFault({ exit: exitOfProblem(code), code, message, next: 'ioi runs' });
  }
  throw new CommandFault({
    exit: 'unexpected',
    code: 'workspace.fault',
    message: 'what was kept of folders cannot be read',
    lines,
  });
}
