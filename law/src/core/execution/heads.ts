import type { HeadKey } from '@ioi/protocol';

/** A machine that may carry out runs, as the owner named it; one that was dismissed stays. */
export type ExecutorHead = {
  readonly state: 'admitted' | 'dismissed';
  readonly name: string;
  readonly key_hash: string;
  /** Rises with every change of it. */
  readonly sequence: string;
};

/** Who carries a run out. Of several leases of one run only the newest stands here. */
export type LeaseOfRunHead = {
  readonly fence: string;
  readonly holder: string;
  /** Chain Time. */
  readonly expires: string;
  readonly lasts_ms: number;
  /** Index of the step that the holder may propose next. */
  readonly next_step: number;
  /** What the holder said of the end: nothing is proposed under it any more. */
  readonly ended?: { readonly outcome: string; readonly end_hash: string };
};

export const executionKeys = {
  executor: (name: string): HeadKey => ({ headClass: 'executor', id: name }),
  lease: (runId: string): HeadKey => ({ headClass: 'run_lease', id: runId }),
} as const;

/** Whether somebody else may have the run now: there is no lease of it that holds. */
export function isFree(lease: LeaseOfRunHead | undefined, now: bigint): boolean {
  return lease === undefined || lease.ended !== undefined || now >= BigInt(lease.expires);
}

/** Fence of the next lease of a run. */
export function nextFence(lease: LeaseOfRunHead | undefined): string {
  return String(BigInt(lease?.fence ?? '0') + 1n);
}
