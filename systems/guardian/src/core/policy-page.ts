import { clipped, type Difference, decisionWords, situationWords, visible } from '@ioi/law';
import type { InclusionResult } from '@ioi/protocol';

/** What a change of the policy would mean, as the page shows it: every text is safe to print. */
export type PolicyView = {
  readonly policy_id: string;
  readonly policy_hash: string;
  readonly replaces?: string;
  readonly words: string;
  /** A request that it lets go further, and how both decide. */
  readonly example: readonly string[];
  readonly warnings: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
};

export type PolicyChange = {
  readonly policy_id: string;
  readonly policy_hash: string;
  readonly observes: boolean;
  readonly widening: InclusionResult | 'initial';
  readonly witness?: Difference;
  readonly reason?: string;
  readonly outside?: string;
  readonly replaces?: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
};

/** What is put in force on a page is shown there whole, or not there. */
const MOST_LINES = 1_000;
const LONGEST = 4_000;
const WORDS: Readonly<Record<PolicyChange['widening'], string>> = {
  initial: 'It is the first policy of this node: what it allows becomes possible.',
  unchanged: 'It decides as the policy in force does.',
  narrower: 'It tightens: proven, no request goes further than now.',
  wider: 'It widens: some requests go further than now.',
  undecided: 'It counts as widening: nobody could show otherwise.',
};

/** Whether all that it changes can be looked at on a page. */
export function isShowable({ added, removed }: PolicyChange): boolean {
  const lines = [...added, ...removed];
  return lines.length <= MOST_LINES && lines.every((line) => visible(line).length <= LONGEST);
}

export function policyView(change: PolicyChange): PolicyView {
  const { policy_id, policy_hash, replaces, widening, witness, reason, outside } = change;
  const lines = (texts: readonly string[]) => texts.map((text) => clipped(text, LONGEST));
  const example = witness && [
    situationWords(witness.situation),
    `now: ${decisionWords(witness.before)}`,
    `then: ${decisionWords(witness.after)}`,
  ];
  return {
    policy_id: visible(policy_id),
    policy_hash,
    ...(replaces === undefined ? {} : { replaces }),
    words: WORDS[widening],
    example: lines(example ?? []),
    warnings: lines([
      ...(change.observes ? ['It only observes: all but BLOCK rules is let pass.'] : []),
      ...(reason === undefined ? [] : [reason]),
      ...(outside === undefined ? [] : [`It cannot be put in force: ${outside}`]),
    ]),
    added: lines(change.added),
    removed: lines(change.removed),
  };
}
