import type { Socket } from 'node:net';

/**
 * Copies bytes both ways, unread, no faster than the slower side takes them: what is held of each
 * direction is a stream's own buffers. One side may end while the other still speaks.
 */
export function joinSockets(one: Socket, other: Socket, silentMs: number): void {
  lead(one, other, silentMs);
  lead(other, one, silentMs);
}

function lead(from: Socket, to: Socket, silentMs: number): void {
  from.pipe(to);
  from.once('close', (isFaulty) => {
    if (isFaulty || !from.readableEnded) to.destroy();
  });
  from.setTimeout(silentMs, () => {
    from.destroy();
    to.destroy();
  });
}
