import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { decodeBase64, encodeBase64 } from '@ioi/basis';
import { formatCheckpoint, formatNote, type NoteSignature, parseNote } from '@ioi/crypto';
import {
  cosignCheckpoint,
  exportSeeds,
  generateHybridKey,
  type HybridKey,
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
  const key = generateHybridKey();
  const seeds = exportSeeds(key);
  const body = {
    format: FORMAT,
    ed25519: encodeBase64(seeds.ed25519),
    ml_dsa_44: encodeBase64(seeds.mlDsa44),
  };
  writeFileSync(path, `${JSON.stringify(body, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  chmodSync(path, 0o600);
  return key;
}

export function readSealKey(path: string): HybridKey {
  const body = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const ed25519 = decodeBase64(String(body['ed25519']));
  const mlDsa44 = decodeBase64(String(body['ml_dsa_44']));
  if (body['format'] !== FORMAT || ed25519?.length !== 32 || mlDsa44?.length !== 32) {
    throw new Error(`${path} is not a seal key this version reads`);
  }
  return generateHybridKey({ ed25519, mlDsa44 });
}
