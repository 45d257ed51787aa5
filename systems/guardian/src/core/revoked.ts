import { keys, type NodeHead, notStanding, standingOf, WALLET } from '@ioi/law';
import type { LogEntry, View } from '@ioi/protocol';

const ENDING = ['grant.revoke', 'certificate.revoke', 'epoch.advance'].map((name) => {
  return `${WALLET}/${name}`;
});

/** Whether any of these entries takes authority back. */
export function takesBack(entries: readonly LogEntry[]): boolean {
  return entries.some(({ operation }) => ENDING.includes(operation));
}

/**
 * Which of these grants were taken back, or ran out, with whatever they hang by. Being used up is
 * no end: the act that used it up is the one that runs.
 */
export function revokedGrants(
  grantIds: readonly string[],
  { view, chainTime }: { readonly view: View; readonly chainTime: bigint },
): string[] {
  const revocationEpoch = view.get<NodeHead>(keys.node)?.revocation_epoch ?? '0';
  const now = { revocationEpoch, chainTime };
  return grantIds.filter((id) => {
    const standing = standingOf(id, view, now);
    if (!standing) return true;
    const above = standing.certificates.map(({ certificate, status }) => {
      return { ...certificate, status };
    });
    return [standing.grant.grant, ...above].some((each) => notStanding(each, now) !== undefined);
  });
}
