import { copyFileSync, cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteStore } from '@ioi/agentgres/shell';
import { SealStore } from '@ioi/guardian/shell';
import { keys, openDomainKey } from '@ioi/law';
import type { ChangeEpoch, HeadKey, NodeFolders } from '@ioi/protocol';
import {
  type Appointing,
  appoint,
  type LastSealed,
  lastSealed,
  type SealedHead,
} from './appoint.ts';
import { makeFolder } from './files.ts';
import { Refused } from './refused.ts';
import { frontierOf } from './survey.ts';

const STORE = /\.db$/;

export type TakenDomains = {
  readonly changes: Readonly<Record<string, ChangeEpoch>>;
  readonly left: readonly string[];
};

type Taking = {
  readonly from: NodeFolders;
  readonly to: NodeFolders;
  /** Of the node's own log as it goes on: it says which domains are open. */
  readonly heads: { get<T>(key: HeadKey): T | undefined };
  readonly appointing: Appointing;
};

/**
 * Takes the domains along that the node keeps beside its own log: each has a log and a seal of its
 * own, and so a change of its own. One whose log is not what its guardian sealed is left behind.
 */
export async function takeDomains({ from, to, heads, appointing }: Taking): Promise<TakenDomains> {
  const changes: Record<string, ChangeEpoch> = {};
  const left: string[] = [];
  for (const name of storedDomains(from.guardian)) {
    const domainId = `agentgres://domain/${name}`;
    try {
      if (heads.get(openDomainKey(domainId)) === undefined) throw new Error('it is not open');
      const change = await takeDomain(domainId, { from, to, name }, appointing);
      if (change) changes[domainId] = change;
    } catch {
      // It stays where it was; what it held can be read there.
      left.push(domainId);
    }
  }
  return { changes, left };
}

type Place = { readonly from: NodeFolders; readonly to: NodeFolders; readonly name: string };

async function takeDomain(
  domainId: string,
  { from, to, name }: Place,
  appointing: Appointing,
): Promise<ChangeEpoch | undefined> {
  const seals = SealStore.open(join(from.guardian, 'domains', `${name}.db`));
  let change: ChangeEpoch | undefined;
  try {
    const head = seals.get<SealedHead>(keys.node);
    const row = seals.sealRow();
    if (!row || !head) return undefined;
    checkWhole(join(from.data, 'domains', name), row.size, row.note);
    change = await appoint(domainId, head, lastSealed(row), appointing);
  } finally {
    seals.close();
  }
  makeFolder(join(to.guardian, 'domains'));
  copyFileSync(
    join(from.guardian, 'domains', `${name}.db`),
    join(to.guardian, 'domains', `${name}.db`),
  );
  if (from.data !== to.data) {
    makeFolder(join(to.data, 'domains'));
    cpSync(join(from.data, 'domains', name), join(to.data, 'domains', name), { recursive: true });
  }
  return change;
}

/** Throws when a log does not end with what its note signs. */
export function checkWhole(folder: string, size: number, note: string): void {
  const store = new SqliteStore(folder, { readOnly: true });
  try {
    const root = Buffer.from(frontierOf(store, BigInt(size)).root()).toString('base64');
    const isSealed = note.split('\n')[2] === root;
    if (store.size() !== BigInt(size) || !isSealed)
      throw new Error('the log is not what was sealed');
  } finally {
    store.close();
  }
}

/** Throws unless the log ends with what was sealed: a change of epoch can stand nowhere else. */
export function sealedWhole(folder: string, { size, note }: LastSealed): void {
  try {
    checkWhole(folder, size, note);
  } catch (fault) {
    const why = fault instanceof Error ? fault.message : String(fault);
    const message = `${why}: start and stop the node once, or restore it from a backup`;
    throw new Refused('handover.not_whole', message);
  }
}

function storedDomains(guardian: string): string[] {
  const folder = join(guardian, 'domains');
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => STORE.test(name));
  return files.map((name) => name.replace(STORE, ''));
}
