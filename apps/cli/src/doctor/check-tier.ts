import { join } from 'node:path';
import { tryWalls } from '@ioi/folders';
import type { Check } from '../core/doctor/checks.ts';
import { ROLES } from '../core/service/dedicated.ts';
import { readDedicated } from '../shell/dedicated.ts';
import type { Home } from '../shell/home.ts';
import { entries } from '../shell/installation.ts';

/** How far this account is from a node, by trying. */
export type TierHere = {
  readonly state: 'apart' | 'not_apart' | 'not_tried';
  /** What opened, or could not be tried. */
  readonly found: readonly string[];
};

/** Undefined where the node has no accounts of its own: then nothing is claimed. */
export function tierHere(home: Home): TierHere | undefined {
  const dedicated = readDedicated(home.folder);
  if (dedicated === undefined) return undefined;
  const at = (name: string): string => join(home.folder, name);
  const stores = ['guardian.db', 'seal.key', 'owner.key'].map((name) => join(home.guardian, name));
  const { opened, untried } = tryWalls({
    uids: ROLES.map((role) => dedicated.accounts[role].uid),
    closed: [home.guardian, ...stores, home.data, home.run, home.logs],
    unwritable: [
      ...[home.folder, home.nodeConfig, at('dedicated.json'), at('doors'), at('approvals')],
      ...[process.execPath, entries.main],
    ],
  });
  if (opened.length > 0) return { state: 'not_apart', found: opened };
  if (untried.length > 0) return { state: 'not_tried', found: untried };
  return { state: 'apart', found: [] };
}

/** What the daemon probed, and what this account finds, held against each other. */
export function tierCheck(home: Home, told: string): Check {
  const name = 'isolation';
  const here = tierHere(home);
  if (here === undefined) {
    const about = `${told}: programs of this account can go round the node`;
    return { name, state: 'ok', about };
  }
  const found = here.found.join('; ');
  if (here.state === 'not_apart') {
    const about = `${told}, and yet from this account: ${found}`;
    return { name, state: 'fail', about, next: 'sudo ioi service install --dedicated-user' };
  }
  if (told !== 'separated') {
    const about = `${told}, though it has accounts of its own: the log of the daemon says why`;
    return { name, state: 'warn', about, next: 'sudo ioi service install --dedicated-user' };
  }
  if (here.state === 'apart') return { name, state: 'ok', about: 'separated, tried from here too' };
  const next = 'ioi doctor, by the account that is to be apart';
  return { name, state: 'warn', about: `separated; not tried from here: ${found}`, next };
}
