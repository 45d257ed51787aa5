import {
  COMMIT_OPERATION,
  type CutCommit,
  DOMAIN_MODULE_HASH,
  EPOCH_CHANGE,
  effectiveItems,
  type SealedText,
} from '@ioi/law';
import type { Frontier } from '@ioi/merkle';
import type { ChangeEpoch, ResyncClock } from '@ioi/protocol';
import type { Finding, FindingCode } from './codes.ts';

/** An entry with the line it stands on, and the log right before it. */
export type PlacedEntry = SealedText & { readonly line: number; readonly before: Frontier };

export type PlacedCommit = CutCommit<PlacedEntry>;

/** Where the commit before left the log. */
export type CommitClock = {
  readonly height: bigint;
  readonly chainTime: bigint;
  readonly epoch: string;
};

/**
 * What a guardian keeps to when it stamps a commit (design section 4, ruling 8): heights are
 * dense, the epoch is the one in force, which only the first entry of a commit changes, one Chain
 * Time a commit that never goes back, entries without effect only in a recovery.
 */
export function brokenCommit(commit: PlacedCommit, before: CommitClock): Finding | undefined {
  return (
    brokenEpoch(commit) ??
    brokenClosing(commit, before) ??
    brokenVoiding(commit) ??
    brokenEntryStamps(commit, before)
  );
}

/** The epoch in force at the end of a commit. */
export function epochAfter(commit: PlacedCommit, before: string): string {
  const change = changesIn(commit)[0]?.entry.payload as ChangeEpoch | undefined;
  return change?.epoch ?? before;
}

function changesIn(commit: PlacedCommit): PlacedEntry[] {
  return effectiveItems(commit).filter(({ entry }) => entry.operation === EPOCH_CHANGE);
}

function brokenEpoch(commit: PlacedCommit): Finding | undefined {
  // Nothing is voided before a change: its predecessor sealed all there is.
  const [first] = commit.items;
  const stray = changesIn(commit).find((item) => item !== first);
  return stray && found(stray, 'epoch.misplaced', 'an epoch begins with the first of a commit');
}

function brokenClosing(commit: PlacedCommit, before: CommitClock): Finding | undefined {
  const { range, items } = commit;
  const closing = items.at(-1);
  if (!closing) return undefined;
  const { entry } = closing;
  const at = (code: FindingCode, message: string) => found(closing, code, message);
  if (entry.height !== String(before.height)) {
    return at('commit.wrong_stamp', `height ${entry.height}, expected ${before.height}`);
  }
  const epoch = epochAfter(commit, before.epoch);
  if (range.summary.epoch !== epoch) {
    return at('commit.wrong_stamp', `epoch ${range.summary.epoch}, expected ${epoch}`);
  }
  if (entry.module_hash !== DOMAIN_MODULE_HASH || entry.events.length > 0) {
    return at('commit.malformed', 'a commit entry has the domain module hash and no events');
  }
  if (entry.authenticated_by.kind !== 'channel') {
    return at('entry.not_authentic', 'a commit entry is the writer\u2019s');
  }
  return items.length > 1 ? undefined : at('commit.malformed', 'a commit of nothing');
}

function brokenVoiding({ range, items }: PlacedCommit): Finding | undefined {
  const { recovered, voided } = range.summary;
  const at = (message: string) => found(items.at(-1), 'commit.wrongly_voided', message);
  if (!recovered) return voided.length > 0 ? at('only a recovery voids entries') : undefined;
  const named = voided.map((each) => each.seq);
  const operations = items.filter(({ entry }) => entry.operation !== COMMIT_OPERATION);
  const ordered = operations.map(({ entry }) => entry.seq).filter((seq) => named.includes(seq));
  if (ordered.join() === named.join()) return undefined;
  return at('a recovery names operations of its own commit, once each, in log order');
}

function brokenEntryStamps(commit: PlacedCommit, before: CommitClock): Finding | undefined {
  const { items, range } = commit;
  const closing = items.at(-1);
  if (!closing) return undefined;
  const end = BigInt(closing.entry.chain_time);
  let now = before.chainTime;
  for (const item of effectiveItems(commit)) {
    const { entry } = item;
    const time = BigInt(entry.chain_time);
    if (entry.height !== closing.entry.height) {
      return found(item, 'commit.wrong_stamp', `height ${entry.height} in another commit`);
    }
    if (time < now) return found(item, 'commit.wrong_time', 'Chain Time goes back');
    const lags = !range.summary.recovered && time !== end;
    if (lags) return found(item, 'commit.wrong_time', 'not the Chain Time of its commit');
    const resync = entry.operation === 'boundary/clock.resync';
    if (resync && (entry.payload as ResyncClock).from !== String(before.chainTime)) {
      return found(item, 'commit.wrong_time', 'the clock was not moved from where it stood');
    }
    now = time;
  }
  if (end === now) return undefined;
  return found(closing, 'commit.wrong_time', 'the commit is not stamped as its entries are');
}

function found(item: PlacedEntry | undefined, code: FindingCode, message: string): Finding {
  if (!item) return { code, message };
  return { code, message, line: item.line, seq: item.entry.seq };
}
