import type { IncludedEntry } from './api.ts';
import type { LogEntry } from './types.ts';

/** `GET /v1/domains/NAME/classes`: the classes of heads there are, and how many of each. */
export type ClassesPage = {
  readonly watermark: string;
  readonly classes: readonly { readonly head_class: string; readonly objects: number }[];
};

/** `GET /v1/domains/NAME/objects/CLASS?after=ID&limit=N`: in the order of ids. */
export type ObjectsPage = {
  readonly watermark: string;
  readonly objects: readonly { readonly id: string; readonly value: unknown }[];
};

/** `GET /v1/domains/NAME/objects/CLASS/ID`. */
export type ObjectAnswer = {
  readonly watermark: string;
  readonly headClass: string;
  readonly id: string;
  readonly value: unknown;
};

/**
 * `GET /v1/domains/NAME/entries/SEQ/proof`: an entry under a note with both signatures, and the
 * commit that says whether it has effect.
 */
export type EntryProof = {
  readonly domain_id: string;
  readonly note: string;
  readonly genesis: IncludedEntry;
  /** Changes of epoch, the first first. */
  readonly epochs?: readonly IncludedEntry[];
  readonly entry: IncludedEntry;
  /** Closes the range the entry is of. */
  readonly commit: IncludedEntry;
  /** What follows the commit, unless the note ends with it: it shows that it was sealed. */
  readonly next?: IncludedEntry;
};

/** Bytes of the files that keep a domain. */
export type StoreBytes = {
  readonly log: number;
  readonly heads: number;
  readonly tree: number;
  readonly projections: number;
};

/** `GET /v1/domains/NAME/explain/ID`: an entry, a reference to one, or an object as CLASS/ID. */
export type ItemExplanation = {
  readonly domain_id: string;
  readonly kind: ItemKind;
  readonly id: string;
  /** The entry it is, came with, or was changed by last. */
  readonly entry: LogEntry;
  readonly author: {
    readonly kind: LogEntry['authenticated_by']['kind'];
    readonly key_id?: string;
    /** Of the key as it is registered now. */
    readonly label?: string;
  };
  /** Voided entries stand in the log and changed nothing. */
  readonly is_voided: boolean;
  readonly sealed: {
    readonly commit_seq: string;
    readonly height: string;
    readonly chain_time: string;
    readonly state_root: string;
    /** Entries that the commit covers, the first of them, and this checkpoint of the log. */
    readonly first_seq: string;
    readonly checkpoint_size: number;
    readonly is_cosigned: boolean;
  };
  /** Objects it changed, and whether they still are as it left them. */
  readonly changed: readonly {
    readonly head_class: string;
    readonly id: string;
    /** Position of the last change; absent when the object is gone. */
    readonly changed_seq?: string;
  }[];
  readonly constraints: readonly {
    readonly object_class: string;
    readonly constraint_id: string;
    readonly constraint_type: string;
    readonly enforcement_mode: string;
  }[];
  readonly invariants: readonly string[];
  /** Later entries about the same, and references that hold an object. */
  readonly dependents: readonly (
    | { readonly kind: 'entry'; readonly seq: string; readonly operation: string }
    | { readonly kind: 'reference'; readonly constraint_id: string; readonly count: string }
  )[];
  /** Of an object: its value. */
  readonly value?: unknown;
};

export type ItemKind = 'operation' | 'commit' | 'genesis' | 'receipt' | 'proposal' | 'object';
