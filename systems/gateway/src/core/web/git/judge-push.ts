import type { Commit } from '@ioi/law';
import type { Push, RefChange, RefUpdate } from './push.ts';
import type { ReceiveRequest } from './receive-request.ts';

/** What was seen of a pack. */
export type SeenPack = {
  /** By name, in the order of the pack. */
  readonly commits: ReadonlyMap<string, Pick<Commit, 'parents' | 'isSigned'>>;
  /** Of objects whose kind could not be told: deltas against what the server has. */
  readonly untold: number;
  /** Why it was not read to its end. */
  readonly fault?: string;
};

const NOTHING = /^0+$/;
const MOST_NAMED = 256;

/** What a push does, as far as its own bytes show it. */
export function judgePush({ updates, options }: ReceiveRequest, pack: SeenPack): Push {
  const unread = notInspected(pack);
  const { commits } = pack;
  return {
    updates: updates.map((update) => ({ ...update, change: changeOf(update, pack) })),
    options,
    commits: {
      count: commits.size,
      ids: [...commits.keys()].slice(0, MOST_NAMED),
      unsigned: [...commits.values()].filter(({ isSigned }) => !isSigned).length,
      ...(unread === undefined ? {} : { not_inspected: unread }),
    },
  };
}

function changeOf(update: RefUpdate, pack: SeenPack): RefChange['change'] {
  if (NOTHING.test(update.new)) return 'delete';
  if (NOTHING.test(update.old)) return 'create';
  if (update.new === update.old) return 'update';
  const { isReached, isClosed } = walk(update.new, update.old, pack);
  if (isReached) return 'update';
  return isClosed && pack.fault === undefined ? 'force' : 'unproven';
}

/** From a commit to its parents and theirs, as far as they were sent. */
function walk(from: string, to: string | undefined, { commits }: SeenPack) {
  const waiting = [from];
  const seen = new Set(waiting);
  let isClosed = true;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === to) return { isReached: true, isClosed };
    const commit = commits.get(name);
    if (commit === undefined) isClosed = false;
    for (const parent of commit?.parents ?? []) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      waiting.push(parent);
    }
  }
  return { isReached: false, isClosed };
}

/**
 * A delta against what the server has could be a commit, and no claim of the program's own about
 * what is there shows that it is none: what is not reached now can be, by a later push.
 */
function notInspected({ fault, untold }: SeenPack): string | undefined {
  if (fault !== undefined) return fault;
  return untold > 0 ? `${untold} deltas against objects that were not sent` : undefined;
}
