import type {
  RunEnvelope,
  WorkerRunScorecard,
  WorkerRunStatus,
  WorkerRunStep,
} from '@ioi/protocol';
import type { Column } from './columns.ts';

export const WORKER_RUN_COLUMNS: readonly Column[] = [
  { title: 'RUN', most: 36 },
  { title: 'STATE', most: 18 },
  { title: 'WORKER', most: 120 },
];

const UNHELD = 'nothing holds its program: what it does beside its steps is not seen';

/** Of a run that has no turn yet. */
export function queuedLine(ahead: number): string {
  return `waits for its turn: ${ahead} before it`;
}

export function workerRunRows(runs: readonly RunEnvelope[]): string[][] {
  return runs.map(({ run_id, state, worker_id = '' }) => [run_id, state, worker_id]);
}

/** What became of a run: its output, or why there is none, and what binds it. */
export function workerRunLines(status: WorkerRunStatus): string[] {
  const { envelope, steps, waiting, ahead, output, code, detail, completion, commitment } = status;
  const root = commitment?.receipt_root;
  return [
    `${envelope.run_id}: ${envelope.state}, ${steps} steps`,
    ...(status.confinement === 'none' ? [UNHELD] : []),
    ...(ahead === undefined ? [] : [queuedLine(ahead)]),
    ...waiting.map((hash) => `waits for a person: ${hash} (ioi inbox)`),
    ...(output === undefined ? [] : [`output: ${JSON.stringify(output)}`]),
    ...(code === undefined ? [] : [`code: ${code}`]),
    ...(detail === undefined ? [] : detail.split('\n').map((line) => `  ${line}`)),
    ...(completion?.error_class === undefined ? [] : [`class: ${completion.error_class}`]),
    ...(root === undefined ? [] : [`receipt root: ${root}`]),
  ];
}

/** How a run did: what was counted, and entry by entry how it stands to its contract. */
export function workerScoreLines(score: WorkerRunScorecard): string[] {
  const { run_id, state, steps, done, refused, failed, waiting, contract, adjudication } = score;
  const counted = `${done} done, ${refused} refused, ${failed} failed, ${waiting} waiting`;
  const told = adjudication?.judged ?? [];
  const width = Math.max(0, ...told.map(({ entry }) => entry.length));
  return [
    `${run_id}: ${state}`,
    `${steps} steps: ${counted}`,
    ...(contract && !adjudication ? [`${contract.template_id}: judged once it has ended`] : []),
    ...(adjudication
      ? [`${adjudication.template_id}: ${adjudication.verdict}, tier ${adjudication.tier}`]
      : []),
    ...told.map(({ entry, verdict, why }) => {
      return `  ${entry.padEnd(width)}  ${verdict.padEnd('not_decided'.length)}  ${why}`;
    }),
  ];
}

export function workerStepLines(steps: readonly WorkerRunStep[]): string[] {
  return steps.map(({ index, target = 'told', state, code, receipt_id, token_usage: took }) => {
    const tokens = took && `${took.input_tokens} tokens in, ${took.output_tokens} out`;
    const parts = [`${index}`.padStart(4), target, state, code, receipt_id, tokens];
    return parts.filter((each) => each !== undefined).join('  ');
  });
}
