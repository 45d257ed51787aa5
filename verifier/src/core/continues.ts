import { decodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { type Checkpoint, parseCheckpoint, parseNote, verifierRegistry } from '@ioi/crypto';
import { EPOCH_CHANGE, holdEpoch, parseEntry, type SealedLog, type SealedText } from '@ioi/law';
import { verifyConsistency, verifyInclusion } from '@ioi/merkle';
import { type ConsistencyProof, isChangeEpoch } from '@ioi/protocol';
import { codeOf, type Finding } from './codes.ts';
import { Epochs } from './epochs.ts';
import { checkHead, keysInGenesis, type TrustOptions } from './trust.ts';

/**
 * Checks that a log continues a checkpoint remembered earlier, without its entries. Both notes
 * must be by who sealed at their size: the guardian that genesis names, or one that a change of
 * epoch names, which come with the proof. Whether each change follows this very log, only the
 * whole log shows.
 */
export function verifyContinues(
  remembered: string,
  proof: ConsistencyProof,
  options: TrustOptions = {},
): Result<{ readonly from: number; readonly to: number }, Finding> {
  const sealers = sealersIn(proof, options);
  if (!sealers.ok) return sealers;
  const { epochs, entries } = sealers.value;
  const head = checkHead(proof.note, epochs.current);
  if (!head.ok) return head;
  if (!entries.every((entry) => isIncluded(entry, head.value))) {
    return refuse('log.root_mismatch', 'genesis or a change of epoch is not in this log');
  }
  const old = rememberedHead(remembered, epochs);
  if (!old.ok) return old;
  if (old.value.size > head.value.size) {
    return refuse('expect.older_export', `${old.value.size} entries were remembered`);
  }
  const holds = verifyConsistency({
    oldSize: old.value.size,
    oldRoot: decodeBase64(old.value.root) ?? new Uint8Array(),
    newSize: head.value.size,
    newRoot: decodeBase64(head.value.root) ?? new Uint8Array(),
    proof: hashesOf(proof.path),
  });
  if (!holds.ok) return refuse('expect.fork', 'this log does not continue the remembered one');
  return ok({ from: old.value.size, to: head.value.size });
}

type Included = SealedText & { readonly path: readonly string[] };

/** Who seals from genesis to the end, and the entries that say so. */
function sealersIn(
  { genesis, epochs: changes = [] }: ConsistencyProof,
  options: TrustOptions,
): Result<{ readonly epochs: Epochs; readonly entries: readonly Included[] }, Finding> {
  const first = parseEntry(encodeUtf8(genesis.text));
  if (!first.ok) return refuse('genesis.missing', 'the proof holds no genesis');
  const named = keysInGenesis(first.value.entry, options);
  if (!named.ok) return named;
  const epochs = new Epochs(named.value.genesis, named.value.keys);
  const entries: Included[] = [{ ...first.value, path: genesis.path }];
  const registry = verifierRegistry({ disabled: options.disabled ?? [] });
  let log: SealedLog = named.value.genesis;
  for (const { text, path } of changes) {
    const parsed = parseEntry(encodeUtf8(text));
    const { entry } = parsed.ok ? parsed.value : {};
    if (!parsed.ok || entry?.operation !== EPOCH_CHANGE || !isChangeEpoch(entry.payload)) {
      return refuse('epoch.misplaced', 'the proof holds something else than a change of epoch');
    }
    const change = entry.payload;
    const held = holdEpoch(change, log, registry);
    if (!held.ok) return refuse(codeOf(held.error.code) ?? 'replay.refused', held.error.message);
    if (change.predecessor.size !== entry.seq) {
      return refuse('epoch.wrong_place', `the predecessor sealed ${change.predecessor.size}`);
    }
    epochs.begin(change, { epoch: change.epoch, from: Number(entry.seq) });
    const { epoch, guardian_key, origin } = change;
    log = { ...log, epoch, guardian_key, origin };
    entries.push({ ...parsed.value, path });
  }
  return ok({ epochs, entries });
}

/** With both signatures of whoever sealed at its size. */
function rememberedHead(note: string, epochs: Epochs): Result<Checkpoint, Finding> {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!checkpoint.ok) return refuse('note.malformed', checkpoint.error.message);
  const sealer = epochs.sealerOf(checkpoint.value);
  return sealer.ok ? checkHead(note, sealer.value) : sealer;
}

function isIncluded({ entry, leaf, path }: Included, checkpoint: Checkpoint): boolean {
  return verifyInclusion({
    leafHash: leaf,
    index: Number(entry.seq),
    size: checkpoint.size,
    root: decodeBase64(checkpoint.root) ?? new Uint8Array(),
    proof: hashesOf(path),
  }).ok;
}

/** What is no base64 becomes a hash of the wrong length, which no verification accepts. */
function hashesOf(texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => decodeBase64(text) ?? new Uint8Array());
}

function refuse(code: Finding['code'], message: string): Result<never, Finding> {
  return err({ code, message });
}
