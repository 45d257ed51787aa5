import { err, ok, type Result } from '@ioi/basis';
import { type WorkerRunHead, workerKeys } from '@ioi/law';
import type { OpenWorkerRun } from '@ioi/protocol';
import type { Contents } from '../contents.ts';
import type { HeadReader } from '../head-reader.ts';
import { type Given, RECORD_DAMAGED, RECORD_LOST, type RecordGone } from './run-given.ts';

/** What it was begun with, or why that is gone for good; a fault where it cannot be read now. */
export function keptGiven(
  contents: Pick<Contents, 'text' | 'isDamaged'>,
  { input_commitment }: OpenWorkerRun,
): Result<Given, RecordGone> {
  const text = contents.text(input_commitment);
  if (text !== undefined) return ok(JSON.parse(text) as Given);
  return err(contents.isDamaged(input_commitment) ? RECORD_DAMAGED : RECORD_LOST);
}

/** In the order in which they were opened. */
export function openRuns(reader: Pick<HeadReader, 'allOf'>): WorkerRunHead[] {
  const { headClass } = workerKeys.run('');
  const open: WorkerRunHead[] = [];
  for (const head of reader.allOf<WorkerRunHead>(headClass)) {
    if (head.state === 'open') open.push(head);
  }
  return open.sort((one, other) => Number(one.opened_seq) - Number(other.opened_seq));
}
