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
  /** A fork is shown by the Ed25519 line alone as well; otherwise by both lines of the guardian. */
  readonly isOneLineEnough?: boolean;
};

type Signature = (typeof LINES)[number];

/**
 * What a FaultProof shows of the node that is named; `signed_by` are the lines of its guardian
 * that both checkpoints carry.
 */
export type ShownFault =
  /** The guardian's keys signed two histories: no clock and no witness need be believed. */
  | {
      readonly kind: 'fork';
      readonly node_id: string;
      readonly domain_id: string;
      readonly signed_by: readonly Signature[];
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
      readonly signed_by: readonly Signature[];
      readonly seen: number;
      readonly held: number;
      readonly margin_ms: number;
    };

/** In the order of the keys of an epoch. */
const LINES = ['ed25519', 'ml_dsa_44'] as const;

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
  readonly signedBy: readonly Signature[];
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
    : showFork(grounds.value, options);
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
  const first = signedIn(heldNote, epochs);
  const second = signedIn(claimedNote, epochs);
  if (!first.ok) return first;
  if (!second.ok) return second;
  const { checkpoint: held } = first.value;
  const { checkpoint: claimed } = second.value;
  const signedBy = first.value.signedBy.filter((each) => second.value.signedBy.includes(each));
  const latest = parseEntry(encodeUtf8(evidence.latest.text));
  const isWhole =
    latest.ok &&
    entries.every((entry) => isIncluded(entry, entry.path, held)) &&
    latest.value.entry.seq === String(held.size - 1) &&
    isIncluded(latest.value, evidence.latest.path, held);
  if (!isWhole) return refuse('fault.no_evidence', 'its entries are not of the log it shows');
  const isSame =
    domainId === logOf &&
    isClaim(value.claimed, claimed) &&
    value.held.size === String(Math.min(held.size, claimed.size));
  if (!isSame) return refuse('fault.malformed', 'it says something else than its checkpoints');
  if (held.origin !== claimed.origin) {
    return refuse('fault.not_shown', 'who sealed changed between the two, as the log says');
  }
  const notes = { held, claimed, claimedNote, signedBy };
  return ok({ proof: value, evidence, genesis, latest: latest.value, ...notes });
}

/** Two roots of one size, both signed: one as it is, one as the beginning of a larger log. */
function showFork(
  { proof, evidence, genesis, held, claimed, signedBy }: Grounds,
  { isOneLineEnough = false }: FaultOptions,
): Shown<ShownFault> {
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
  if (signedBy.length < 2 && !isOneLineEnough) {
    const by = signedBy.join() || 'no line in common';
    return refuse('fault.one_signature', `both were not signed by both lines, only by: ${by}`);
  }
  const of = { node_id: genesis.node_id, domain_id: proof.domain_id, signed_by: signedBy };
  return ok({ kind: 'fork', ...of, size: claimed.size });
}

function showRollback(grounds: Grounds, witnesses: readonly NoteKey[]): Shown<ShownFault> {
  const { proof, genesis, held, claimed, claimedNote, latest, signedBy } = grounds;
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
  const of = { node_id: genesis.node_id, domain_id: proof.domain_id, signed_by: signedBy };
  return ok({ kind: 'rollback', ...of, ...sizes, margin_ms: margin });
}

type Signed = { readonly checkpoint: Checkpoint; readonly signedBy: readonly Signature[] };

/** Signed by the log, by one of its two lines at least, as a note not yet cosigned is. */
function signedIn(note: string, epochs: Epochs): Shown<Signed> {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!checkpoint.ok) return refuse('note.malformed', checkpoint.error.message);
  const { origin } = checkpoint.value;
  // Whoever sealed it, at whatever size: a fault is just what it should not have sealed.
  const { keys } = epochs.named(origin) ?? epochs.current;
  const verified = verifyNote(note, keys);
  if (!verified.ok) return refuse('note.bad_signature', verified.error.message);
  if (!epochs.named(origin)) return refuse('note.other_log', `a checkpoint is of ${origin}`);
  const { signers } = verified.value;
  const signedBy = LINES.filter((_, at) => signers.some(({ key }) => key === keys[at]));
  return ok({ checkpoint: checkpoint.value, signedBy });
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
