import { proveConsistency, type SqliteStore } from '@ioi/agentgres/shell';
import { decodeBase64 } from '@ioi/basis';
import { type Checkpoint, formatSignatures, parseCheckpoint, parseNote } from '@ioi/crypto';
import { type Frontier, verifyConsistency } from '@ioi/merkle';
import { ReplicaFault } from './replica-fault.ts';

/** What a note says, whoever signed it. Throws `seal.bad_note`. */
export function checkpointOf(note: string): Checkpoint {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (checkpoint.ok) return checkpoint.value;
  throw new ReplicaFault('seal.bad_note', checkpoint.error.message);
}

/** Throws `log.forked` where the log that was verified does not begin with that of a checkpoint. */
export async function mustContinue(
  store: SqliteStore,
  { size, root }: Checkpoint,
  verified: Frontier,
): Promise<void> {
  if (size === 0) return;
  const held = verifyConsistency({
    oldSize: size,
    oldRoot: decodeBase64(root) ?? new Uint8Array(),
    newSize: verified.size,
    newRoot: verified.root(),
    proof: await proveConsistency(store, size, verified.size),
  });
  if (held.ok) return;
  const message = `the store tells ${size} entries that those verified here do not begin with`;
  throw new ReplicaFault('log.forked', message);
}

/** The note with its first lines alone: those of who seals, which proofs and exports carry. */
export function withoutWitnesses(note: string): string {
  const parsed = parseNote(note);
  if (!parsed.ok) return note;
  const { text, signatures } = parsed.value;
  return `${text}\n${formatSignatures(signatures.slice(0, SEALERS_LINES))}`;
}

/** Ed25519 and ML-DSA-44. */
const SEALERS_LINES = 2;
