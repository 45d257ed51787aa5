import type { Heads, HeadText } from '@ioi/law';

/** The row that must never go back: one durable write per seal. */
export type SealRow = {
  readonly size: number;
  readonly peaks: string;
  readonly epoch: bigint;
  readonly height: bigint;
  readonly chainTime: bigint;
  readonly note: string;
};

/** What one seal makes durable. */
export type SealWrite = {
  readonly row: SealRow;
  readonly changes: readonly HeadText[];
  /** Ids of operations that a key signed: they are admitted once. */
  readonly signed: readonly string[];
  /** Written together with the seal, when there is anything. */
  readonly beside?: () => void;
};

/** What a guardian keeps of one domain: its seal, the heads as sealed, what it decides by. */
export type Seals = Heads & {
  /** Whether an operation that a key signed was sealed. */
  hasSigned(operationId: string): boolean;
  /** The last seal. */
  sealRow(): SealRow | undefined;
  /** Durable when it returns; a throw leaves the seal in doubt and must stop the process. */
  commitSeal(write: SealWrite): void;
  /** Housekeeping, for when nobody waits. */
  tidy(): void;
  payload(digest: string): string | undefined;
  savePayload(digest: string, text: string): void;
  close(): void;
};

/** What a seal puts on the approver's desk, and what it takes off. */
export type DeskChange = {
  readonly added: ReadonlyMap<string, string>;
  readonly ended: readonly string[];
};

/** What it keeps of the node's own log, and of the people who decide. */
export type Records = {
  readonly seals: Seals;
  /** One durable write: the seal, the heads it leaves, what waits for people. */
  commitSeal(write: SealWrite, desk: DeskChange): void;
  /** What a person decided about a request, not taken up yet. */
  notice(requestHash: string): string | undefined;
  /** Durable before the owner is told that an activation failed. */
  withdraw(signature: string): void;
  isWithdrawn(signature: string): boolean;
  /** Next value of the monotonic counter in approval tokens; durable before it is used. */
  nextCounter(): bigint;
  close(): void;
};
