import type { PolicyProposal } from '@ioi/protocol';

/** What the node proposes, or how far it is on the way there; nothing where it does not observe. */
export function proposalText(proposal: PolicyProposal | undefined): string | undefined {
  if (proposal === undefined) return undefined;
  const { acts, at, proposed } = proposal;
  if (!proposed) return `${acts} of ${at} acts until a policy is proposed`;
  return `a policy learnt from ${acts} acts, and to enforce it`;
}

/** As it stands in the inbox: of a kind of its own, since nothing waits for its answer. */
export function proposalItem(proposal: PolicyProposal | undefined): readonly string[] {
  if (proposal?.proposed !== true) return [];
  return [
    `proposal  the node observes, and proposes ${proposalText(proposal)}`,
    '  it decides nothing by itself',
    '  next: ioi policy proposal; --accept signs it, --dismiss puts it off',
  ];
}
