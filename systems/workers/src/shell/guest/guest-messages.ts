import type { Rejection, WorkerTask } from '@ioi/protocol';
import type { GuestLimits } from '../../core/guest/guest-limits.ts';
import type { GuestFile, GuestTurn } from './guest.ts';
import type { WasmFile } from './wasm-guest.ts';

/** What the thread of a guest starts with, and what it and its host say to each other. */
export type GuestStart = { readonly file: GuestFile | WasmFile; readonly limits: GuestLimits };

/** Each but `leave` is answered by one turn. */
export type ForGuest =
  | {
      readonly kind: 'begin';
      readonly task: string;
      readonly input: string;
      readonly seed?: string | undefined;
    }
  | { readonly kind: 'settle'; readonly index: number; readonly answer: string }
  | { readonly kind: 'leave' };

export type FromGuest =
  | { readonly kind: 'opened'; readonly tasks: readonly WorkerTask[] }
  | { readonly kind: 'refused'; readonly refusal: Rejection }
  | { readonly kind: 'turn'; readonly turn: GuestTurn };
