import type { Digest } from '@ioi/canon';
import type { JsonObject, RpcId } from '@ioi/jsonrpc';
import type { VerdictCode } from '@ioi/protocol';
import type { Answer } from './backend.ts';

/** Newest first: what is not understood is answered with the newest (MCP lifecycle). */
export const PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

/** Calls in flight at once, cancelled ones included until the daemon reports their end. */
export const MAX_CALLS = 256;
/** Bytes of the requests in flight together: each is held until it is answered. */
export const MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024;
/** A peer that sends this many unreadable frames is disconnected: each one costs a receipt. */
export const MAX_DROPPED = 1000;

export type ServerInfo = {
  readonly name: string;
  readonly title: string;
  readonly version: string;
};

/** A request the daemon works on. `cancelled`: nobody waits for the answer any more. */
export type InFlight = {
  readonly callId: string;
  readonly id: RpcId;
  readonly kind: 'call' | 'list';
  readonly byteCount: number;
  readonly cancelled: boolean;
  readonly progressToken?: RpcId;
  /** Progress must increase (MCP progress), so what does not is left out. */
  readonly lastProgress?: number;
};

/** One downstream session: plain data, so that it can be stored, compared and resumed. */
export type SessionState = {
  readonly phase: 'opened' | 'initialized' | 'ready' | 'closed';
  readonly server: ServerInfo;
  readonly instructions?: string;
  readonly protocolVersion?: string;
  readonly client?: { readonly name: string; readonly version: string };
  readonly logLevel?: string;
  readonly inFlight: readonly InFlight[];
  readonly nextCall: number;
  readonly dropped: number;
};

export type Input =
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'oversized';
      readonly byteCount: number;
      readonly prefixDigest: Digest;
      readonly id?: RpcId;
    }
  /** The end of a `call` or a `list`. */
  | { readonly kind: 'finished'; readonly callId: string; readonly answer: Answer }
  | {
      readonly kind: 'progress';
      readonly callId: string;
      readonly done: number;
      readonly total?: number;
      readonly message?: string;
    }
  | { readonly kind: 'tools_changed' }
  | { readonly kind: 'closed' };

export type Effect =
  /** One JSON text without its newline. */
  | { readonly kind: 'send'; readonly line: string }
  | { readonly kind: 'list'; readonly callId: string }
  | {
      readonly kind: 'call';
      readonly callId: string;
      readonly name: string;
      readonly arguments: JsonObject;
      readonly progressToken?: RpcId;
    }
  | {
      readonly kind: 'cancel';
      readonly callId: string;
      readonly cause: 'client_cancelled' | 'client_closed';
      readonly reason?: string;
    }
  /** Input without a canonical form: a receipt over its bytes is all that remains of it. */
  | {
      readonly kind: 'drop';
      /** Of the whole frame, or of its first 64 KiB when `code` is `request.too_large`. */
      readonly rawHash: Digest;
      readonly byteCount: number;
      readonly code: Extract<
        VerdictCode,
        'canon.refused' | 'request.invalid' | 'request.too_large'
      >;
      readonly detail: string;
    }
  | { readonly kind: 'close' };

export type Step = { readonly state: SessionState; readonly effects: readonly Effect[] };

/** `instructions` reach the model through the client: a sentence about the boundary. */
export function openSession(server: ServerInfo, instructions?: string): SessionState {
  const told = instructions === undefined ? {} : { instructions };
  return { phase: 'opened', server, ...told, inFlight: [], nextCall: 1, dropped: 0 };
}

export function findById(state: SessionState, id: RpcId): InFlight | undefined {
  return state.inFlight.find((entry) => entry.id === id);
}

export function findByCall(state: SessionState, callId: string): InFlight | undefined {
  return state.inFlight.find((entry) => entry.callId === callId);
}

export function replace(state: SessionState, changed: InFlight): SessionState {
  const inFlight = state.inFlight.map((entry) =>
    entry.callId === changed.callId ? changed : entry,
  );
  return { ...state, inFlight };
}

export function remove(state: SessionState, callId: string): SessionState {
  return { ...state, inFlight: state.inFlight.filter((entry) => entry.callId !== callId) };
}
