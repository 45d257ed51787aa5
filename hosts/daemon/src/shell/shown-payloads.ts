import type { Digest } from '@ioi/canon';
import type { Contents } from './contents.ts';
import type { Writer } from './writer.ts';

/** The guardian shows no more of one text than this. */
const LONGEST_BYTES = 1024 * 1024;

/** Gives the guardian the contents it wants to show, those that are still here. */
export async function showPayloads(
  digests: readonly string[],
  { contents, writer }: { readonly contents: Contents; readonly writer: Writer },
): Promise<void> {
  for (const digest of digests) {
    const bytes = await bytesOf(digest as Digest, contents);
    if (bytes !== undefined) writer.show({ [digest]: bytes.toString('utf8') });
  }
}

async function bytesOf(digest: Digest, contents: Contents): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (const piece of (await contents.pieces(digest)) ?? []) {
    pieces.push(piece);
    size += piece.length;
    if (size > LONGEST_BYTES) return undefined;
  }
  return size === 0 ? undefined : Buffer.concat(pieces);
}
