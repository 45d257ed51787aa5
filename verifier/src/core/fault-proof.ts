import {
  decodeBase64,
  decodeHex,
  encodeBase64,
  encodeUtf8,
  err,
  ok,
  type Result,
} from '@ioi/basis';
import { type Checkpoint, type NoteKey, parseCheckpoint, parseNote, verifyNote } from '@ioi/crypto';
import { parseEntry, type SealedText } from '@ioi/law';
import { verifyConsistency } from '@ioi/merkle';
import { type FaultProof, type Genesis, isFaultProof } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import type { Epochs } from './epochs.ts';
import { hashesOf, isIncluded, sealersIn } from './head.ts';
import type { TrustOptions } from './trust.ts';
import { verifyWitnessed } from './witnessed.ts';

export type FaultOptions = TrustOptions & {
  /** Whose times are believed: a rollback is a matter of before and after. */
  readonly witnesses?: readonly NoteKey[];
};

/** What a FaultProof shows of the node that is named. */
export type ShownFault =
  /** The guardian's keys signed two histories: no clock and no witness need be believed. */
  | {
      readonly kind: 'fork';
      readonly node_id: string;
      readonly domain_id: string;
      readonly size: number;
    }
  /**
   * The log went on from fewer entries after it had been seen with more: the keys signed both, a
   * witness saw the larger one first. `margin_ms` lies between the witness's clock and Chain
   * Time; clocks that differ by as much could explain it.
   */
  | {
      readonly kind: 'rollback';
      readonly node_id: string;
      readonly domain_id: string;
      readonly seen: number;
      readonly held: number;
      readonly margin_ms: number;
    };

type Shown<T> = Result<T, Finding>;
type FaultEvidence = NonNullable<FaultProof['evidence']>;

/** A FaultProof whose parts were found to belong together. */
type Grounds = {
  readonly proof: FaultProof;
  readonly evidence: FaultEvidence;
  readonly genesis: Genesis;
  readonly held: Checkpoint;
  readonly claimed: Checkpoint;
  readonly claimedNote: string;
  readonly latest: SealedText;
};

/**
 * Checks a FaultProof about a log (whitepaper 8.2, class 5) by itself: genesis names the keys,
 * both checkpoints are signed with them, and they contradict each other.
 */
export function verifyFaultProof(value: unknown, options: FaultOptions = {}): Shown<ShownFault> {
  const grounds = groundsOf(value, options);
  if (!grounds.ok) return grounds;
  const { kind } = grounds.value.proof;
  return kind === 'log_rollback'
    ? showRollback(grounds.value, options.witnesses ?? [])
    : showFork(grounds.value);
}

function groundsOf(value: unknown, options: FaultOptions): Shown<Grounds> {
  if (!isFaultProof(value)) return refuse('fault.malformed', 'this does not fit FaultProof');
  const { evidence, checkpoints, domain_id: domainId } = value;
  const [heldNote = '', claimedNote = ''] = checkpoints;
  if (evidence === undefined || checkpoints.length !== 2) {
    return refuse('fault.no_evidence', 'it names a fault and does not carry what shows it');
  }
  const known = sealersIn(evidence, options);
  if (!known.ok) return known;
  const { genesis, epochs, entries, domainId: logOf } = known.value;
  const held = checkpointIn(heldNote, epochs);
  const claimed = checkpointIn(claimedNote, epochs);
  if (!held.ok) return held;
  if (!claimed.ok) return claimed;
  const latest = parseEntry(encodeUtf8(evidence.latest.text));
  const isWhole =
    latest.ok &&
    entries.every((entry) => isIncluded(entry, entry.path, held.value)) &&
    latest.value.entry.seq === String(held.value.size - 1) &&
    isIncluded(latest.value, evidence.latest.path, held.value);
  if (!isWhole) return refuse('fault.no_evidence', 'its entries are not of the log it shows');
  const isSame =
    domainId === logOf &&
    isClaim(value.claimed, claimed.value) &&
    value.held.size === String(Math.min(held.value.size, claimed.value.size));
  if (!isSame) return refuse('fault.malformed', 'it says something else than its checkpoints');
  if (held.value.origin !== claimed.value.origin) {
    return refuse('fault.not_shown', 'who sealed changed between the two, as the log says');
  }
  const notes = { held: held.value, claimed: claimed.value, claimedNote };
  return ok({ proof: value, evidence, genesis, latest: latest.value, ...notes });
}

/** Two roots of one size, both signed: one as it is, one as the beginning of a larger log. */
function showFork({ proof, evidence, genesis, held, claimed }: Grounds): Shown<ShownFault> {
  const oldRoot = bytesOf(proof.held.root);
  const begins = verifyConsistency({
    oldSize: claimed.size,
    oldRoot,
    newSize: held.size,
    newRoot: decodeBase64(held.root) ?? new Uint8Array(),
    proof: hashesOf(evidence.consistency),
  });
  if (!begins.ok) return refuse('fault.not_shown', 'the log held does not begin as it says');
  if (encodeBase64(oldRoot) === claimed.root) {
    return refuse('fault.not_shown', 'one checkpoint continues the other');
  }
  const of = { node_id: genesis.node_id, domain_id: proof.domain_id };
  return ok({ kind: 'fork', ...of, size: claimed.size });
}

function showRollback(grounds: Grounds, witnesses: readonly NoteKey[]): Shown<ShownFault> {
  const { proof, genesis, held, claimed, claimedNote, latest } = grounds;
  if (claimed.size <= held.size || !isClaim(proof.held, held)) {
    return refuse('fault.not_shown', 'the log held is not the smaller one');
  }
  const seen = verifyWitnessed(claimedNote, { witnesses, needed: 1 });
  if (!seen.ok) return seen;
  const times = seen.value.cosigners.map(({ timestamp }) => timestamp * 1000n);
  const sealed = BigInt(latest.entry.chain_time);
  const margins = times.filter((time) => time < sealed).map((time) => Number(sealed - time));
  if (margins.length === 0) {
    return refuse('fault.not_shown', 'what is held was sealed before more of it was seen');
  }
  const sizes = { seen: claimed.size, held: held.size };
  const margin = Math.max(...margins);
  const of = { node_id: genesis.node_id, domain_id: proof.domain_id };
  return ok({ kind: 'rollback', ...of, ...sizes, margin_ms: margin });
}

/** Signed by the log; one of its two lines is enough, as in a note not yet cosigned. */
function checkpointIn(note: string, epochs: Epochs): Shown<Checkpoint> {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!checkpoint.ok) return refuse('note.malformed', checkpoint.error.message);
  const { origin } = checkpoint.value;
  // Whoever sealed it, at whatever size: a fault is just what it should not have sealed.
  const verified = verifyNote(note, (epochs.named(origin) ?? epochs.current).keys);
  if (!verified.ok) return refuse('note.bad_signature', verified.error.message);
  if (epochs.named(origin)) return checkpoint;
  return refuse('note.other_log', `a checkpoint is of ${origin}`);
}

function isClaim({ size, root }: FaultProof['claimed'], checkpoint: Checkpoint): boolean {
  return size === String(checkpoint.size) && encodeBase64(bytesOf(root)) === checkpoint.root;
}

function bytesOf(digest: string): Uint8Array {
  return decodeHex(digest.replace('sha256:', '')) ?? new Uint8Array();
}

function refuse(code: Finding['code'], message: string): Shown<never> {
  return err({ code, message });
}
