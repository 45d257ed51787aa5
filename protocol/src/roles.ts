/** Roles an organisation gives, the one that may most first. */
export const ROLES = ['owner', 'operator', 'approver', 'auditor', 'agent-user'] as const;

export type Role = (typeof ROLES)[number];

/**
 * The least that an operation of the API takes: a role, `member` where any will do, or `public`
 * where somebody still has to sign in.
 */
export type LeastRole = Role | 'member' | 'public';
