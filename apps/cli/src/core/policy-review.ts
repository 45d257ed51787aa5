/** What activating a policy would mean, as the guardian sees it (`POST /policy/review`). */
export type PolicyReview = {
  readonly policy_id: string;
  readonly policy_hash: string;
  readonly rules: number;
  readonly observes: boolean;
  readonly widening: 'initial' | 'undecided';
  readonly replaces?: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
};
