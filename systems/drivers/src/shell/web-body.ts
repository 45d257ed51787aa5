import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { StreamReference } from '@ioi/law';

/**
 * Sends a body that stands elsewhere, as fast as it is taken. Its last piece goes when all of it is
 * known to be what was decided on; rejects where it is not.
 */
export async function sendLarge(
  to: Writable,
  { $stream: digest, bytes }: StreamReference,
  pieces: Iterable<Uint8Array>,
): Promise<void> {
  const hash = createHash('sha256');
  let size = 0;
  let last: Uint8Array = new Uint8Array();
  const ended = new AbortController();
  const { signal } = ended;
  to.once('close', () => ended.abort());
  for (const piece of pieces) {
    if (to.destroyed) return;
    hash.update(piece);
    size += piece.length;
    const isTaken = last.length === 0 || to.write(last);
    last = piece;
    if (!isTaken) await once(to, 'drain', { signal }).catch(() => {});
  }
  const isIt = size === bytes && `sha256:${hash.digest('hex')}` === digest;
  if (!isIt) throw new Error('its body is not the one that was decided on');
  to.end(last);
}
