import type { HeadText, ProposedOperation } from '@ioi/law';
import type { FrontierState } from '@ioi/merkle';
import type { HeadKey } from '@ioi/protocol';

/** Bytes by digest that operations refer to. */
export type Payloads = Readonly<Record<string, string>>;

export type Refusal = { readonly code: string; readonly message: string };

export type CommitStamp = {
  readonly seq: string;
  readonly height: string;
  readonly chain_time: string;
  readonly epoch: string;
};

export type Prepared = {
  readonly batch: number;
  /** Canonical texts of the entries, in log order. */
  readonly entries: readonly string[];
  /** Every head the batch changes, once. */
  readonly changes: readonly HeadText[];
  /** One per proposed operation: its index in `entries`, or why it was refused. */
  readonly results: readonly ({ readonly index: number } | Refusal)[];
  readonly next: CommitStamp;
};

export type Recovered = Prepared & {
  readonly voided: readonly { readonly seq: string; readonly code: string }[];
};

export type Seal = { readonly size: string; readonly root: string; readonly note: string };

/** Whoever attests the log: prepares before it is durable, seals after (design section 4). */
export type Attestor = {
  /** The last seal; what was prepared before and not sealed is dropped. */
  open(): Promise<Seal | undefined>;
  prepare(operations: readonly ProposedOperation[], payloads: Payloads): Promise<Prepared>;
  recover(entries: readonly string[]): Promise<Recovered>;
  /** What the log is about to close this batch with: it may be checked before it is durable. */
  closing?(batch: number, commit: string): void;
  seal(batch: number, commit: string): Promise<Seal>;
};

/**
 * What stands beside the log, as its keeper wants it back: written with the entry that refers to
 * it, for as long as its own place may lack it. `about` is the keeper's own.
 */
export type Beside = {
  readonly digest: string;
  readonly about: string;
  readonly bytes: Uint8Array;
};

export type StoredEntry = { readonly seq: bigint; readonly text: string };

/** One durable write: entries with their hashes, and the payloads they refer to. */
export type Append = {
  readonly firstSeq: bigint;
  readonly entries: readonly {
    readonly text: string;
    /** Its leaf hash, then the root of each perfect subtree of the log that it completes. */
    readonly nodes: Uint8Array;
  }[];
  readonly payloads: Payloads;
  readonly beside?: readonly Beside[];
  /** What came with entries before this one stands in its own place by now. */
  readonly settledBelow?: bigint;
};

export type Reference = { readonly reference: string; readonly seq: number };

/** What a sealed commit leaves to be read: heads, watermark, references to entries. */
export type Sealed = {
  readonly changes: readonly HeadText[];
  readonly watermark: FrontierState;
  readonly references: readonly Reference[];
};

/** The state tree as it was at a log size. */
export type TreeSnapshot = { readonly size: number; readonly bytes: Uint8Array };

/** An embedded store answers at once, one across a network later. */
export type Later<T> = T | Promise<T>;

/** The store contract; `src/testing` holds the suite every implementation must pass. */
export type LogStore = {
  /**
   * Makes the caller the one writer: whoever claimed before can append no more. Called once,
   * before anything is read to be built upon.
   */
  claim(): Later<void>;
  /** Entries in the log, sealed or not. */
  size(): Later<bigint>;
  /**
   * Durable when it returns; a throw leaves the write in doubt. Refuses with a `log.fenced`
   * fault when another writer claimed the log, or when it does not end where the write begins.
   */
  append(write: Append): Later<void>;
  /** The log up to which the heads were folded: they follow the seal, never run ahead of it. */
  watermark(): Later<FrontierState>;
  /** All or nothing, in order; may be lost in a crash, since heads can be folded again. */
  applySealed(sealed: Sealed): Later<void>;
  /** Entries by a reference or the beginning of one, newest first; at most `limit`. */
  seqsOf(prefix: string, limit: number): Later<bigint[]>;
  /** Those of these references that some entry carries. */
  known(references: readonly string[]): Later<ReadonlySet<string>>;
  /** Forgets every head, to fold them again from the log. */
  resetHeads(): Later<void>;
  /** Those of these heads that are there. */
  headsAt(keys: readonly HeadKey[]): Later<HeadText[]>;
  /** The next heads after a key, in any order that stays the same; at most `limit`. */
  headsAfter(key: HeadKey | undefined, limit: number): Later<HeadText[]>;
  snapshot(): Later<TreeSnapshot | undefined>;
  saveSnapshot(snapshot: TreeSnapshot): Later<void>;
  entries(from: bigint, to: bigint): Later<StoredEntry[]>;
  leaves(from: bigint, to: bigint): Later<Uint8Array[]>;
  /** Hashes that came with these entries, as they came. */
  nodes(seqs: readonly number[]): Later<Uint8Array[]>;
  payload(digest: string): Later<string | undefined>;
  /** What was written beside entries and is not settled, in the order it came. */
  beside(): Later<Beside[]>;
  /**
   * Of a store that several nodes share: the seal is as durable as the entries when this returns,
   * and whoever takes over goes on from it. Refuses as `append` does. Absent where one node alone
   * knows what it sealed.
   */
  publish?(seal: Seal): Later<void>;
  /** Throws `log.fenced` where another has claimed the log since. */
  held(): Later<void>;
  saveCheckpoint(size: bigint, note: string): Later<void>;
  checkpoint(size: bigint): Later<string | undefined>;
  close(): Later<void>;
};
