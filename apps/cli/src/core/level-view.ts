import { ANYBODY } from '@ioi/law';
import type { LevelFactor } from '@ioi/protocol';
import type { Approvers } from './approver-view.ts';
import { shortId } from './match-id.ts';
import { visible } from './visible.ts';

/** One level (whitepaper 7.3.2): what it may do, and who is enrolled for it. */
export type Level = {
  readonly level: 0 | 1 | 2 | 3;
  readonly name: string;
  readonly may: string;
  readonly enrolled: readonly { readonly factor_id: string; readonly label: string }[];
};

const LOW = 'approve what is of low risk, on the page, for a quarter of an hour at most';
const EACH = 'approve acts of either risk, each by itself; unlock the page for low risk';
const OWNER = 'all of that; policies, grants, leases, and who approves';

export function levelsOf({ factors, levels = [] }: Approvers): Level[] {
  const named = (kind: LevelFactor['kind']) =>
    levels
      .filter((each) => each.kind === kind)
      .map(({ factor_id, label }) => ({ factor_id, label }));
  const passkeys = factors.map(({ factor_id, label }) => ({ factor_id, label }));
  return [
    { level: 0, name: 'owner', may: OWNER, enrolled: [] },
    { level: 1, name: 'sign-in', may: LOW, enrolled: named('sign_in') },
    { level: 2, name: 'trusted device', may: EACH, enrolled: passkeys },
    {
      level: 3,
      name: 'group',
      may: 'approve acts of either risk together',
      enrolled: named('group'),
    },
  ];
}

export function levelLines(levels: readonly Level[], known: readonly LevelFactor[]): string[] {
  return levels.flatMap(({ level, name, may, enrolled }) => {
    const head = `${level === 0 ? 'owner, the passphrase' : `level ${level}, ${name}`}: ${may}`;
    const rows = enrolled.map(({ factor_id, label }) => {
      const factor = known.find((each) => each.factor_id === factor_id);
      return `  ${shortId(factor_id)}  ${visible(label)}${factor ? `: ${about(factor)}` : ''}`;
    });
    return [head, ...(level > 0 && rows.length === 0 ? ['  nobody'] : rows)];
  });
}

function about(factor: LevelFactor): string {
  if (factor.kind === 'group') {
    const { threshold, ml_dsa_44 } = factor.public_key;
    return `${threshold} of ${ml_dsa_44.length}`;
  }
  const { subject, issuer, keys, is_fresh } = factor;
  const fresh = is_fresh ? 'each time anew' : 'also without being asked anew';
  const who = subject === ANYBODY ? 'whoever the organisation has approve' : subject;
  return visible(`${who} at ${issuer}, ${keys.length} keys pinned, ${fresh}`);
}
