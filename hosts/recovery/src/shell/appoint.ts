import type { HybridKey } from '@ioi/crypto/shell';
import {
  type SealedHead,
  SealKeys,
  type SealRow,
  sealedState,
  signChange,
} from '@ioi/guardian/shell';
import { nextEpochOf } from '@ioi/law';
import type { ChangeEpoch } from '@ioi/protocol';

export type { SealedHead };

/** What was sealed last, and the note over it with one signature or both. */
export type LastSealed = {
  readonly size: number;
  readonly note: string;
  /** What the note is over, where its second signature may still have to be made. */
  readonly row?: SealRow;
  /** Entries known to have been sealed, where a restore lost some. */
  readonly knownSize?: string | undefined;
};

/** The guardian that is to seal, and what is at hand of the one before. */
export type Appointing = {
  readonly owner: HybridKey;
  readonly next: HybridKey;
  readonly reason: ChangeEpoch['reason'];
  /** The seal key of the one before, where it is here. */
  readonly before?: HybridKey;
  /** Changes of the one before: it may never have come to make them. */
  readonly unmade?: Readonly<Record<string, ChangeEpoch>>;
  /** By domain, what a backup has of the one before: its last notes with both signatures. */
  readonly notes?: Readonly<Record<string, string>>;
};

/** Blank line, then one line a signature. */
const BOTH_SIGNED = 6;

export function lastSealed(row: SealRow): LastSealed {
  return { size: row.size, note: row.note, row };
}

/** The change by which the next guardian takes a log over from where it was sealed last. */
export async function appoint(
  domainId: string,
  log: SealedHead,
  last: LastSealed,
  appointing: Appointing,
): Promise<ChangeEpoch> {
  const { owner, next } = appointing;
  const earlier = unmadeOf(domainId, log, last, appointing);
  // What a restore lost is lost whoever makes the change in the end.
  const reason = earlier?.reason === 'restore' ? earlier.reason : appointing.reason;
  const noted = appointing.notes?.[domainId];
  const signed = isBothSigned(last.note) ? last.note : (noted ?? earlier?.predecessor.note);
  const note = signed ?? (await bothSigned(last, log, appointing));
  const predecessor = { size: String(last.size), note };
  const { knownSize } = last;
  return signChange(owner, { log, reason, predecessor, guardianKey: next.publicKey, knownSize });
}

/** A change from here on that was signed before and never made. */
function unmadeOf(
  domainId: string,
  log: SealedHead,
  { size }: LastSealed,
  { unmade = {} }: Appointing,
): ChangeEpoch | undefined {
  const earlier = unmade[domainId];
  if (earlier?.epoch !== nextEpochOf(log).epoch) return undefined;
  return earlier.predecessor.size === String(size) ? earlier : undefined;
}

export function isBothSigned(note: string): boolean {
  return note.trimEnd().split('\n').length >= BOTH_SIGNED;
}

/** Seals carry one signature until the second follows; here it is made, as it did not. */
async function bothSigned(
  { note, row }: LastSealed,
  { origin }: SealedHead,
  { before }: Appointing,
): Promise<string> {
  if (!before || !row) throw new Error('the last seal lacks its second signature');
  return new SealKeys(before).cosign(note, sealedState(row).frontier, origin);
}
