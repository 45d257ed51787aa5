import type { Json } from '@ioi/canon';
import type { Rejection } from './module.ts';
import type { StepAnswer, WorkerEnd, WorkerStep } from './worker.ts';

/** What lets a machine connect to a node: where, and the key that it will find there. */
export type ExecutorInvitation = {
  readonly format: 'ioi-executor/1';
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly key_hash: string;
};

/** A machine that wants to carry out runs, and the key by which it would be known. */
export type ExecutorRequest = {
  readonly format: 'ioi-executor-request/1';
  readonly name: string;
  readonly key_hash: string;
};

type Under = { readonly run_id: string; readonly fence: string };

/** What an executor asks of a node; each is answered by `Executed`. */
export type ExecutorAsks =
  /** Answered once there is work. */
  | { readonly kind: 'ready' }
  | (Under & { readonly kind: 'step'; readonly step: WorkerStep })
  | (Under & { readonly kind: 'renew' })
  | (Under & { readonly kind: 'end'; readonly end: WorkerEnd });

/** A worker in one file, and a task for it. Its bytes are base64. */
export type LeasedWork = Under & {
  readonly lease_ms: number;
  readonly file: string;
  readonly bytes: string;
  readonly task: string;
  readonly input: Json;
};

export type Executed =
  | { readonly kind: 'work'; readonly work: LeasedWork }
  | { readonly kind: 'answer'; readonly answer: StepAnswer }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly refusal: Rejection };

/** What a node tells an executor that holds a run which is over. */
export type ExecutorTold = Under & { readonly kind: 'stop' };
