/** An account of the system, by what the kernel knows it as. */
export type Account = { readonly name: string; readonly uid: number };

/** The processes of a node that each have an account of their own. */
export const ROLES = ['supervisor', 'guardian', 'daemon', 'edge'] as const;
export type AccountRole = (typeof ROLES)[number];

/** Whose a node is that runs by accounts of its own. */
export type Dedicated = {
  readonly accounts: Readonly<Record<AccountRole, Account>>;
  /** Whose members reach the node, by its sockets alone. */
  readonly group: { readonly name: string; readonly gid: number };
  /** Of the page of the guardian: it is told when it starts, before anybody listens. */
  readonly origin: string;
};

/** `useradd` takes no longer one. */
const LONGEST_NAME = 31;

/** The names of the accounts of a service; undefined where one of them is too long. */
export function accountNames(service: string): Record<AccountRole, string> | undefined {
  const names = {
    supervisor: service,
    guardian: `${service}-guardian`,
    daemon: `${service}-daemon`,
    edge: `${service}-edge`,
  };
  return names.guardian.length > LONGEST_NAME ? undefined : names;
}

/** Without a home, a shell or a password; the group is that of whoever may reach the node. */
export function accountCommand(name: string, group: string): readonly string[] {
  const nowhere = ['--no-create-home', '--home-dir', '/nonexistent'];
  const closed = ['--shell', '/usr/sbin/nologin', '--comment', 'IOI node'];
  return ['useradd', '--system', '--gid', group, ...nowhere, ...closed, name];
}

/** A folder of the node: whose it is, and what its mode is. */
export type Place = {
  readonly name: string;
  /** Undefined: of root, so that none of the accounts can replace what is in it. */
  readonly role?: AccountRole;
  readonly mode: number;
};

/** Of the node's folder itself: what is made in it is of the group. */
export const HOME_MODE = 0o2750;
/** Of files in it that the node's accounts read, and who may reach it. */
export const FILE_MODE = 0o640;
export const APPROVALS = 'approvals';
export const DOORS = 'doors';

/**
 * Every folder of a node by what its processes do. Two are open to the group: those of the
 * sockets. What is not named here stays with root.
 */
export const PLACES: readonly Place[] = [
  { name: 'guardian', role: 'guardian', mode: 0o700 },
  { name: 'data', role: 'daemon', mode: 0o700 },
  { name: 'cache', role: 'daemon', mode: 0o700 },
  { name: 'kept', role: 'daemon', mode: 0o700 },
  { name: 'upkeep', role: 'daemon', mode: 0o700 },
  { name: 'account', role: 'daemon', mode: 0o700 },
  { name: DOORS, role: 'daemon', mode: 0o750 },
  { name: APPROVALS, role: 'supervisor', mode: 0o750 },
  { name: 'run', role: 'supervisor', mode: 0o700 },
  { name: 'relay', role: 'supervisor', mode: 0o700 },
  { name: 'logs', mode: 0o700 },
  { name: 'policies', mode: 0o750 },
];
