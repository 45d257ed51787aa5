import type { EndWorkerRun, Rejection, View } from '@ioi/protocol';
import { executionKeys, type LeaseOfRunHead } from '../execution/heads.ts';
import type { WorkerRunHead } from './heads.ts';

/** What executors carry out is completed by what the newest of them returned, and nothing else. */
export function gateOfLeased(
  { run }: WorkerRunHead,
  { state }: EndWorkerRun,
  view: View,
): Rejection | undefined {
  if (run.execution === undefined || state !== 'completed') return undefined;
  const lease = view.get<LeaseOfRunHead>(executionKeys.lease(run.run_id));
  if (lease?.ended?.outcome === 'returned') return undefined;
  const message = 'ExecutionContractViolation: no executor returned it under the newest lease';
  return { code: 'run.not_returned', message };
}
