import type { ReplyHead, ReplySink } from '@ioi/protocol';
import type { WebAct, WebRefusal } from '../../core/web/web-act.ts';

/** What a program is told instead of an answer (RFC 9457). */
export type WebProblem = {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly request_id?: string;
  readonly receipt_id?: string;
  readonly rule_id?: string;
  /** Seconds after which the same may be asked again. */
  readonly retry_after?: number;
  /** The same once more, where clients of models look for it. */
  readonly error?: { readonly type: string; readonly message: string };
};

export type WebAnswer =
  /** It went through `onReply`, and its receipt is sealed. */
  | { readonly kind: 'replied' }
  /** It began so, and has no end. */
  | { readonly kind: 'broken' }
  /** Of an act that nobody was there for when it was performed. */
  | { readonly kind: 'kept'; readonly head: ReplyHead; readonly body: Uint8Array }
  | { readonly kind: 'problem'; readonly problem: WebProblem };

/** Whoever asks, while it waits. */
export type WebAsking = {
  readonly signal: AbortSignal;
  readonly onReply: (head: ReplyHead) => ReplySink;
};

/** The port to the daemon. Neither ever rejects. */
export type WebBackend = {
  /** Whether the program may go there at all. `host` has brackets around what needs them. */
  reaches(host: string, port: number): boolean;
  act(act: WebAct, asking: WebAsking): Promise<WebAnswer>;
  /** What never became an act, for a receipt over these bytes. Gives its id. */
  refuse(refusal: WebRefusal, raw: Uint8Array): Promise<string | undefined>;
};
