import { encodeBase64 } from '@ioi/basis';
import {
  formatCheckpoint,
  formatNote,
  formatNoteKey,
  noteKeysOf,
  witnessKeysOf,
} from '@ioi/crypto';
import {
  cosignCheckpoint,
  cosignCheckpointEd25519,
  generateHybridKey,
  signNote,
} from '@ioi/crypto/shell';
import { Accumulator, consistencyProof, leafHash } from '@ioi/merkle';

/** A log of ours for somebody else to check: bytes are base64, keys are C2SP verifier keys. */
export type SignedSample = {
  readonly logKey: string;
  readonly witnessKey: string;
  readonly note: string;
  readonly inclusion: readonly Inclusion[];
  readonly consistent: readonly Consistent[];
};

type Inclusion = {
  readonly index: number;
  readonly entry: string;
  readonly proof: readonly string[];
};

type Consistent = {
  readonly size: number;
  readonly root: string;
  readonly proof: readonly string[];
};

const ORIGIN = 'log.example/sample';
const WITNESS = 'witness.example/w1';
const NOW = 1_679_315_147n;

/** Signed by the log with both its keys and by a witness; proofs about every entry and size. */
export async function signedSample(size: number): Promise<SignedSample> {
  const log = new Accumulator();
  const roots: string[] = [];
  const entries = Array.from({ length: size }, (_, index) => Buffer.from(`entry ${index}`));
  for (const entry of entries) {
    log.append(leafHash(entry));
    roots.push(encodeBase64(log.root()));
  }
  const [key, witness] = [generateHybridKey(), generateHybridKey()];
  const logKeys = noteKeysOf(key.publicKey, ORIGIN);
  const witnessKeys = witnessKeysOf(witness.publicKey, WITNESS);
  if (!logKeys.ok || !witnessKeys.ok) throw new Error('the keys of the sample have bad names');
  const checkpoint = { origin: ORIGIN, size, root: encodeBase64(log.root()) };
  const text = formatCheckpoint(checkpoint);
  const signatures = [
    signNote(key, ORIGIN, text),
    await cosignCheckpoint(key, ORIGIN, checkpoint, 0n),
    cosignCheckpointEd25519(witness, WITNESS, checkpoint, NOW),
  ];
  return {
    logKey: formatNoteKey(logKeys.value.ed25519),
    witnessKey: formatNoteKey(witnessKeys.value.ed25519),
    note: formatNote({ text, signatures }),
    inclusion: entries.map((entry, index) => ({
      index,
      entry: entry.toString('base64'),
      proof: log.prove(index).map(encodeBase64),
    })),
    consistent: roots.map((root, at) => ({
      size: at + 1,
      root,
      proof: consistencyProof(log.nodeAt, at + 1, size).map(encodeBase64),
    })),
  };
}
