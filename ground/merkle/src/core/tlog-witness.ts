import { err, ok, type Result } from '@ioi/basis';
import type { MerkleError } from './codes.ts';
import { formatHashes, parseCount, parseHashes, splitAtEmptyLine } from './proof-lines.ts';

/** C2SP tlog-witness: what a log sends to have a checkpoint cosigned. */
export type AddCheckpoint = {
  /** Size of the checkpoint that the witness is believed to have cosigned last; 0 for none. */
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
};

const OLD = 'old ';

export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  return `${OLD}${oldSize}\n${formatHashes(proof)}\n${checkpoint}`;
}

/** Takes only what `formatAddCheckpoint` gives; the checkpoint is not looked into. */
export function parseAddCheckpoint(body: string): Result<AddCheckpoint, MerkleError> {
  const parts = splitAtEmptyLine(body);
  const [first = '', ...lines] = parts?.lines ?? [];
  const oldSize = first.startsWith(OLD) ? parseCount(first.slice(OLD.length)) : undefined;
  const proof = parseHashes(lines);
  if (parts === undefined || oldSize === undefined || proof === undefined) {
    return malformed('a request is an old size, hashes, an empty line and a checkpoint');
  }
  return ok({ oldSize, proof, checkpoint: parts.rest });
}

/** What a witness answers when it cosigned another size last: that size. */
export function formatWitnessedSize(size: number): string {
  return `${size}\n`;
}

export function parseWitnessedSize(body: string): Result<number, MerkleError> {
  const size = body.endsWith('\n') ? parseCount(body.slice(0, -1)) : undefined;
  return size === undefined ? malformed('the answer is not a size and a newline') : ok(size);
}

function malformed(message: string): Result<never, MerkleError> {
  return err({ code: 'merkle.bad_encoding', message });
}
