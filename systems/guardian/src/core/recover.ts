import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import {
  type Admitted,
  admit,
  COMMIT_OPERATION,
  commitSummaryOf,
  HeadOverlay,
  parseEntry,
  type SealedText,
} from '@ioi/law';
import { type Attesting, type Batch, placeOf, type SealedState } from './attest.ts';
import type { Refusal } from './wire.ts';

/** Why an entry of an unsealed tail has no effect: it was never sealed. */
const UNSEALED = 'log.unsealed';

export type Tail = {
  readonly texts: readonly string[];
  /** The latest Chain Time that genesis may claim: nothing else of a tail counts. */
  readonly latest: bigint;
  /** What the guardian itself says first here: the only entry of a tail that ever counts. */
  readonly first: FirstWord | undefined;
};

/** Genesis of an empty log, or the change of epoch that is due, as the guardian writes it. */
export type FirstWord = {
  readonly operation: string;
  readonly payload: object;
  readonly epoch: bigint;
};

/**
 * What a crash left in the log unsealed stays in its place and is voided: nobody was answered,
 * nothing was started, so nothing of it is believed (decision 0006). The one exception is
 * what the guardian has to say first, genesis or a change of epoch, which can stand nowhere
 * else; it must be exactly the guardian's own.
 */
export function recover(
  before: SealedState,
  tail: Tail,
  attesting: Attesting,
): Result<Batch, Refusal> {
  const view = new HeadOverlay(attesting.view);
  const entries: Admitted[] = [];
  const leaves: Uint8Array[] = [];
  const voided: { seq: string; code: string }[] = [];
  let chainTime = before.chainTime;
  for (const text of tail.texts) {
    const found = parseEntry(encodeUtf8(text));
    const seq = String(before.frontier.size + leaves.length);
    const broken = found.ok ? misplaced(found.value, { seq, before, tail }) : found.error.message;
    if (!found.ok || broken) return damaged(`entry ${seq}: ${broken}`);
    const { entry } = found.value;
    leaves.push(found.value.leaf);
    if (tail.first && leaves.length === 1) {
      const first = ownFirst(found.value, tail.first, attesting);
      if (!first.ok) return first;
      chainTime = BigInt(entry.chain_time);
      view.apply(first.value.changes);
      entries.push(first.value);
    } else if (entry.operation !== COMMIT_OPERATION) voided.push({ seq, code: UNSEALED });
  }
  if (leaves.length === 0) return damaged('there is no tail');
  const place = placeOf(before, tail.first);
  return ok({ place, entries, results: [], view, chainTime, recovered: true, voided, leaves });
}

type Place = { readonly seq: string; readonly before: SealedState; readonly tail: Tail };

/** Stamps a crash could have left: the next height, the next places, no earlier time. */
function misplaced({ entry }: SealedText, { seq, before, tail }: Place): string | undefined {
  if (entry.seq !== seq || entry.height !== String(before.height)) return 'wrong place';
  const at = BigInt(entry.chain_time);
  const first = before.frontier.size === 0;
  if (first ? seq === '0' && at > tail.latest : at < before.chainTime) return 'impossible time';
  const commit = entry.operation === COMMIT_OPERATION;
  return commit && !commitSummaryOf(entry) ? 'not a commit' : undefined;
}

function ownFirst(
  { entry }: SealedText,
  word: FirstWord,
  attesting: Attesting,
): Result<Admitted, Refusal> {
  const { seq, height, chain_time } = entry;
  const at = { seq: BigInt(seq), height: BigInt(height), chainTime: BigInt(chain_time) };
  const same = hashOf(entry.payload) === hashOf(word.payload);
  const written = entry.authenticated_by.kind === 'guardian';
  if (!same || !written || entry.operation !== word.operation) {
    return damaged(`entry ${seq} is not this guardian's ${word.operation}`);
  }
  return admit(entry, { ...attesting, at });
}

function hashOf(value: unknown): Digest | undefined {
  const hash = digestOf(value);
  return hash.ok ? hash.value : undefined;
}

function damaged(message: string): Result<never, Refusal> {
  return err({ code: 'recover.log_damaged', message });
}
