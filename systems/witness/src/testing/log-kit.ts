import { encodeBase64, encodeUtf8 } from '@ioi/basis';
import { formatCheckpoint, formatNote, formatNoteKey, type NoteKey, noteKeysOf } from '@ioi/crypto';
import { generateHybridKey, type HybridKey, signNote } from '@ioi/crypto/shell';
import {
  consistencyProof,
  formatAddCheckpoint,
  leafHash,
  nodesFromLeaves,
  rootOf,
} from '@ioi/merkle';

/** A log that signs whatever its test wants, with as many histories as it is given names for. */
export class LogKit {
  readonly origin: string;
  readonly key: HybridKey = generateHybridKey();
  readonly noteKey: NoteKey;

  constructor(origin = 'log.example/1') {
    this.origin = origin;
    const keys = noteKeysOf(this.key.publicKey, origin);
    if (!keys.ok) throw new Error(keys.error.message);
    this.noteKey = keys.value.ed25519;
  }

  get verifierKey(): string {
    return formatNoteKey(this.noteKey);
  }

  /** Leaves of a history; two histories share their first `fork` entries. */
  leaves(size: number, history = '', fork = 0): Uint8Array[] {
    return Array.from({ length: size }, (_, at) =>
      leafHash(encodeUtf8(at < fork ? `${at}` : `${history}${at}`)),
    );
  }

  checkpoint(leaves: readonly Uint8Array[]) {
    return { origin: this.origin, size: leaves.length, root: encodeBase64(rootOf(leaves)) };
  }

  note(leaves: readonly Uint8Array[]): string {
    const text = formatCheckpoint(this.checkpoint(leaves));
    return formatNote({ text, signatures: [signNote(this.key, this.origin, text)] });
  }

  /** The same as `addCheckpoint` takes it. */
  submission(leaves: readonly Uint8Array[], oldSize: number) {
    const proof = this.#proof(leaves, oldSize);
    return { oldSize, proof, checkpoint: this.note(leaves), logKey: this.verifierKey };
  }

  /** The body of an `add-checkpoint` for these leaves, from a size that is part of them. */
  request(leaves: readonly Uint8Array[], oldSize: number): string {
    const proof = this.#proof(leaves, oldSize);
    return formatAddCheckpoint({ oldSize, proof, checkpoint: this.note(leaves) });
  }

  #proof(leaves: readonly Uint8Array[], oldSize: number): readonly Uint8Array[] {
    const nodeAt = nodesFromLeaves((index) => leaves[index] as Uint8Array);
    const isProved = oldSize > 0 && oldSize <= leaves.length;
    return isProved ? consistencyProof(nodeAt, oldSize, leaves.length) : [];
  }
}
