import type { HeadKey } from '@ioi/protocol';

/** A content that was forgotten: where the log says so. */
export type ForgottenHead = { readonly seq: string };

/** A content that may not be forgotten: the matters that hold it, in order. */
export type HoldHead = { readonly matters: readonly string[] };

export const contentKeys = {
  forgotten: (digest: string): HeadKey => ({ headClass: 'forgotten', id: digest }),
  hold: (digest: string): HeadKey => ({ headClass: 'hold', id: digest }),
} as const;
