import type { Digest } from '@ioi/canon';
import type {
  HeadKey,
  ManagedWorkerInstanceEnvelope,
  OpenWorkerRun,
  WorkerManifest,
} from '@ioi/protocol';
import type { AccumulatorHead } from '../governance/accumulator.ts';

/** Objects of the module of workers, by class. Values are plain JSON: they stand in the tree. */
export type WorkerRunHead = {
  readonly state: 'open' | 'completed' | 'failed' | 'cancelled';
  readonly run: OpenWorkerRun;
  /** In force when it was opened. */
  readonly policy_hash: Digest;
  readonly opened_seq: string;
  readonly ended_seq?: string;
  readonly answers: number;
  /** It asked a person, who did not agree. */
  readonly answer?: 'no';
  readonly accumulator?: AccumulatorHead;
};

/** What a worker was told that was no act done. */
export type WorkerStepHead = {
  readonly step_hash: Digest;
  readonly answer_commitment: Digest;
  readonly labels?: readonly string[];
};

/** `labels`: of whatever had been read where it was remembered. */
export type WorkerMemoryHead = { readonly value: Digest; readonly labels?: readonly string[] };

/** A worker as its owner installed it; what was removed stays, with the receipts it has. */
export type InstalledHead = {
  readonly state: 'installed' | 'removed';
  /** Rises with every change of it. */
  readonly sequence: string;
  readonly manifest: WorkerManifest;
  readonly manifest_hash: Digest;
  /** The digest of the whole package. */
  readonly package: Digest;
  readonly instance: ManagedWorkerInstanceEnvelope;
  readonly receipts: AccumulatorHead;
};

/** Digits that any index of a step fits, so that heads stand in the order of steps. */
const INDEX_DIGITS = 6;

export const workerKeys = {
  run: (runId: string): HeadKey => ({ headClass: 'worker_run', id: runId }),
  step: (runId: string, index: number): HeadKey => {
    return {
      headClass: 'worker_step',
      id: `${runId}/${String(index).padStart(INDEX_DIGITS, '0')}`,
    };
  },
  memory: (workerId: string, keyHash: string): HeadKey => {
    return { headClass: 'worker_memory', id: `${workerId} ${keyHash}` };
  },
  /** By the `ai://…` of its manifest, whichever version. */
  installed: (id: string): HeadKey => ({ headClass: 'worker_installed', id }),
} as const;
