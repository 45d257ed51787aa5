import type { Difference } from '@ioi/law';

/** What activating a policy would mean, as the guardian sees it (`POST /policy/review`). */
export type PolicyReview = {
  readonly policy_id: string;
  readonly policy_hash: string;
  readonly rules: number;
  readonly observes: boolean;
  readonly widening: 'initial' | 'unchanged' | 'narrower' | 'wider' | 'undecided';
  /** Where it is `wider`: a request that it lets go further, and how both decide. */
  readonly witness?: Difference;
  /** Where it is `undecided`: why. */
  readonly reason?: string;
  /** How it goes further than the organisation's ceiling: then it cannot be activated. */
  readonly outside?: string;
  readonly replaces?: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
};

/** Whether a passkey confirmed what the owner signed (`POST /policy/standing`). */
export type StepUpStanding = {
  readonly state: 'waiting' | 'active' | 'left' | 'over';
  readonly refusal?: { readonly code: string; readonly message: string };
};
