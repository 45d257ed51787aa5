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
  /** Of one that was opened for an Idempotency-Key: the digest of that request. */
  readonly asked?: string;
  /** What its chance is drawn from; absent of runs of before there was one. */
  readonly seed?: string;
};
export type Given = GivenFrom & { readonly input: Json };

export function withoutInput(given: GivenFrom & Partial<Given>): GivenFrom {
  const { input: _, ...from } = given;
  return from;
}

export type RunGiven = {
  readonly opened: OpenWorkerRun;
  /**
   * What it was given, from where it is kept, and told to the session each time it begins: a run
   * that waits for its turn holds nothing of it. Refused where nobody has it any more.
   */
  readonly giveInput: (session: Session) => Result<Json, RecordGone>;
  readonly workspace: string;
  readonly seed?: string | undefined;
  readonly journal: RunJournal;
  readonly newSession: () => Session;
  readonly start: () => Promise<Result<WorkerHost, Rejection>>;
};

/** How a run ends that cannot be told what it was given. */
export type RecordGone = { readonly code: string; readonly detail: string };

export const RECORD_LOST: RecordGone = {
  code: 'run.record_lost',
  detail: 'what it was given is not kept any more: begin it again',
};
export const RECORD_DAMAGED: RecordGone = {
  code: 'run.record_damaged',
  detail: 'what it was given is kept and does not open (see `ioi doctor`): begin it again',
};

export function recordUnread(fault: unknown): RecordGone {
  const detail = `what it was given cannot be read now: ${String(fault)}`;
  return { code: 'run.record_unreadable', detail };
}
