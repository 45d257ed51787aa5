import { decodeBase64, encodeHex } from '@ioi/basis';
import type { Checkpoint, RootText } from '@ioi/crypto';
import type { FaultProof, IncludedEntry } from '@ioi/protocol';

export type SignedCheckpoint = { readonly note: string; readonly checkpoint: Checkpoint };

export type FaultFindings = {
  readonly domainId: string;
  readonly held: SignedCheckpoint;
  readonly claimed: SignedCheckpoint;
  /** Root of what is held at the size of `claimed`; of all of it where that is larger. */
  readonly heldRoot: RootText;
  readonly genesis: IncludedEntry;
  readonly latest: IncludedEntry;
  /** From that root to `held`, base64. */
  readonly consistency: readonly string[];
  readonly detail: string;
};

/** Writes down that two signed checkpoints cannot both be of one history (whitepaper 8.2). */
export function composeFaultProof(findings: FaultFindings): FaultProof {
  const { domainId, held, claimed, heldRoot, genesis, latest, consistency, detail } = findings;
  const { size } = claimed.checkpoint;
  const isRollback = size > held.checkpoint.size;
  const heldSize = Math.min(size, held.checkpoint.size);
  return {
    kind: isRollback ? 'log_rollback' : 'log_divergence',
    domain_id: domainId,
    claimed: { size: String(size), root: digestOf(claimed.checkpoint.root) },
    held: { size: String(heldSize), root: digestOf(heldRoot) },
    checkpoints: [held.note, claimed.note],
    evidence: { genesis: mutable(genesis), latest: mutable(latest), consistency: [...consistency] },
    detail,
  };
}

function digestOf(root: RootText): `sha256:${string}` {
  return `sha256:${encodeHex(decodeBase64(root) ?? new Uint8Array())}`;
}

function mutable({ seq, text, path }: IncludedEntry) {
  return { seq, text, path: [...path] };
}
