import type { ApprovalRules, FactorEnrolled, LevelFactor } from '@ioi/protocol';

/** Who may approve beside the owner's own key, and how many of them an act takes. */
export type ApproversHead = {
  /** Rises with every change. */
  readonly sequence: string;
  readonly factors: readonly FactorEnrolled[];
  /** Who signs in at a provider, and groups; absent while there were none. */
  readonly levels?: readonly LevelFactor[];
  /** Absent where one signature is enough for everything. */
  readonly rules?: ApprovalRules;
};

export type Quorum = ApprovalRules['low'];

/** What is approved, as far as it says who may approve it. */
export type Occasion = {
  readonly riskClass: 'low' | 'high';
  readonly ruleId?: string | undefined;
  readonly agentId?: string | undefined;
};

const ONE: Quorum = { factors: 1, out_of_band: false };

/** Where several settings apply, each must hold. */
export function quorumFor(
  approvers: ApproversHead | undefined,
  { riskClass, ruleId }: Omit<Occasion, 'agentId'>,
): Quorum {
  const rules = approvers?.rules;
  if (rules === undefined) return ONE;
  const named = rules.rules.filter(({ rule_id }) => rule_id === ruleId).map((each) => each.quorum);
  return [rules[riskClass], ...named].reduce((one, other) => ({
    factors: Math.max(one.factors, other.factors),
    out_of_band: one.out_of_band || other.out_of_band,
    ...groupsOf(one, other),
  }));
}

function groupsOf(one: Quorum, other: Quorum): Pick<Quorum, 'groups'> {
  const groups = [...new Set([...(one.groups ?? []), ...(other.groups ?? [])])];
  return groups.length === 0 ? {} : { groups };
}

/** Whether a passkey is enrolled that signs on the page of this machine. */
export function hasPasskeyHere(approvers: ApproversHead | undefined): boolean {
  return approvers?.factors.some((factor) => !isOutOfBand(factor)) === true;
}

/** A passkey of a page under a name of its own, over TLS: the page of this machine has neither. */
export function isOutOfBand({ rp_id, origin }: Pick<FactorEnrolled, 'rp_id' | 'origin'>): boolean {
  const isHere = rp_id === 'localhost' || rp_id.endsWith('.localhost');
  return !isHere && origin.startsWith('https://');
}
