import { answersOfLog, type LearntFromLog, learnFromLog, proposeLeases } from '@ioi/law';
import type { ActionRules, LogEntry } from '@ioi/protocol';

const HOUR_MS = 3_600_000n;
/** As the command line asks for unless it is told otherwise. */
export const TERMS = { lasts: 8n * HOUR_MS, calls: 50, atLeast: 3 } as const;

/** What suggestions are made from. */
export type ToSuggest = {
  /** Oldest first. */
  readonly entries: readonly LogEntry[];
  readonly active: ActionRules | undefined;
  /** Of an organisation, where one bounds the node. */
  readonly ceiling: ActionRules | undefined;
  readonly now: number;
};

export type SuggestedLease = {
  readonly ruleId: string;
  readonly target: string;
  readonly askedBy: string;
  readonly hits: number;
  readonly reach: string;
  /** The policy with it. */
  readonly text: string;
};

export type Suggestions = {
  readonly learnt:
    | {
        readonly requests: number;
        readonly text: string;
        readonly rules: readonly SuggestedRule[];
        readonly left: number;
      }
    | undefined;
  readonly leases: readonly SuggestedLease[];
  /** What was approved and cannot be leased, and why. */
  readonly notLeased: readonly { readonly target: string; readonly reason: string }[];
};

export type SuggestedRule = {
  readonly action: string;
  readonly target: string;
  readonly ruleId: string;
  readonly hits: number;
  readonly reach: string;
};

/** What `ioi policy learn` and `ioi policy leases` work out, by the same functions. */
export function suggest({ entries, active, ceiling, now }: ToSuggest): Suggestions {
  const found = learnFromLog(entries, active);
  const proposed =
    active === undefined
      ? { leases: [], left: [] }
      : proposeLeases(answersOfLog(entries, undefined), active, {
          ...TERMS,
          now: timeOf(entries, now),
          ...(ceiling === undefined ? {} : { ceiling }),
        });
  return {
    learnt: found && toldOf(found),
    leases: proposed.leases.map(({ rule, asked_by, hits, reach, draft }) => {
      const text = JSON.stringify(draft, undefined, 2);
      const { rule_id: ruleId, target } = rule;
      return { ruleId, target, askedBy: asked_by, hits, reach, text };
    }),
    notLeased: proposed.left.map(({ target, reason }) => ({ target, reason })),
  };
}

/** Chain Time as the log and this clock know it. */
export function timeOf(entries: readonly LogEntry[], now: number): bigint {
  const last = BigInt(entries.at(-1)?.chain_time ?? '0');
  const clock = BigInt(now);
  return last > clock ? last : clock;
}

function toldOf({ requests, text, rules, left }: LearntFromLog) {
  const told = rules.map(({ rule: { action, target, rule_id: ruleId }, hits, reach }) => {
    return { action, target, ruleId, hits, reach };
  });
  return { requests, text, rules: told, left: left.length };
}
