import type { RunEnvelope, WorkerRunStatus, WorkerRunStep } from '@ioi/protocol';
import type { Column } from './columns.ts';

export const WORKER_RUN_COLUMNS: readonly Column[] = [
  { title: 'RUN', most: 36 },
  { title: 'STATE', most: 18 },
  { title: 'WORKER', most: 120 },
];

const UNHELD = 'nothing holds its program: what it does beside its steps is not seen';

export function workerRunRows(runs: readonly RunEnvelope[]): string[][] {
  return runs.map(({ run_id, state, worker_id = '' }) => [run_id, state, worker_id]);
}

/** What became of a run: its output, or why there is none, and what binds it. */
export function workerRunLines(status: WorkerRunStatus): string[] {
  const { envelope, steps, waiting, output, code, detail, completion, commitment } = status;
  const root = commitment?.receipt_root;
  return [
    `${envelope.run_id}: ${envelope.state}, ${steps} steps`,
    ...(status.confinement === 'none' ? [UNHELD] : []),
    ...waiting.map((hash) => `waits for a person: ${hash} (ioi inbox)`),
    ...(output === undefined ? [] : [`output: ${JSON.stringify(output)}`]),
    ...(code === undefined ? [] : [`code: ${code}`]),
    ...(detail === undefined ? [] : detail.split('\n').map((line) => `  ${line}`)),
    ...(completion?.error_class === undefined ? [] : [`class: ${completion.error_class}`]),
    ...(root === undefined ? [] : [`receipt root: ${root}`]),
  ];
}

export function workerStepLines(steps: readonly WorkerRunStep[]): string[] {
  return steps.map(({ index, target = 'told', state, code, receipt_id }) => {
    const parts = [`${index}`.padStart(4), target, state, code, receipt_id];
    return parts.filter((each) => each !== undefined).join('  ');
  });
}
