import type { ApprovalRules, FactorEnrolled, LevelFactor } from '@ioi/protocol';
import { shortId } from './match-id.ts';
import { visible } from './visible.ts';

/** `GET /approvers` on guardian.sock: who approves beside the owner's own key. */
export type Approvers = {
  readonly factors: readonly FactorEnrolled[];
  /** Who signs in at a provider, and groups. */
  readonly levels?: readonly LevelFactor[];
  /** Of the page, where the node has one. */
  readonly origin?: string;
  /** Absent where one approval is enough for everything. */
  readonly rules?: ApprovalRules;
};

export function approverLines({ factors, rules, levels = [] }: Approvers): string[] {
  const passkeys = factors.map(({ factor_id, label, public_key, origin, acts_as = [] }) => {
    const own = acts_as.length === 0 ? '' : `, not what ${acts_as.join(', ')} asks for`;
    const about = `${label}: ${public_key.algorithm} on ${origin}${own}`;
    return `${shortId(factor_id)}  ${visible(about)}`;
  });
  const none = ['no passkeys: the passphrase approves. next: ioi approver add'];
  const others = levels.map(({ factor_id, label, kind }) => {
    const what = kind === 'group' ? 'a group' : 'a sign-in';
    return `${shortId(factor_id)}  ${visible(label)}: ${what}`;
  });
  return [...(passkeys.length === 0 ? none : passkeys), ...others, ...ruleLines(rules, levels)];
}

function ruleLines(rules: ApprovalRules | undefined, levels: readonly LevelFactor[]): string[] {
  if (rules === undefined) return ['one approval is enough for every act'];
  const labelOf = (id: string): string =>
    levels.find(({ factor_id }) => factor_id === id)?.label ?? shortId(id);
  const words = ({ factors, out_of_band, groups = [] }: ApprovalRules['low']): string => {
    const named = groups.map((id) => `, the group ${visible(labelOf(id))} among them`);
    return `${factors}${out_of_band ? ', one of them on another device' : ''}${named.join('')}`;
  };
  return [
    `low risk takes ${words(rules.low)}`,
    `high risk takes ${words(rules.high)}`,
    ...rules.rules.map(({ rule_id, quorum }) => `rule ${visible(rule_id)} takes ${words(quorum)}`),
  ];
}
