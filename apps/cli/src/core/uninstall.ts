/** Written before anything is deleted, and deleted last: what a kill leaves is known by it. */
export const UNINSTALLING = 'ioi-uninstalling';

/** Everything the program itself keeps in the home of a node, but `run`, which is taken last. */
const KEPT = [
  'agents',
  'audit',
  'cache',
  'connections',
  'data',
  'demo-passphrase',
  'guardian',
  'ioi-vault-key.cred',
  'kept',
  'logs',
  'next',
  'node.json',
  'notify.json',
  'page.json',
  'policies',
  'policy.json',
  'relay',
  'service.json',
  'service.lock',
  'set-aside',
  'upkeep',
  'workers',
  'workflows',
];

/** What a killed command left of one of them. */
const PARTS = /^(backup|next)\.[0-9]+\.part$|^(service\.json\.part|ioi-vault-key\.cred\.new)$/;
/** Beside its database SQLite keeps files of its own. */
const SQLITE = /^service\.lock-(journal|wal|shm)$/;

export type HomeNames = {
  /** Of the node, in the order in which they go: keys first, so that what is left is no node. */
  readonly own: readonly string[];
  /** Somebody else's, which stay. */
  readonly others: readonly string[];
};

/** What of a home is the node's to delete. */
export function namesInHome(names: readonly string[]): HomeNames {
  const last = ['run', UNINSTALLING];
  const isOwn = (name: string): boolean => {
    return [...KEPT, ...last].includes(name) || PARTS.test(name) || SQLITE.test(name);
  };
  const rank = (name: string): number => (name === 'guardian' ? 0 : 2 + last.indexOf(name));
  const own = names.filter(isOwn).toSorted((a, b) => rank(a) - rank(b));
  return { own, others: names.filter((name) => !isOwn(name)) };
}
