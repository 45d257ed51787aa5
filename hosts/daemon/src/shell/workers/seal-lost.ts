import { setTimeout as sleep } from 'node:timers/promises';
import { END_WORKER_RUN } from '@ioi/law';
import type { OpenWorkerRun } from '@ioi/protocol';
import type { RecordGone } from './run-given.ts';
import type { RunJournal } from './run-journal.ts';
import type { StepsOptions } from './run-steps.ts';

type SealLost = Pick<StepsOptions, 'boundary' | 'writer'> & {
  readonly log: (message: string, about: object) => void;
  readonly isStopped: () => boolean;
  readonly why: RecordGone;
};

/** Between two looks at what keeps a run from its end. */
const AGAIN_MS = 100;

/** Ends a run that cannot be told what it was given; false where the node stopped before that. */
export async function sealLost(
  { run_id, session_id }: OpenWorkerRun,
  journal: RunJournal,
  { boundary, writer, log, isStopped, why: { code, detail } }: SealLost,
): Promise<boolean> {
  while (!isStopped()) {
    const open = journal.open();
    for (const hash of open) boundary.denied(hash, 'cancelled');
    const ended = { run_id, state: 'failed', acts: journal.acts(), code, detail };
    // What was approved meanwhile goes on to its receipt.
    const sealed = open.length > 0 ? undefined : await writer.submit(END_WORKER_RUN, ended);
    if (sealed?.ok === true) break;
    if (sealed) log('the end of a run was refused', { run: run_id, refusal: sealed.error });
    await sleep(AGAIN_MS);
  }
  if (isStopped()) return false;
  boundary.left(session_id);
  log('a run does not go on', { run: run_id, code });
  return true;
}
