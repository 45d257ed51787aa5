import type { Json } from '@ioi/canon';
import type { CancelSignal } from './driver.ts';

type JsonObject = { readonly [key: string]: Json };

/** What a worker says of itself when it is started. Schemas are JSON Schema 2020-12. */
export type WorkerDescription = {
  readonly name: string;
  readonly tasks: readonly WorkerTask[];
};

export type WorkerTask = {
  readonly name: string;
  readonly input_schema: JsonObject;
  readonly output_schema: JsonObject;
};

/**
 * One thing that a worker asks of the node in the midst of a task: `fs::read`, `fs::write`,
 * `net::fetch`, `model::invoke`, `memory::get`, … Indexes count from 0 in the order in which the
 * worker asks, and are the same each time that the same task runs over the same answers.
 */
export type WorkerStep = {
  readonly index: number;
  readonly target: string;
  readonly params: JsonObject;
};

/** `refused` and `failed` are raised in the worker, by their code. */
export type StepAnswer =
  | { readonly kind: 'done'; readonly output: Json; readonly receipt_id?: string }
  | { readonly kind: 'refused' | 'failed'; readonly code: string; readonly message: string };

export type WorkerEnd =
  | { readonly kind: 'returned'; readonly output: Json }
  /** By the worker's own code; `trace` is what its language says of where. */
  | {
      readonly kind: 'raised';
      readonly code: string;
      readonly message: string;
      readonly trace?: string;
    }
  /** It said nothing more: it was killed, ran out of memory or time, or broke the protocol. */
  | { readonly kind: 'died'; readonly code: string; readonly message: string };

/** Answers each step in its time; never rejects. */
/**
 * `onText` is told of a step that asks a model for its text in pieces, while they come; undefined
 * where what came so far is void. The answer has the whole text all the same.
 */
export type TakeStep = (
  step: WorkerStep,
  onText?: (piece: string | undefined) => void,
) => Promise<StepAnswer>;

/** A started worker: a process that speaks the wire protocol, or a guest in WebAssembly. */
export interface WorkerHost {
  readonly description: WorkerDescription;
  /** Runs one task to its end; one at a time. Never rejects. */
  invoke(call: WorkerInvocation): Promise<WorkerEnd>;
  close(): Promise<void>;
}

export type WorkerInvocation = {
  readonly task: string;
  readonly input: Json;
  /** What `Math.random` of a guest is drawn from, in hex; it has none without. */
  readonly randomSeed?: string;
  readonly takeStep: TakeStep;
  readonly signal: CancelSignal;
};
