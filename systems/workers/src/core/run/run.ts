/** The states of a run, as they are told on the wire. */
export type RunState =
  | 'queued'
  | 'assigned'
  | 'starting'
  | 'running'
  | 'awaiting_approval'
  | 'paused'
  | 'completed'
  | 'failed'
  | 'cancelled';

export const isEnded = (state: RunState): boolean =>
  state === 'completed' || state === 'failed' || state === 'cancelled';
