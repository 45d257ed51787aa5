import { statSync } from 'node:fs';
import { join } from 'node:path';
import { openOnTheWay, ownerOf, tryWalls } from '@ioi/folders';
import type { IsolationTier } from '@ioi/protocol';

export type ProbedTier = {
  readonly tier: IsolationTier;
  /** Why it is no more than that. */
  readonly why: string;
};

/**
 * How far this daemon is from the guardian and from whoever asks it, by trying: `separated` where
 * the guardian has an account of its own whose files and processes do not open from here, and where
 * nobody but root can put another folder or program in the place of ours. What cannot be tried is
 * not claimed.
 */
export function probeTier(home: string, program: string | undefined): ProbedTier {
  const guardian = join(home, 'guardian');
  const [own, other] = [process.getuid?.(), ownerOf(guardian)];
  if (other === undefined) return mediated('the folder of the guardian is not there');
  if (other === own || other === 0) return mediated('the guardian has no account of its own');
  const ours = ownerOf(join(home, 'data'));
  if (ours !== own || ours === other)
    return mediated('the log is not of the account of the daemon');
  if ((statSync(join(home, 'data')).mode & OF_OTHERS) !== 0)
    return mediated('the log is open to others');
  const closed = [guardian, ...STORES.map((name) => join(guardian, name))];
  const unwritable = [
    home,
    join(home, 'node.json'),
    process.execPath,
    ...(program ? [program] : []),
  ];
  const { opened, untried } = tryWalls({ uids: [other], closed, unwritable });
  const [first] = [...opened, ...untried];
  if (first !== undefined) return mediated(first);
  for (const path of unwritable) {
    const open = openOnTheWay(path);
    if (open !== undefined && path !== unwritable[1])
      return mediated(`${open} is not root's alone`);
  }
  return { tier: 'separated', why: '' };
}

const OF_OTHERS = 0o077;
const STORES = ['guardian.db', 'seal.key', 'owner.key'];

function mediated(why: string): ProbedTier {
  return { tier: 'mediated', why };
}
