/** One thing the thread with the engine is asked. */
export type EngineAsk =
  | {
      readonly kind: 'run';
      /** Statements that give the engine the settings of who asks, or nothing. */
      readonly setup: Uint8Array | undefined;
      readonly bytes: Uint8Array;
      /** Ends with one Sync, so that it is told apart from what is run together with it. */
      readonly isSynced: boolean;
    }
  | { readonly kind: 'write'; readonly sql: string };

export type EngineAnswer =
  | { readonly kind: 'ran'; readonly bytes: Uint8Array; readonly isTooLarge: boolean }
  /** The settings were refused; nothing was run. */
  | { readonly kind: 'unset'; readonly bytes: Uint8Array }
  | { readonly kind: 'written' }
  | { readonly kind: 'failed'; readonly message: string };

/** Asked together, and answered together, each in its place. */
export type ToEngine = { readonly asks: readonly EngineAsk[] };
export type FromEngine = { readonly answers: readonly EngineAnswer[] };
