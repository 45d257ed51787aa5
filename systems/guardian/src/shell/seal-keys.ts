import { encodeBase64 } from '@ioi/basis';
import { formatCheckpoint, formatNote, type NoteSignature, parseNote } from '@ioi/crypto';
import {
  cosignCheckpoint,
  createSeedFile,
  type HybridKey,
  readSeedFile,
  signNote,
} from '@ioi/crypto/shell';
import type { Frontier } from '@ioi/merkle';

const FORMAT = 'ioi-sealkey/1';

/** Signs the node's checkpoints. The file is readable by the guardian's account alone. */
export class SealKeys {
  readonly key: HybridKey;

  constructor(key: HybridKey) {
    this.key = key;
  }

  /** The Ed25519 line over the checkpoint of this frontier: about 40 microseconds. */
  signCheckpoint(frontier: Frontier, origin: string): string {
    const text = formatCheckpoint(checkpointOf(frontier, origin));
    return formatNote({ text, signatures: [signNote(this.key, origin, text)] });
  }

  /** Adds the ML-DSA-44 line to a note of ours, off the main thread. */
  async cosign(note: string, frontier: Frontier, origin: string): Promise<string> {
    const parsed = parseNote(note);
    if (!parsed.ok) throw new Error(parsed.error.message);
    const checkpoint = checkpointOf(frontier, origin);
    // Zero: the log's own leaves say when, in Chain Time; no wall clock vouches here.
    const line: NoteSignature = await cosignCheckpoint(this.key, origin, checkpoint, 0n);
    return formatNote({ ...parsed.value, signatures: [...parsed.value.signatures, line] });
  }
}

function checkpointOf(frontier: Frontier, origin: string) {
  return { origin, size: frontier.size, root: encodeBase64(frontier.root()) };
}

/** Creates the key file; refuses to replace one. */
export function createSealKey(path: string): HybridKey {
  return createSeedFile(path, FORMAT);
}

export function readSealKey(path: string): HybridKey {
  return readSeedFile(path, FORMAT);
}
