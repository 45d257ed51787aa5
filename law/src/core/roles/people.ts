import { digestBytes } from '@ioi/canon';
import type { LeastRole, OrganisationRoles, Role } from '@ioi/protocol';
import { ROLES } from '@ioi/protocol';

/** A person as a provider names them. */
export type Person = { readonly issuer: string; readonly subject: string };

const HEX = 32;

/** What else a role may, beside what takes just it. */
const INCLUDES: Readonly<Record<Role, readonly LeastRole[]>> = {
  owner: [...ROLES, 'member', 'public'],
  operator: ['operator', 'auditor', 'agent-user', 'member', 'public'],
  approver: ['approver', 'auditor', 'member', 'public'],
  auditor: ['auditor', 'member', 'public'],
  'agent-user': ['agent-user', 'member', 'public'],
};

/** Whether any of these roles may what takes at least this one. */
export function mayAs(roles: readonly Role[], least: LeastRole): boolean {
  return roles.some((role) => INCLUDES[role].includes(least));
}

/** Part of the id of each agent of a person, and never one of the node's own names. */
export function principalOf({ issuer, subject }: Person): string {
  const digest = digestBytes(`${issuer} ${subject}`);
  return `sub-${digest.slice('sha256:'.length, 'sha256:'.length + HEX)}`;
}

/** Whether an agent is that person's own: what it asks for, they asked for. */
export function isAgentOf(person: Person, agentId: string): boolean {
  const principal = principalOf(person);
  return partsOf(agentId).some((part) => part === principal || part.startsWith(`${principal}-`));
}

/** Roles of whoever is in these groups, as the organisation says now. */
export function rolesOf(
  { groups: mapped, offboarded = [] }: OrganisationRoles,
  { subject, groups }: { readonly subject: string; readonly groups: readonly string[] },
): readonly Role[] {
  if (offboarded.includes(subject)) return [];
  const given = mapped.filter(({ group }) => groups.includes(group)).map(({ role }) => role);
  return ROLES.filter((role) => given.includes(role));
}

/** Whether an agent is of somebody who has no role any more. */
export function isOffboarded(roles: OrganisationRoles | undefined, agentId: string): boolean {
  const { issuer = '', offboarded = [] } = roles ?? {};
  // Most agents are nobody's: for those nothing is hashed.
  if (offboarded.length === 0 || !agentId.includes('/sub-')) return false;
  return offboarded.some((subject) => isAgentOf({ issuer, subject }, agentId));
}

function partsOf(agentId: string): readonly string[] {
  return agentId.slice('agent://'.length).split('/');
}
