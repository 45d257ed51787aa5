import { err, ok, type Result } from '@ioi/basis';
import { noteKeysOf, parseCheckpoint, parseNote, verifyNote, verifyRaw } from '@ioi/crypto';
import { type ReceiptSignings, receiptSignings } from '@ioi/law';
import type { EntryProof, ReceiptEnvelope, VouchedReceipt } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import { type VerifiedEntry, verifyEntry } from './entry-proof.ts';
import type { TrustOptions } from './trust.ts';

/** A receipt that stands in a signed log, and what its guardian signed of it for others. */
export type VerifiedReceipt = Omit<VerifiedEntry, 'effect'> & {
  readonly receipt: ReceiptEnvelope;
  readonly signings: ReceiptSignings;
};

/**
 * Checks what a guardian signed for verifiers of other formats, so that nothing is handed on that
 * they would refuse, or that says something else than the log does.
 */
export function verifyVouched(
  vouched: VouchedReceipt,
  options: TrustOptions = {},
): Result<VerifiedReceipt, Finding> {
  const { proof, receipt_id: id, guardian_key: key } = vouched;
  const verified = verifyEntry(proof, options);
  if (!verified.ok) return verified;
  const { effect, ...about } = verified.value;
  if (effect !== 'stands') return refuse('read.not_sealed', 'the entry has no effect');
  const receipt = receiptIn(about.entry.events, id);
  if (!receipt) return refuse('log.entry_invalid', `the entry did not give ${id}`);
  const checkpoint = checkpointBy(key, proof);
  if (!checkpoint) return refuse('receipt.badly_vouched', 'the key is not the one that sealed');
  const place = {
    nodeId: about.node_id,
    domainId: about.domain_id,
    checkpoint,
    entry: about.entry,
    text: proof.entry.text,
    receipt,
  };
  const signings = receiptSignings(place, key);
  const dsse = { ed25519: signings.dsse, mlDsa44: signings.dsse };
  const isVouched =
    vouched.statement === signings.statement &&
    verifyRaw(key, dsse, vouched.dsse) &&
    verifyRaw(key, signings.cose, vouched.cose);
  if (!isVouched) return refuse('receipt.badly_vouched', 'another statement, or not its signature');
  return ok({ ...about, receipt, signings });
}

function receiptIn(
  events: readonly Readonly<Record<string, unknown>>[],
  id: string,
): ReceiptEnvelope | undefined {
  return events
    .filter((event) => event['type'] === 'receipt.emitted')
    .map((event) => event['receipt'] as ReceiptEnvelope)
    .find(({ receipt_id }) => receipt_id === id);
}

/** The checkpoint of the proof, where both lines are by this key. */
function checkpointBy(key: VouchedReceipt['guardian_key'], { note }: EntryProof) {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
  if (!checkpoint?.ok) return undefined;
  const keys = noteKeysOf(key, checkpoint.value.origin);
  const held = keys.ok ? verifyNote(note, [keys.value.ed25519, keys.value.mlDsa44]) : undefined;
  return held?.ok && held.value.signers.length === 2 ? checkpoint.value : undefined;
}

function refuse(code: Finding['code'], message: string): Result<never, Finding> {
  return err({ code, message });
}
