import { encodeBase64, encodeHex, encodeUtf8 } from '@ioi/basis';
import {
  formatSignatures,
  type NoteKey,
  parseCheckpoint,
  parseNote,
  witnessKeysOf,
} from '@ioi/crypto';
import {
  cosignCheckpoint,
  cosignCheckpointEd25519,
  generateHybridKey,
  type HybridKey,
} from '@ioi/crypto/shell';
import { nodeDomainOf } from '@ioi/law';
import type { TestNode } from '@ioi/law/testing';
import { consistencyProof, inclusionProof, leafHash, nodesFromLeaves, rootOf } from '@ioi/merkle';
import type { FaultProof } from '@ioi/protocol';

/** A witness that signs whatever its test wants. */
export class TestWitness {
  readonly keys: readonly [NoteKey, NoteKey];
  readonly #key: HybridKey = generateHybridKey();
  readonly #name: string;

  constructor(name: string) {
    const pair = witnessKeysOf(this.#key.publicKey, name);
    if (!pair.ok) throw new Error(pair.error.message);
    this.keys = [pair.value.ed25519, pair.value.mlDsa44];
    this.#name = name;
  }

  /** The note with both lines of this witness. */
  async cosign(note: string, seconds: bigint): Promise<string> {
    const parsed = parseNote(note);
    const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
    if (!checkpoint.ok) throw new Error(checkpoint.error.message);
    const classic = cosignCheckpointEd25519(this.#key, this.#name, checkpoint.value, seconds);
    const quantum = await cosignCheckpoint(this.#key, this.#name, checkpoint.value, seconds);
    return `${note}${formatSignatures([classic, quantum])}`;
  }
}

/** The FaultProof of a node that holds `texts` while a witness shows `claimedNote`. */
export async function faultOf(
  node: TestNode,
  texts: readonly string[],
  claimedNote: string,
): Promise<FaultProof> {
  const leaves = texts.map((text) => leafHash(encodeUtf8(text)));
  const nodeAt = nodesFromLeaves((index) => leaves[index] as Uint8Array);
  const [, sizeText = '', root = ''] = claimedNote.split('\n');
  const size = Number(sizeText);
  const heldSize = Math.min(size, leaves.length);
  const included = (seq: number) => ({
    seq: String(seq),
    text: texts[seq] ?? '',
    path: inclusionProof(nodeAt, seq, leaves.length).map(encodeBase64),
  });
  return {
    kind: size > leaves.length ? 'log_rollback' : 'log_divergence',
    domain_id: nodeDomainOf(node.genesis.node_id),
    claimed: { size: sizeText, root: digestOf(Buffer.from(root, 'base64')) },
    held: { size: String(heldSize), root: digestOf(rootOf(leaves.slice(0, heldSize))) },
    checkpoints: [await node.note(texts), claimedNote],
    evidence: {
      genesis: included(0),
      latest: included(leaves.length - 1),
      consistency: consistencyProof(nodeAt, heldSize, leaves.length).map(encodeBase64),
    },
  };
}

function digestOf(root: Uint8Array): `sha256:${string}` {
  return `sha256:${encodeHex(root)}`;
}
