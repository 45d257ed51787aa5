import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeBase64, ok, type Result } from '@ioi/basis';
import { type NoteKey, parseCheckpoint, parseNoteKey, verifyNote } from '@ioi/crypto';
import {
  consistencyProof,
  decodeEntryBundle,
  inclusionProof,
  type LogHead,
  leafHash,
  type NodeReader,
  nodesFromTiles,
  rootOf,
  tilePath,
  verifyConsistency,
  verifyInclusion,
} from '@ioi/merkle';
import { buildGoVerifier } from './go-verifier.ts';
import { signedSample } from './signed-sample.ts';
import { check, newTally, type Tally } from './tally.ts';
import { bytesOf } from './vectors.ts';

/** The folder of the material. */
export const FOLDER = 'tessera-log';

// The public half of the key in Tessera's testdata/build_log.sh.
const LOG_KEY = 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx';
const LARGEST = 15;

/**
 * transparency-dev/tessera: a log that another implementation wrote, its checkpoints at every size
 * and its tiles. And the other way round: a log of ours, judged by the Go project's libraries.
 */
export async function run(vectors: string): Promise<Tally> {
  const tally = newTally();
  readTessera(tally, join(vectors, FOLDER));
  await askGo(tally);
  return tally;
}

function readTessera(tally: Tally, folder: string): void {
  const key = parseNoteKey(LOG_KEY);
  check(tally, 'the key of the log', key.ok);
  if (!key.ok) return;
  const heads: LogHead[] = [];
  for (let size = 0; size <= LARGEST; size += 1) {
    const head = headIn(folder, `checkpoint.${size}`, key.value);
    check(tally, `checkpoint.${size}`, head.ok && head.value.size === size);
    if (!head.ok) return;
    heads.push(head.value);
    checkContents(tally, folder, head.value);
  }
  const newest = headIn(folder, 'checkpoint', key.value);
  check(tally, 'checkpoint', newest.ok && newest.value.size === LARGEST);
  for (const head of heads) checkProofs(tally, nodesIn(folder, head.size), { head, heads });
}

function headIn(folder: string, name: string, key: NoteKey): Result<LogHead, unknown> {
  const note = verifyNote(Buffer.from(bytesOf(folder, name)).toString('utf8'), [key]);
  if (!note.ok) return note;
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return checkpoint;
  const { size, root } = checkpoint.value;
  return ok({ size, root: decodeBase64(root) ?? new Uint8Array() });
}

/** The root follows from the leaf hashes, and those from the entries. */
function checkContents(tally: Tally, folder: string, { size, root }: LogHead): void {
  const nodeAt = nodesIn(folder, size);
  const leaves = Array.from({ length: size }, (_, index) => nodeAt(0, index));
  check(tally, `root of ${size}`, isSame(rootOf(leaves), root));
  if (size === 0) return;
  const path = tilePath({ level: 'entries', index: 0, width: size });
  const entries = decodeEntryBundle(bytesOf(folder, path), size);
  const hashes = entries.ok ? entries.value.map(leafHash) : [];
  const areHashed = leaves.every((leaf, index) => isSame(leaf, hashes[index] ?? leafHash(leaf)));
  check(tally, path, areHashed);
}

type Heads = { readonly head: LogHead; readonly heads: readonly LogHead[] };

function checkProofs(tally: Tally, nodeAt: NodeReader, { head, heads }: Heads): void {
  const { size, root } = head;
  for (let index = 0; index < size; index += 1) {
    const proof = inclusionProof(nodeAt, index, size);
    const claim = { leafHash: nodeAt(0, index), index, size, root, proof };
    check(tally, `inclusion of ${index} in ${size}`, verifyInclusion(claim).ok);
  }
  for (const old of heads.slice(1, size + 1)) {
    const proof = consistencyProof(nodeAt, old.size, size);
    const sizes = { oldSize: old.size, newSize: size };
    const held = verifyConsistency({ ...sizes, oldRoot: old.root, newRoot: root, proof }).ok;
    check(tally, `consistency of ${old.size} with ${size}`, held);
  }
}

function nodesIn(folder: string, size: number): NodeReader {
  return nodesFromTiles((tile) => bytesOf(folder, tilePath(tile)), size);
}

async function askGo(tally: Tally): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'go-verifier-'));
  try {
    const built = buildGoVerifier(scratch);
    if (!built.ok) {
      tally.skipped.push(`Go: ${built.error.message}`);
      return;
    }
    const sample = await signedSample(300);
    built.value(sample).forEach((verdict, at) => {
      check(tally, `Go, verdict ${at}: ${verdict}`, verdict === 'holds');
    });
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
