import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeBase64 } from '@ioi/basis';
import { canonicalJson } from '@ioi/canon';
import { consistencyProof, inclusionProof, nodesFromLeaves, rootOf } from '@ioi/merkle';
import type { IncludedEntry } from '@ioi/protocol';
import { composeFaultProof } from '../../core/index.ts';
import type { HeadReader } from '../head-reader.ts';
import type { Contradiction, Offer } from './ask-witness.ts';

/**
 * Writes the FaultProof into the data folder and says where; undefined when the witness showed
 * nothing that could be proved. Reads the whole log: it happens once, before the end.
 */
export function reportFault(
  about: { readonly folder: string; readonly domainId: string; readonly reader: HeadReader },
  { shown, message }: Contradiction,
  { note, checkpoint }: Offer,
): string | undefined {
  if (shown === undefined) return undefined;
  const { folder, domainId, reader } = about;
  const leaves = reader.leaves(0, checkpoint.size);
  const heldSize = Math.min(shown.checkpoint.size, checkpoint.size);
  const nodeAt = nodesFromLeaves((index) => leaves[index] as Uint8Array);
  const included = (seq: number): IncludedEntry => {
    const [text = ''] = reader.texts(seq, seq + 1);
    const path = inclusionProof(nodeAt, seq, checkpoint.size).map(encodeBase64);
    return { seq: String(seq), text, path };
  };
  const proof = composeFaultProof({
    domainId,
    held: { note, checkpoint },
    claimed: shown,
    heldRoot: encodeBase64(rootOf(leaves.slice(0, heldSize))),
    genesis: included(0),
    latest: included(checkpoint.size - 1),
    consistency: consistencyProof(nodeAt, heldSize, checkpoint.size).map(encodeBase64),
    detail: message,
  });
  const text = canonicalJson(proof);
  if (!text.ok) throw new Error(text.error.message);
  const faults = join(folder, 'faults');
  mkdirSync(faults, { recursive: true, mode: 0o700 });
  const name = `${proof.kind}-${proof.held.size}-${proof.claimed.size}.json`;
  writeFileSync(join(faults, name), `${text.value}\n`, { mode: 0o600, flush: true });
  return join(faults, name);
}
