import { decodeBase64, err, ok, type Result } from '@ioi/basis';
import { type Checkpoint, parseCheckpoint, parseNote } from '@ioi/crypto';
import { verifyConsistency } from '@ioi/merkle';
import type { ConsistencyProof } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import type { Epochs } from './epochs.ts';
import { hashesOf, headIn } from './head.ts';
import { checkHead, type TrustOptions } from './trust.ts';

/**
 * Checks that a log continues a checkpoint remembered earlier, without its entries. Both notes
 * must be by who sealed at their size: the guardian that genesis names, or one that a change of
 * epoch names, which come with the proof.
 */
export function verifyContinues(
  remembered: string,
  proof: ConsistencyProof,
  options: TrustOptions = {},
): Result<{ readonly from: number; readonly to: number }, Finding> {
  const log = headIn(proof.note, proof, options);
  if (!log.ok) return log;
  const { head, epochs } = log.value;
  const old = rememberedHead(remembered, epochs);
  if (!old.ok) return old;
  if (old.value.size > head.size) {
    return refuse('expect.older_export', `${old.value.size} entries were remembered`);
  }
  const holds = verifyConsistency({
    oldSize: old.value.size,
    oldRoot: decodeBase64(old.value.root) ?? new Uint8Array(),
    newSize: head.size,
    newRoot: decodeBase64(head.root) ?? new Uint8Array(),
    proof: hashesOf(proof.path),
  });
  if (!holds.ok) return refuse('expect.fork', 'this log does not continue the remembered one');
  return ok({ from: old.value.size, to: head.size });
}

/** With both signatures of whoever sealed at its size. */
function rememberedHead(note: string, epochs: Epochs): Result<Checkpoint, Finding> {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!checkpoint.ok) return refuse('note.malformed', checkpoint.error.message);
  const sealer = epochs.sealerOf(checkpoint.value);
  return sealer.ok ? checkHead(note, sealer.value) : sealer;
}

function refuse(code: Finding['code'], message: string): Result<never, Finding> {
  return err({ code, message });
}
