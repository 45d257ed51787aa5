import { printChainTime } from '@ioi/law';
import type { RoleSessionView, RolesPage } from '@ioi/protocol';
import { visible } from './visible.ts';

/** Who somebody is to the node, in a line. */
export function roleSessionLine({ subject, roles, expires, break_glass }: RoleSessionView): string {
  const who = subject === undefined ? 'the owner, over the socket' : visible(subject);
  const as = roles.length === 0 ? 'no role any more' : roles.join(', ');
  const until = expires === undefined ? '' : `, until ${printChainTime(BigInt(expires))}`;
  const why = break_glass === undefined ? '' : `; GLASS BROKEN: ${visible(break_glass.reason)}`;
  return `${who}: ${as}${until}${why}`;
}

/** Which group is which role, and who is signed in. */
export function rolesView(page: RolesPage): string[] {
  const { url, issuer, claim, groups, break_glass, offboarded, sessions } = page;
  if (issuer === undefined) return ['no organisation gives roles on this node'];
  const signIn = url ?? 'nowhere: set "people": {"port": …} in node.json';
  return [
    `provider    ${visible(issuer)}, groups in ${visible(claim ?? '')}`,
    `sign in at  ${visible(signIn)}`,
    ...groups.map(({ group, role }) => `  ${role.padEnd(10)}${visible(group)}`),
    ...(break_glass.length === 0 ? [] : [`break glass ${visible(break_glass.join(', '))}`]),
    ...(offboarded.length === 0 ? [] : [`offboarded  ${visible(offboarded.join(', '))}`]),
    sessions.length === 0 ? 'nobody is signed in' : 'signed in:',
    ...sessions.map((each) => `  ${roleSessionLine(each)}`),
  ];
}
