import type { RunMerge } from '@ioi/protocol';
import { findSockets, type Home } from './home.ts';
import { callLocal } from './local-http.ts';

/** Large folders are read whole, more than once. */
const PATIENCE_MS = 600_000;

/** Asks that what a run changed goes into its folders. */
export function mergeRun(home: Home, runId: string): Promise<RunMerge> {
  const path = `/v1/runs/${encodeURIComponent(runId)}/merge`;
  const { daemon: socket } = findSockets(home);
  return callLocal({ socket, method: 'POST', path, timeoutMs: PATIENCE_MS });
}
