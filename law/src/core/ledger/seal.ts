import { encodeBase64, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import { type NoteKey, parseCheckpoint, verifyNote } from '@ioi/crypto';
import type { Frontier } from '@ioi/merkle';
import type {
  DecideAction,
  LogEntry,
  Rejection,
  RuntimeToolContract,
  SealedAction,
} from '@ioi/protocol';
import type { BoundaryEvent } from '../boundary/events.ts';
import { receiptHash } from '../boundary/receipts.ts';

declare const verified: unique symbol;

/** A seal checked against a frontier the checker computed itself. */
export type VerifiedSeal = { readonly [verified]: true; readonly size: number };

/**
 * Checks that the guardian signed exactly this log. Rejects with `seal.bad_note` or
 * `seal.differs`. `provisional` seals carry only the Ed25519 line: the ML-DSA-44 cosignature
 * follows within 50 ms (design section 6).
 */
export function verifySeal(
  note: string,
  origin: string,
  keys: readonly NoteKey[],
  frontier: Frontier,
): Result<VerifiedSeal, Rejection> {
  const checked = verifyNote(note, keys);
  if (!checked.ok) return err({ code: 'seal.bad_note', message: checked.error.message });
  const vouching = new Set(checked.value.signers.map((signer) => signer.key.type));
  if (!keys.every((key) => vouching.has(key.type))) {
    return err({ code: 'seal.bad_note', message: 'a required signature is missing' });
  }
  const checkpoint = parseCheckpoint(checked.value.text);
  if (!checkpoint.ok) return err({ code: 'seal.bad_note', message: checkpoint.error.message });
  const { size, root } = checkpoint.value;
  const same = size === frontier.size && root === encodeBase64(frontier.root());
  if (!same || checkpoint.value.origin !== origin) {
    return err({
      code: 'seal.differs',
      message: `the seal over ${size} entries is of another log`,
    });
  }
  return ok({ size } as VerifiedSeal);
}

/**
 * The only mint of `SealedAction`: a committed action inside a verified seal. Undefined when
 * the entry commits nothing or lies beyond the seal.
 */
export function sealedActionOf(
  seal: VerifiedSeal,
  entry: LogEntry,
  contract: RuntimeToolContract,
): SealedAction | undefined {
  if (Number(entry.seq) >= seal.size) return undefined;
  const events = entry.events as BoundaryEvent[];
  const committed = events.find((event) => event.type === 'action.committed')?.committed;
  const receipt = events.find((event) => event.type === 'receipt.emitted')?.receipt;
  const { request, contract_hash } = entry.payload as DecideAction;
  const contractHash = digestOf(contract);
  if (!committed || !receipt || !contractHash.ok || contractHash.value !== contract_hash) {
    return undefined;
  }
  const hash = digestOf(committed);
  if (!hash.ok) return undefined;
  return {
    request,
    committed,
    contract,
    committedHash: hash.value as Digest,
    decisionHash: receiptHash(receipt.body),
    seq: BigInt(entry.seq),
  } as unknown as SealedAction;
}
