import type { RunRecorded, RunSummary } from './api.ts';

/** One path below a folder that a program could write, and what became of it. */
export type FileChange = {
  /** As text: bytes that are none stand as `\xNN`. */
  readonly path: string;
  readonly how: 'added' | 'changed' | 'removed';
  /** People, editors or build servers execute it later. */
  readonly later: boolean;
  /** Of what stood there before or stands there since no bytes were kept: it is not put back. */
  readonly left?: string;
};

/**
 * `unfinished`: it ended without saying so, and how it left things was never looked at. The last
 * three are of runs with an overlay: what they changed is not in the folder until it is merged.
 */
export type RunState =
  | 'running'
  | 'ended'
  | 'unfinished'
  | 'undone'
  | 'waiting'
  | 'merged'
  | 'discarded';

/** What one run of a program, or one undo, did to the folders it could write. */
export type RunFiles = {
  readonly run_id: string;
  readonly kind: 'run' | 'undo' | 'merge';
  /** Which run an undo put back, or a merge brought in. */
  readonly of?: string | undefined;
  readonly command: readonly string[];
  readonly state: RunState;
  readonly began: string;
  readonly ended?: string | undefined;
  /** Where the log commits to its changes; an undo is a person's, and is not in the log. */
  readonly recorded?: RunRecorded | undefined;
  readonly folders: readonly {
    readonly root: string;
    /** Undefined where nobody looked: there was too much in it, or it has not ended. */
    readonly changes?: readonly FileChange[] | undefined;
  }[];
};

/** What to do with what runs did to files; `run` is an id or its beginning. */
export type WorkspaceJob =
  | { readonly kind: 'list' }
  | { readonly kind: 'show'; readonly run: string; readonly diff: boolean }
  | { readonly kind: 'discard'; readonly run: string }
  | {
      /** `plan` only says what `undo` would do. */
      readonly kind: 'plan' | 'undo';
      /** Else the last one of a kind that changed something in or around the folder. */
      readonly run?: string | undefined;
      readonly last: 'run' | 'undo';
      readonly folder: string;
      readonly force: boolean;
    };

export type UndoneFolder = {
  readonly root: string;
  /** Put back, or to be. */
  readonly done: readonly string[];
  /** Changed again since; they stay. */
  readonly conflicts: readonly string[];
  /** Of which nothing was kept; they stay. */
  readonly lost: readonly string[];
  readonly failed: readonly { readonly path: string; readonly why: string }[];
};

export type WorkspaceAnswer =
  | { readonly kind: 'runs'; readonly runs: readonly RunFiles[] }
  | { readonly kind: 'run'; readonly run: RunFiles; readonly diff?: readonly string[] }
  | {
      readonly kind: 'undone';
      readonly run: RunFiles;
      readonly undo_id?: string;
      readonly folders: readonly UndoneFolder[];
    }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** What `ioi run` is told at the end: what was decided, unless the node went, and what was kept. */
export type RunTold = {
  readonly summary?: RunSummary | undefined;
  readonly files?: RunFiles | undefined;
};
