import type { HeadText, ParamChange, ProposedOperation, ShownEntry } from '@ioi/law';
import type { ApprovalToken, VouchedReceipt } from '@ioi/protocol';

/**
 * Messages between the guardian and the node's log writer, one JSON text a frame. Entries
 * travel as their canonical text, so that both sides hash the same bytes.
 */
export type Payloads = Readonly<Record<string, string>>;

export type Refusal = { readonly code: string; readonly message: string };

/** One per proposed operation, in order: the index into `entries`, or why it was refused. */
export type AdmissionResult = { readonly index: number } | Refusal;

export type PreparedBatch = {
  readonly batch: number;
  /** What the guardian wrote itself comes first, then what was proposed. */
  readonly entries: readonly string[];
  /** Every head the batch changes, once. */
  readonly changes: readonly HeadText[];
  readonly results: readonly AdmissionResult[];
  readonly next: CommitStamp;
};

/** Stamp of the commit entry that must close the batch. */
export type CommitStamp = {
  readonly seq: string;
  readonly height: string;
  readonly chain_time: string;
  readonly epoch: string;
};

export type Seal = {
  readonly size: string;
  /** Log root, base64. */
  readonly root: string;
  /** Signed note over both (C2SP tlog-checkpoint). */
  readonly note: string;
};

export type GuardianStatus = {
  readonly domain_id: string;
  readonly node_id: string;
  readonly origin: string;
  readonly demo: boolean;
  readonly epoch: string;
  readonly seal?: Seal;
  /** How often the log was opened: what a writer names in all it asks for afterwards. */
  readonly opening: number;
};

export type RecoveredBatch = PreparedBatch & {
  readonly voided: readonly { readonly seq: string; readonly code: string }[];
};

/** Daemon to guardian, about one domain; every request is answered once. */
export type GuardianRequest = { readonly domain: string } & GuardianAsk;

export type GuardianAsk =
  | { readonly kind: 'status' }
  /** A writer opens the log: what was prepared for another and not sealed is dropped. */
  | { readonly kind: 'open' }
  | {
      readonly kind: 'prepare';
      readonly opening: number;
      readonly operations: readonly ProposedOperation[];
      readonly payloads: Payloads;
    }
  | { readonly kind: 'recover'; readonly opening: number; readonly entries: readonly string[] }
  /** What the log is about to close a batch with. Has no answer, and makes nothing durable. */
  | {
      readonly kind: 'closing';
      readonly opening: number;
      readonly batch: number;
      readonly commit: string;
    }
  | {
      readonly kind: 'seal';
      readonly opening: number;
      readonly batch: number;
      readonly commit: string;
    }
  /** A receipt of the log, to be signed for verifiers of other formats. */
  | { readonly kind: 'vouch'; readonly shown: ShownEntry; readonly receipt_id: string }
  /** The guardian's half of the key to what was inspected, by the digest that commits to it. */
  | { readonly kind: 'commitment_key'; readonly digest: string }
  /** What a person ordered to be edited could not be brought to the log. */
  | { readonly kind: 'edit_refused'; readonly request_hash: string; readonly refusal: Refusal }
  /** Contents that the guardian wants to show, by digest. */
  | { readonly kind: 'shown'; readonly payloads: Payloads }
  | { readonly kind: 'exchanged'; readonly exchanged: ExchangeAnswer };

export type GuardianAnswer =
  | { readonly kind: 'status'; readonly status: GuardianStatus }
  | { readonly kind: 'prepared'; readonly prepared: PreparedBatch }
  | { readonly kind: 'recovered'; readonly recovered: RecoveredBatch }
  | { readonly kind: 'sealed'; readonly seal: Seal }
  /** Base64. */
  | { readonly kind: 'commitment_key'; readonly key: string }
  | { readonly kind: 'vouched'; readonly vouched: Vouched }
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What the guardian signed of a receipt. */
export type Vouched = Omit<VouchedReceipt, 'proof' | 'receipt_id'>;

/** A request to a token endpoint (RFC 6749 4.1.3). */
export type ExchangeAsked = {
  readonly token_endpoint: string;
  readonly form: Readonly<Record<string, string>>;
};

export type ExchangeAnswer = {
  readonly id: string;
  readonly id_token?: string;
  /** Why there is none. */
  readonly fault?: string;
};

/** What people decided, pushed to the daemon until the log shows it took effect. */
export type GuardianNotice =
  | { readonly kind: 'approved'; readonly request_hash: string; readonly token: ApprovalToken }
  | { readonly kind: 'denied'; readonly request_hash: string; readonly note?: string }
  /** A person wants another act in its place; that one is decided like any other. */
  | {
      readonly kind: 'edited';
      readonly request_hash: string;
      readonly changes: readonly ParamChange[];
    }
  /** A person gives it more time: it waits until then, in Chain Time. */
  | { readonly kind: 'extended'; readonly request_hash: string; readonly expires: string }
  | {
      /** What the owner signed, for the log: a policy, or a statement of governance. */
      readonly kind: 'activation' | 'statement';
      readonly operation: ProposedOperation;
      readonly payloads: Payloads;
    }
  /** A person looks at requests that refer to these; they are not kept here. */
  | { readonly kind: 'wanted'; readonly digests: readonly string[] }
  /** Somebody came back from a provider with a code. */
  | ({ readonly kind: 'exchange'; readonly id: string } & ExchangeAsked)
  | { readonly kind: 'cosigned'; readonly domain: string; readonly note: string };

export type GuardianMessage =
  | { readonly id: number; readonly answer: GuardianAnswer }
  | { readonly notice: GuardianNotice };
