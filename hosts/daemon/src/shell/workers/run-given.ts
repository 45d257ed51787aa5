import type { Result } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import type { OpenWorkerRun, Rejection, WorkerHost } from '@ioi/protocol';
import type { Session } from '../mcp/session.ts';
import type { WorkerFrom } from './begin-worker.ts';
import type { RunJournal } from './run-journal.ts';

/** What a run was begun with, and its input beside that, as it is kept beside the log. */
export type GivenFrom = WorkerFrom & {
  readonly workspace: string;
  readonly unconfined: boolean;
  /** Of a step of a graph: where its input comes from. */
  readonly labels?: readonly string[];
};
export type Given = GivenFrom & { readonly input: Json };

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

export function withoutInput(given: GivenFrom & Partial<Given>): GivenFrom {
  const { input: _, ...from } = given;
  return from;
}
