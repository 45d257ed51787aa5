import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterPlace, Invitation, SharedStore } from '@ioi/protocol';
import { CommandFault } from './fault.ts';
import { type Home, makePrivateFolder } from './home.ts';

/** What a node that is one of several knows of itself. */
export type Membership = { readonly member: string; readonly store: SharedStore };

const MEMBER_FILE = 'member.json';

/** Undefined for a node that is alone. */
export function readMembership({ cluster }: Home): Membership | undefined {
  const path = join(cluster, MEMBER_FILE);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Membership) : undefined;
}

export function needMembership(home: Home): Membership {
  const membership = readMembership(home);
  if (membership !== undefined) return membership;
  throw new CommandFault({
    exit: 'usage',
    code: 'cluster.no_member',
    message: 'this node is alone',
    next: 'ioi cluster init --member NAME, or ioi cluster request --member NAME',
  });
}

/** The last of it comes last: with it the node is a member. */
export function keepMembership(home: Home, { member, store, ...owner }: Invitation): void {
  makePrivateFolder(home.cluster);
  keep(join(home.cluster, 'owner.key'), owner.owner_key);
  keep(join(home.cluster, 'identity.json'), owner.identity);
  keep(join(home.cluster, MEMBER_FILE), `${JSON.stringify({ member, store })}\n`);
}

/** The place that the folders of this node are of; whether they still have it the store says. */
export function placeOf({ data }: Home): ClusterPlace | undefined {
  const path = join(data, 'place.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ClusterPlace) : undefined;
}

/** `store` of node.json, where it is a database. */
export function sharedStore({ nodeConfig }: Home): SharedStore {
  const text = existsSync(nodeConfig) ? readFileSync(nodeConfig, 'utf8') : '{}';
  const { store } = JSON.parse(text) as { store?: SharedStore & { kind?: string } };
  if (store?.kind !== 'postgres') {
    throw new CommandFault({
      exit: 'usage',
      code: 'cluster.not_shared',
      message: 'this node keeps its logs in its own folder, where no other can reach them',
      next: 'a new node with "store" in node.json: docs/guides/postgres.md',
    });
  }
  const { url, schema } = store;
  return schema === undefined ? { url } : { url, schema };
}

function keep(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600, flush: true });
}
