import type { Digest } from '@ioi/canon';
import type {
  ActionFacts,
  ActionRequest,
  ApprovalToken,
  FirewallDecisionReceipt,
  Outcome,
  Rejection,
  RuntimeToolContract,
  ToolExecutionReceipt,
} from '@ioi/protocol';

/** A call as normalised: everything after this speaks of the request, not of the door. */
export type Call = {
  readonly requestHash: Digest;
  /** The same act asked for again has the same, whatever its session, nonce and salts. */
  readonly intent: Digest;
  readonly request: ActionRequest;
  readonly contract: RuntimeToolContract;
  readonly contractHash: Digest;
  readonly attempt: number;
  /** Commitment to what was inspected before anything was taken out of it. */
  readonly vault?: Digest | undefined;
  /** Where its values come from, as seen when it was made: a later look would see more. */
  readonly provenance?: ActionFacts['provenance'];
  /** The request that a person edited into this one, and which of its parameters. */
  readonly edits?: Digest;
  readonly editedNames?: readonly string[];
};

/** What the sealed decision says. */
export type Decided = {
  readonly verdict: FirewallDecisionReceipt['verdict']['kind'];
  readonly code: string;
  readonly ruleId?: string;
  readonly field?: string;
  readonly receiptId: string;
  /** Whether a CommittedAction was sealed with it: only then is anything performed. */
  readonly committed: boolean;
};

export type Stage =
  | {
      readonly at: 'gathering';
      readonly call: Call;
      readonly token?: ApprovalToken;
      readonly granted?: true;
      readonly meanwhile?: Meanwhile;
    }
  | {
      readonly at: 'deciding';
      readonly call: Call;
      readonly facts: ActionFacts;
      readonly token?: ApprovalToken;
      /** It waits for a grant, and one was given to its agent: it may be this one. */
      readonly granted?: true;
      /** What was said of it while a grant is tried; it counts where the grant is none for it. */
      readonly meanwhile?: Meanwhile;
      readonly tries: number;
    }
  | { readonly at: 'waiting'; readonly call: Call }
  | { readonly at: 'refusing'; readonly call: Call }
  | { readonly at: 'performing'; readonly call: Call }
  | { readonly at: 'recording'; readonly call: Call; readonly outcome: Outcome }
  | { readonly at: 'ended'; readonly answer: Answer };

export type Input =
  | { readonly kind: 'facts'; readonly facts: ActionFacts }
  | { readonly kind: 'no_facts'; readonly why: Rejection }
  | { readonly kind: 'decided'; readonly decision: Decided }
  | { readonly kind: 'refused'; readonly why: Rejection }
  | { readonly kind: 'approved'; readonly token: ApprovalToken }
  | { readonly kind: 'granted' }
  | {
      readonly kind: 'denied';
      readonly reason: 'denied' | 'expired' | 'cancelled';
      readonly note?: string;
    }
  | { readonly kind: 'performed'; readonly outcome: Outcome }
  | {
      readonly kind: 'recorded';
      readonly receipt: { readonly receiptId: string; readonly receipt: ToolExecutionReceipt };
    };

export type Meanwhile = Extract<Input, { readonly kind: 'approved' | 'granted' | 'denied' }>;

export type Effect =
  | { readonly kind: 'gather'; readonly call: Call }
  | {
      readonly kind: 'decide';
      readonly call: Call;
      readonly facts: ActionFacts;
      readonly token?: ApprovalToken;
      readonly granted?: true;
    }
  | { readonly kind: 'announce'; readonly call: Call; readonly decision: Decided }
  | { readonly kind: 'perform'; readonly call: Call }
  | { readonly kind: 'refuse'; readonly call: Call; readonly why: Rejection }
  | { readonly kind: 'record'; readonly call: Call; readonly outcome: Outcome }
  | {
      readonly kind: 'deny';
      readonly call: Call;
      readonly reason: 'denied' | 'expired' | 'cancelled';
      readonly note?: string;
    }
  | { readonly kind: 'answer'; readonly call: Call; readonly answer: Answer };

export type Step = { readonly stage: Stage; readonly effects: readonly Effect[] };

/** How an action ended, for whoever asked. */
export type Answer = Ending & {
  /** Parameters a person changed before it was decided. */
  readonly edited?: readonly string[];
};

type Ending =
  | { readonly kind: 'blocked'; readonly decision: Decided }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'executed';
      readonly outcome: Outcome;
      readonly receiptId: string;
      readonly receipt: ToolExecutionReceipt;
    };
