import type { Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { OpenWorkerRun, Rejection, WorkerHost } from '@ioi/protocol';
import type { Session } from '../mcp/session.ts';
import type { RunJournal } from './run-journal.ts';

export type RunGiven = {
  readonly opened: OpenWorkerRun;
  /**
   * What it was given, from where it is kept, and told to the session each time it begins: a run
   * that waits for its turn holds nothing of it. Undefined where it is not kept any more.
   */
  readonly giveInput: (session: Session) => Json | undefined;
  readonly workspace: string;
  readonly journal: RunJournal;
  readonly newSession: () => Session;
  readonly start: () => Promise<Result<WorkerHost, Rejection>>;
};

/** How a run ends whose input nobody has any more. */
export const RECORD_LOST = {
  code: 'run.record_lost',
  detail: 'what it was given is not kept any more',
};
