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
  /** The latest Chain Time a tail may claim. */
  readonly latest: bigint;
  /** The guardian's own: the only entry of a tail that ever counts. */
  readonly genesis: OwnGenesis;
};

/** The first entry of a log, as the guardian writes it. */
export type OwnGenesis = { readonly operation: string; readonly payload: object };

/**
 * What a crash left in the log unsealed stays in its place and is voided: nobody was answered,
 * nothing was started, so nothing of it is believed (decision 0006). The one exception is
 * genesis, without which there is no log; it must be exactly the guardian's own.
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
    if (seq === '0') {
      const genesis = ownGenesis(found.value, tail.genesis, attesting);
      if (!genesis.ok) return genesis;
      chainTime = BigInt(entry.chain_time);
      view.apply(genesis.value.changes);
      entries.push(genesis.value);
    } else if (entry.operation !== COMMIT_OPERATION) voided.push({ seq, code: UNSEALED });
  }
  if (leaves.length === 0) return damaged('there is no tail');
  const place = placeOf(before);
  return ok({ place, entries, results: [], view, chainTime, recovered: true, voided, leaves });
}

type Place = { readonly seq: string; readonly before: SealedState; readonly tail: Tail };

/** Stamps a crash could have left: the next height, the next places, times up to now. */
function misplaced({ entry }: SealedText, { seq, before, tail }: Place): string | undefined {
  if (entry.seq !== seq || entry.height !== String(before.height)) return 'wrong place';
  const at = BigInt(entry.chain_time);
  const first = before.frontier.size === 0;
  if (at > tail.latest || (!first && at < before.chainTime)) return 'impossible time';
  const commit = entry.operation === COMMIT_OPERATION;
  return commit && !commitSummaryOf(entry) ? 'not a commit' : undefined;
}

function ownGenesis(
  { entry }: SealedText,
  genesis: OwnGenesis,
  attesting: Attesting,
): Result<Admitted, Refusal> {
  const at = { seq: 0n, height: 0n, chainTime: BigInt(entry.chain_time) };
  const same = hashOf(entry.payload) === hashOf(genesis.payload);
  const written = entry.authenticated_by.kind === 'guardian';
  if (!same || !written || entry.operation !== genesis.operation) {
    return damaged("entry 0 is not this guardian's genesis");
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
