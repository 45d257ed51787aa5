import type { Result } from '@ioi/basis';
import type { Digest, Json } from '@ioi/canon';
import type { Rejection } from './module.ts';
import type { ActionFacts, ActionRequest, CommittedAction, RuntimeToolContract } from './types.ts';

declare const sealed: unique symbol;

/**
 * A committed action whose seal was verified: the guardian's signature over a checkpoint that
 * includes it. Only the seal verifier mints this brand, so nothing unsealed can be performed.
 */
export type SealedAction = {
  readonly [sealed]: true;
  readonly request: ActionRequest;
  readonly committed: CommittedAction;
  readonly contract: RuntimeToolContract;
  readonly committedHash: Digest;
  /** Digest of the decision receipt that let it through. */
  readonly decisionHash: Digest;
  readonly seq: bigint;
};

/** The part of AbortSignal a driver needs; kept structural so that contracts stay pure. */
export type CancelSignal = {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
};

export type Progress = { readonly message: string; readonly done: number; readonly total?: number };

/** What is said of an act that is followed as a task (MCP tasks). */
export type TaskReport = {
  readonly message?: string;
  /** How long the server keeps it; absent where it does not say. */
  readonly ttlMs?: number;
  /** How often it wants to be asked. */
  readonly pollMs?: number;
};

/** What a server wants from its client's side, by names of the server's choosing. */
export type InputRequests = Readonly<Record<string, InputRequest>>;

/** `elicitation/create`, `sampling/createMessage` or `roots/list`, parameters untouched. */
export type InputRequest = { readonly method: string; readonly params?: Json };

export type InputResponse =
  | { readonly kind: 'result'; readonly result: Json }
  | {
      readonly kind: 'error';
      readonly error: { readonly code: number; readonly message: string; readonly data?: Json };
    };

export type InputResponses = Readonly<Record<string, InputResponse>>;

/**
 * Asks the client's side in the midst of an act; never rejects. The shape is that of MCP
 * 2026-07-28: a request an older server sends by itself is one of a single name. Names may be
 * missing from the answer, and others be there: what came is handed on.
 */
export type Ask = (requests: InputRequests) => Promise<InputResponses>;

/** How an answer over HTTP begins: names in lower case, in the order they came. */
export type ReplyHead = {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
};

/** Takes an answer while it comes. Resolves when more is wanted, also where nobody reads it. */
export type ReplySink = {
  write(chunk: Uint8Array): Promise<void>;
  /** What is said meanwhile, of an act that became a WebSocket. */
  readonly incoming?: AsyncIterable<Uint8Array> | undefined;
  /** Of such an act: a person ends it. */
  readonly stop?: CancelSignal | undefined;
};

/** Who waits for an act while it is performed. */
export type PerformOptions = {
  readonly signal: CancelSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Parameters of `notifications/message`, as the server sent them. */
  readonly onMessage?: (params: Json) => void;
  /** Absent where nobody can be asked: a server that asks is refused by name. */
  readonly ask?: Ask;
  /** The client follows the act as a task: the server is asked for one where it may be. */
  readonly isTask?: boolean;
  /** The server has made a task of it, or says how far it has come. */
  readonly onTask?: (report: TaskReport) => void;
  /** Wants the answer while it comes, of an act over HTTP. Called once at most. */
  readonly onReply?: (head: ReplyHead) => ReplySink;
  /**
   * Wants the text of a model while it comes; undefined where what came so far is void, because
   * another model is asked.
   */
  readonly onText?: (piece: string | undefined) => void;
  /** What the client can be asked for, as it declares it (MCP `ClientCapabilities`). */
  readonly capabilities?: Json;
};

/** Secrets reach a driver only through the edge, one operation at a time. */
export type Edge = { secret(slot: string): Promise<Uint8Array | undefined> };

export type PostconditionEvidence = {
  readonly name: string;
  readonly satisfied: boolean;
  readonly evidenceHash?: Digest;
};

/** One outcome per perform, never two (whitepaper E.2, single-shot boundary). */
export type Outcome =
  | {
      readonly kind: 'completed';
      /** What the tool returned, as the caller will see it. */
      readonly output: unknown;
      readonly reportedError: boolean;
      readonly postconditions: readonly PostconditionEvidence[];
    }
  | { readonly kind: 'failed_before_effect'; readonly reason: string; readonly output?: unknown }
  | { readonly kind: 'effect_unknown'; readonly reason: string; readonly output?: unknown };

export type Reconciliation =
  | { readonly kind: 'performed'; readonly postconditions: readonly PostconditionEvidence[] }
  | { readonly kind: 'not_performed'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export type Driver = {
  readonly name: string;
  /** Facts named by the contract, without effects. */
  gather(
    contract: RuntimeToolContract,
    request: ActionRequest,
  ): Promise<Result<ActionFacts, Rejection>>;
  /** Performs once. Re-gathers the facts first; a difference is `failed_before_effect`. */
  perform(action: SealedAction, edge: Edge, options: PerformOptions): Promise<Outcome>;
  /** After a crash: did it happen? */
  reconcile(action: SealedAction): Promise<Reconciliation>;
};
