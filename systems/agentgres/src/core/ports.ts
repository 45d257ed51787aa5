import type { ProposedOperation } from '@ioi/law';
import type { FrontierState } from '@ioi/merkle';
import type { HeadChange, HeadKey, View } from '@ioi/protocol';

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
  sealed(): Promise<Seal | undefined>;
  prepare(operations: readonly ProposedOperation[], payloads: Payloads): Promise<Prepared>;
  recover(entries: readonly string[]): Promise<Recovered>;
  seal(batch: number, commit: string): Promise<Seal>;
};

export type StoredEntry = { readonly seq: bigint; readonly text: string };

/** One durable write: entries with their leaves, and the payloads they refer to. */
export type Append = {
  readonly firstSeq: bigint;
  readonly entries: readonly {
    readonly text: string;
    readonly leaf: Uint8Array;
  }[];
  readonly payloads: Payloads;
};

/** What a sealed commit leaves to be read: heads, watermark, references to entries. */
export type Sealed = {
  readonly changes: readonly HeadChange[];
  readonly watermark: FrontierState;
  readonly references: readonly { readonly reference: string; readonly seq: string }[];
};

/** The store contract; `src/testing` holds the suite every implementation must pass. */
export type LogStore = View & {
  /** Entries in the log, sealed or not. */
  size(): bigint;
  /** Durable when it returns; a throw leaves the write in doubt. */
  append(write: Append): void;
  /** The log up to which the heads were folded: they follow the seal, never run ahead of it. */
  watermark(): FrontierState;
  applySealed(sealed: Sealed): void;
  /** Entries by a reference or the beginning of one, newest first; at most `limit`. */
  seqsOf(prefix: string, limit: number): bigint[];
  /** Forgets every head, to fold them again from the log. */
  resetHeads(): void;
  heads(): Iterable<{ readonly key: HeadKey; readonly value: unknown }>;
  entries(from: bigint, to: bigint): StoredEntry[];
  leaves(from: bigint, to: bigint): Uint8Array[];
  payload(digest: string): string | undefined;
  saveCheckpoint(size: bigint, note: string): void;
  checkpoint(size: bigint): string | undefined;
  close(): void;
};
