/** What can be seen of `$CREDENTIALS_DIRECTORY` and of this process. */
export type CredentialsFacts = {
  readonly folder: string;
  readonly owner: number;
  /** Its permission bits. */
  readonly mode: number;
  /** The magic number of its file system, as statfs tells it. */
  readonly filesystem: number;
  /** Of this process. */
  readonly account: number;
  /** `/proc/self/cgroup`. */
  readonly cgroup: string;
};

/** statfs(2): file systems that lie in memory alone, and are no part of a stolen disk. */
const RAMFS = 0x858458f6;
const TMPFS = 0x01021994;
/** systemd.exec(5): a folder a unit, of the system or of a person's own manager. */
const FOLDER = /^\/run\/(?:user\/([0-9]+)\/)?credentials\/([A-Za-z0-9:_.@\\-]+)$/;

/** Why this folder is not one that systemd made for this unit; undefined when it is. */
export function brokenCredentials(facts: CredentialsFacts): string | undefined {
  const { folder, owner, mode, filesystem, account, cgroup } = facts;
  const [, user, unit] = FOLDER.exec(folder) ?? [];
  if (unit === undefined) return 'it is not where systemd puts credentials';
  if (user !== undefined && Number(user) !== account) return 'it is of another account';
  if (owner !== 0 && owner !== account) return 'it belongs to another account';
  if ((mode & 0o027) !== 0) return 'others may enter it';
  if (filesystem !== RAMFS && filesystem !== TMPFS) return 'it does not lie in memory';
  const isInUnit = cgroup.split('\n').some((line) => line.split('/').includes(unit));
  return isInUnit ? undefined : `this process does not run in the unit ${unit}`;
}
